"""
What django-background-tasks tells of tasks, told of ours.

``task_created`` is sent where a task is stored; all others by the process that ran it, once the
database has what they tell. A receiver that raises is logged and disturbs nothing.
"""

from django.dispatch import Signal

task_created = Signal()
"""A task was stored, perhaps in an open transaction. ``task``: Task."""

task_started = Signal()
"""A task is about to run."""

task_finished = Signal()
"""A run of a task has ended, however it did."""

task_successful = Signal()
"""A task has succeeded. ``task_id``; ``completed_task``: CompletedTask."""

task_error = Signal()
"""A task has raised. The sender is the class of the exception. ``task``: Task."""

task_rescheduled = Signal()
"""A task that raised will be tried again. ``task``: Task, whose ``run_at`` says when."""

task_failed = Signal()
"""A task has failed for good. ``task_id``; ``completed_task``: CompletedTask."""
