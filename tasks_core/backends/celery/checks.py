"""What ``manage.py check`` says of a Celery app. Its module is imported; no server is asked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from django.core.checks import CheckMessage, Error
from django.core.checks import Warning as CheckWarning

from tasks_core.backends.celery import connecting
from tasks_core.backends.celery.connecting import App
from tasks_core.exceptions import InvalidJobBackend

if TYPE_CHECKING:
    from tasks_core.backends.celery.backend import CeleryBackend


def check_app(backend: CeleryBackend) -> Iterator[CheckMessage]:
    """Yield what in the Celery app that OPTIONS names would lose, double or misplace jobs."""
    try:
        app = backend.app
    except InvalidJobBackend as error:
        yield Error(
            str(error),
            hint='Write OPTIONS = {"app": "project.celery.app"}.',
            id="tasks_core.E020",
        )
        return
    if not _runs_jobs(app):
        yield Error(
            f"{backend}: workers of {backend.options['app']!r} would throw jobs away.",
            hint="Where the app is made, call serve_jobs(app) of tasks_core.backends.celery.",
            id="tasks_core.E021",
        )
    try:
        yield from _server(backend, app)
    except InvalidJobBackend as error:
        hint = "For Redis: pip install 'celery[redis]'. Else set broker_url."
        yield Error(f"{backend}: {error}", hint=hint, id="tasks_core.E020")
    yield from _results(backend, app)


def _runs_jobs(app: App) -> bool:
    from tasks_core.backends.celery.publishing import TASK

    return TASK in app.tasks


def _server(backend: CeleryBackend, app: App) -> Iterator[CheckMessage]:
    kind = connecting.kind_of_server(app)
    if kind == "redis" and "visibility_timeout" not in app.conf.broker_transport_options:
        yield CheckWarning(
            f"{backend}: on Redis, a job that runs for longer than an hour is handed out again "
            "while it runs.",
            hint="Set broker_transport_options = {'visibility_timeout': seconds}, longer than "
            "your longest job runs.",
            id="tasks_core.W020",
        )
    if kind == "amqp" and app.conf.task_queue_max_priority is None and not app.conf.task_queues:
        yield CheckWarning(
            f"{backend}: on RabbitMQ, priorities mean nothing in queues that do not declare them.",
            hint="Set task_queue_max_priority = 10, before the queues are made.",
            id="tasks_core.W022",
        )


def _results(backend: CeleryBackend, app: App) -> Iterator[CheckMessage]:
    from tasks_core.backends.celery import records

    if not records.are_kept(app):
        yield CheckWarning(
            f"{backend}: nothing tells how a job is; one that a worker had fetched and not begun "
            "when it ended counts as attempted.",
            hint="Set result_backend to a database, Redis or another that every process can ask.",
            id="tasks_core.W021",
        )
