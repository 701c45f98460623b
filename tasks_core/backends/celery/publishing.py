"""Messages -> the server: with one connection, and not back before it has each of them."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from kombu.pools import producers

from tasks_core import clock, conf
from tasks_core.backends.celery import connecting, urgency
from tasks_core.backends.celery.connecting import App
from tasks_core.backends.celery.messages import Message

TASK = "tasks_core.run_job"
# RabbitMQ takes back what nobody has acknowledged for 30 minutes, and a Redis transport hands it
# out again after visibility_timeout, an hour unless told otherwise. So no message waits for longer.
LONGEST_WAIT = timedelta(minutes=10)
ACQUIRE = 10.0  # seconds to wait for one of the connections of the pool


def publish(app: App, messages: Sequence[Message]) -> None:
    """
    Hand these messages over; raise, within seconds, when the server is away.

    Each is there, on RabbitMQ confirmed, before the next is sent.
    """
    kind = connecting.kind_of_server(app)
    pool = producers[connecting.connection(app)]
    with pool.acquire(block=True, timeout=ACQUIRE) as producer:
        for message in messages:
            _send(app, producer, message, kind=kind)


def _send(app: App, producer: Any, message: Message, *, kind: str) -> None:
    app.send_task(
        TASK,
        args=message.sealed(),
        task_id=str(message.id),
        producer=producer,
        queue=message.queue,
        priority=_priority(app, message, kind=kind),
        serializer="json",
        shadow=message.task,  # what Celery's own log and monitors show
        argsrepr="(…)",  # arguments are shown to nobody
        add_to_parent=False,
        ignore_result=True,  # what is known of a job is kept by ourselves
        expires=None,  # Celery would drop it silently: the task looks itself
        confirm_timeout=connecting.SILENCE,
        retry=True,
        retry_policy=dict(connecting.RETRIES),
        **_times(message),
    )


def _times(message: Message) -> dict[str, Any]:
    if message.waits:
        return {"eta": min(message.run_after, clock.now() + LONGEST_WAIT)}
    if message.timeout is None:
        return {}
    seconds = message.timeout.total_seconds()
    grace = conf.get("TELL_GRACE").total_seconds()
    return {"soft_time_limit": seconds, "time_limit": seconds + grace}


def _priority(app: App, message: Message, *, kind: str) -> int:
    if kind == "redis":
        return urgency.for_redis(message.priority)
    return urgency.for_amqp(message.priority, levels(app, message.queue))


def levels(app: App, queue: str) -> int:
    """Return the x-max-priority of a queue, or the levels that RabbitMQ advises."""
    found = app.amqp.queues[queue]
    arguments = found.queue_arguments or {}
    return int(arguments.get("x-max-priority") or found.max_priority or urgency.MOST_AMQP)
