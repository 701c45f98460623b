"""
A backend of JOBS as a backend of Django's TASKS.

``backend``    TasksBackend: Django's calls -> ours, and our records -> Django's results
``declared``   JobTask, Django's Task with our options beside its own
``reading``    a task of Django's -> ours, wherever one is given
``results``    what we know of a job, as a TaskResult and a TaskContext
``telling``    our signals -> Django's

The other direction, a backend of TASKS as one of JOBS, is ``tasks_core.backends.django_tasks``;
``shim`` is the task in which plain functions travel there.
"""

from tasks_core.contrib.django_tasks import telling  # noqa: F401 - it connects itself
from tasks_core.contrib.django_tasks.backend import TasksBackend
from tasks_core.contrib.django_tasks.declared import JobTask

__all__ = ["JobTask", "TasksBackend"]
