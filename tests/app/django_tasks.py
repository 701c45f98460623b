"""Tasks declared with Django's own decorator, or with that of its backport."""

from tasks_core import compat
from tasks_core.outcomes import Snooze
from tests.app.models import Effect

told = []
"""What tasks have said in this process."""


@compat.task(priority=7)
def add(number, more=0):
    return number + more


@compat.task(takes_context=True)
def look(context, word="tea"):
    result = context.task_result
    return [word, context.attempt, result.id, result.status, result.task.queue_name]


@compat.task(backend="jobs", priority=3)
def leave(name, **payload):
    Effect.objects.create(name=name, payload=payload)
    return name


@compat.task(backend="jobs")
async def leave_later(name):
    await Effect.objects.acreate(name=name)
    return [name]


@compat.task(backend="jobs", takes_context=True)
def watch(context):
    told.append(context)
    return context.attempt


@compat.task(backend="jobs")
def explode(message="boom"):
    raise RuntimeError(message)


@compat.task(backend="jobs", takes_context=True)
def explode_at_first(context):
    if context.attempt == 1:
        raise RuntimeError("not yet")
    return context.attempt


@compat.task(backend="jobs")
def rest():
    told.append("rest")
    if len(told) == 1:
        raise Snooze(60)
    return "rested"


@compat.task(backend="jobs")
def take(number, more=0):
    pass
