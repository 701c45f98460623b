"""
What code written for django-background-tasks imports, kept by our jobs and schedules.

``from scheduler.contrib.background_task import background`` and the same below it, instead of
``from background_task import …``; the app is ``scheduler.contrib.background_task``.

``tasks``       ``@background`` and what was declared with it
``proxies``     what stands in the place of a decorated function
``when``        ``TaskSchedule``: what a call says about when, how urgent, and what exists already
``models``      ``Task``, ``CompletedTask``, and what a schedule of ours cannot say itself
``facts``       what both share: their columns, and what is read of them
``querysets``   the questions that may be asked of them, and the changes
``columns``     jobs and schedules under the names that tasks have there
``tracebacks``  the last of a job's, in the words of each database
``inline``      a query from such a statement instead of a table
``storing``     a task -> a job or a schedule
``adopting``    one of the old package's table -> one of ours
``changing``    one that is stored, changed or removed; each by its own verb
``priorities``  niceness and priority
``receivers``   what happened to jobs -> ``signals``; the end of a chain
``signals``, ``settings``, ``exceptions``  what else is imported from there
``admin``       tasks as its admin shows them
``checks``, ``apps``, ``migrations``, ``management``  as in every app
``streams``     what ``process_tasks --log-std`` does
"""

from typing import Any


def background(*args: Any, **kwargs: Any) -> Any:
    """Declare a task: ``@background`` or ``@background(schedule=60, queue="mail")``."""
    from scheduler.contrib.background_task.tasks import tasks  # no settings while we are imported

    return tasks.background(*args, **kwargs)
