"""
Jobs as messages of a Celery app, over RabbitMQ or Redis, for sites that outgrow one database.

Nothing here imports Celery before a job is stored or a worker starts.

``backend``     what callers ask: enqueue, get, cancel
``connecting``  the app that OPTIONS names, and a connection on which no message is lost
``messages``    a job as sealed text, with all that its next attempt must know
``urgency``     our priorities in the numbers of the servers
``publishing``  messages -> the server
``task``        the one Celery task, which every job is
``running``     message -> outcome
``endings``     outcome -> what is known of the job, and its next message if there is one
``revoking``    how a job that waits is cancelled
``checks``      what would lose or delay jobs, told before it does
``records``     what is known of a job -> the result backend, and back
"""

from typing import Any

from tasks_core.backends.celery.backend import CeleryBackend

__all__ = ["CeleryBackend", "serve_jobs"]


def serve_jobs(app: Any) -> None:
    """Let the workers of a Celery app run jobs. Call it where the app is made."""
    from tasks_core.backends.celery.task import register

    register(app)
