"""Real servers, and what a run leaves on them: everything has the run's own name."""

from __future__ import annotations

import json
from uuid import uuid4

import redis

from tests import services
from tests.settings import RUN
from tests.tasks_core.conftest import LINES_ON_STDERR

WORKER = (
    *("-A", "tests.tasks_core.celery.project", "worker", "-P", "prefork", "-l", "INFO"),
    *("--without-gossip", "--without-mingle", "--without-heartbeat"),
)


class Server:
    """One server of messages, and a name that nobody else uses on it."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.name = f"tests-{RUN}-{uuid4().hex[:8]}"
        self.queue = f"{self.name}.jobs"
        url = services.amqp_url() if kind == "amqp" else services.redis_url()
        assert url is not None
        self.url, self.results = url, services.redis_url()
        prefix = {"global_keyprefix": f"{self.name}."}
        self.options = {
            "result_backend_transport_options": prefix,
            "broker_transport_options": {} if kind == "amqp" else prefix,
        }

    def environment(self) -> dict[str, str]:
        """Return what the app of a worker in another process is made of."""
        return {
            "TEST_CELERY_SERVER": self.url,
            "TEST_CELERY_RESULTS": self.results,
            "TEST_CELERY_NAME": self.name,
            "TEST_CELERY_OPTIONS": json.dumps(self.options),
            "TEST_EXTRA_SETTINGS": json.dumps({"LOGGING": LINES_ON_STDERR}),
            "PYTHONUNBUFFERED": "1",
        }

    def arguments(self) -> list[str]:
        return [*WORKER, "-Q", self.queue, "-c", "1", "-n", f"{uuid4().hex}@%h"]

    def clean(self, app: object) -> None:
        """Delete all that has this name."""
        store = redis.Redis.from_url(self.results)
        if keys := list(store.scan_iter(f"*{self.name}*", count=1000)):
            store.delete(*keys)
        store.close()
        if self.kind == "amqp":
            with app.connection_for_write() as link, link.channel() as channel:
                channel.queue_delete(self.queue)
                channel.queue_delete(f"{self.name}.celery")
                for exchange in ("jobs", "celery", "control.pidbox", "events"):
                    channel.exchange_delete(f"{self.name}.{exchange}")
                channel.exchange_delete(f"reply.{self.name}.control.pidbox")


def why_not(kind: str) -> str:
    """Say why there is no such server here, or nothing."""
    if kind == "amqp" and services.amqp_url() is None:
        return "no RabbitMQ: AMQP_URL is not set and nothing listens on 127.0.0.1:5672"
    return ""
