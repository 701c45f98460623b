"""A Celery worker in this thread: Celery's own requests and tracer, and no process to wait for."""

from datetime import datetime

from celery.worker.request import Request

from tasks_core import clock

QUEUES = ("default", "mail")


def run_all(app, queues=QUEUES):
    """Execute what is due until nothing due remains; leave what has an ETA in the future."""
    with app.connection_for_read() as link, link.channel() as channel:
        waiting = []
        while message := _next(app, channel, queues):
            if _is_early(message):
                waiting.append(message)
            else:
                execute(app, message)
        for message in waiting:
            message.requeue()


def taken(app, queues=QUEUES):
    """Take all messages, and acknowledge them."""
    found = []
    with app.connection_for_read() as link, link.channel() as channel:
        while message := _next(app, channel, queues):
            message.ack()
            found.append(message)
    return found


def execute(app, message):
    """Do what a worker does with a message, also with one that it has had before."""
    message._state = "RECEIVED"
    Request(
        message,
        app=app,
        on_ack=message.ack_log_error,
        on_reject=message.reject_log_error,
        hostname="inline",
        task=app.tasks[message.headers["task"]],
    ).execute()


def _next(app, channel, queues):
    for name in queues:
        queue = app.amqp.queues[name](channel)
        queue.declare()
        if message := queue.get(accept=["json"]):
            return message
    return None


def _is_early(message):
    eta = message.headers.get("eta")
    return eta is not None and datetime.fromisoformat(eta) > clock.now()
