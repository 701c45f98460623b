"""Would this schedule be taken, and a job of it? Asked before there is one."""

from __future__ import annotations

from uuid import UUID

from scheduler import calendars, declarations
from scheduler.definitions.entry import Declaration
from scheduler.exceptions import InvalidSchedule
from tasks_core import Call, job_backends, registry
from tasks_core.preparation import accepted, declared

SOME_ID = UUID(int=0)


def try_job(declaration: Declaration) -> None:
    """
    Let the backend look at a job such as the schedule would make; store nothing.

    Raises InvalidCall, for arguments that do not bind to the function's signature too,
    UnsupportedFeature, or InvalidJobBackend. Arguments that are computed are not known yet.
    """
    if declaration.args_from or declaration.kwargs_from:
        return
    call = Call(
        registry.find(declaration.task),
        declaration.args,
        declaration.kwargs,
        priority=declaration.priority,
        queue=declaration.queue,
        max_attempts=declaration.max_attempts,
        id=SOME_ID,
        context={"key": declaration.key},
    )
    try_call(call, backend=declaration.backend)


def refusals() -> dict[str, str]:
    """
    Return why declarations would be refused, by key. Asks the database for calendars.

    The key is "SCHEDULE" for what makes it unknown which declarations there are.
    """
    declared, problems = declarations.read()
    found = {problem.key or "SCHEDULE": str(problem) for problem in problems}
    with calendars.remembered():
        for key, declaration in declared.items():
            try:
                declaration.definition()
            except InvalidSchedule as error:
                found[key] = str(error)
    return found


def try_call(call: Call, *, backend: str) -> None:
    """Let the backend with this alias look at one call; as ``try_job``."""
    found = job_backends[backend]
    if not found.in_band and found.supports("enqueue"):  # else a check says so
        accepted(found, "enqueue", declared(call, call.func))
