"""The Celery app of the tests, as a project has one in its celery.py."""

import json
import os

from celery import Celery

from tasks_core.backends.celery import serve_jobs
from tasks_core.backends.celery.publishing import TASK

PATH = "tests.tasks_core.celery.project.app"


def make_app(server: str, *, results: str | None = None, name: str = "tests", **options) -> Celery:
    """Return an app that shares no queue and no exchange with anybody else."""
    app = Celery("tests", broker=server, backend=results, set_as_current=False)
    app.conf.update(
        task_default_queue=f"{name}.celery",
        control_exchange=f"{name}.control",
        event_exchange=f"{name}.events",
        task_queue_max_priority=10,
        worker_prefetch_multiplier=1,
        worker_hijack_root_logger=False,
        broker_connection_retry_on_startup=True,
        result_expires=600,
        **options,
    )
    serve_jobs(app)
    return app


# In a worker; a test puts one of its own here.
app = make_app(
    os.environ.get("TEST_CELERY_SERVER", "memory://"),
    results=os.environ.get("TEST_CELERY_RESULTS"),
    name=os.environ.get("TEST_CELERY_NAME", "tests"),
    **json.loads(os.environ.get("TEST_CELERY_OPTIONS", "{}")),
)
if "TEST_CELERY_EARLY" in os.environ:  # a control: as most tasks of Celery are
    app.tasks[TASK].acks_late = False
