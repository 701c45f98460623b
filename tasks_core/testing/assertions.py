"""Ask what has been stored, in the words of a test."""

from collections.abc import Sequence
from typing import Any

from tasks_core import conf, job_backends, registry
from tasks_core.backends.dummy import DummyBackend
from tasks_core.exceptions import UnsupportedFeature


def enqueued(task: Any = None, *, alias: str = conf.DEFAULT_ALIAS) -> list[dict[str, Any]]:
    """Return the stored calls, of ``task`` if given, oldest first, as dicts of their options."""
    name = None if task is None else registry.find(task).name
    return [call for call in _calls(alias) if name in (None, call["task"])]


def assert_enqueued(
    task: Any,
    args: Sequence[Any] | None = None,
    kwargs: dict[str, Any] | None = None,
    *,
    alias: str = conf.DEFAULT_ALIAS,
    **options: Any,
) -> dict[str, Any]:
    """Return the one stored call of ``task`` with what is given; fail, showing all, if not one."""
    wanted = dict(options)
    if args is not None:
        wanted["args"] = list(args)
    if kwargs is not None:
        wanted["kwargs"] = kwargs
    calls = enqueued(task, alias=alias)
    found = [
        call for call in calls if all(call.get(name) == value for name, value in wanted.items())
    ]
    if len(found) != 1:
        name = registry.find(task).name
        listing = "\n".join(f"  {call}" for call in calls) or "  none"
        raise AssertionError(
            f"{len(found)} calls of {name} with {wanted}; expected one. Calls of it:\n{listing}"
        )
    return found[0]


def assert_not_enqueued(task: Any = None, *, alias: str = conf.DEFAULT_ALIAS) -> None:
    """Fail, showing them, if there are calls of ``task``, or of anything."""
    calls = enqueued(task, alias=alias)
    if calls:
        listing = "\n".join(f"  {call}" for call in calls)
        raise AssertionError(f"Expected no calls, found {len(calls)}:\n{listing}")


def _calls(alias: str) -> list[dict[str, Any]]:
    backend = job_backends[alias]
    if isinstance(backend, DummyBackend):
        return [{"task": registry.find(call.func).name, **_said(call)} for call in backend.calls]
    if backend.database is None:
        raise UnsupportedFeature(f"{backend} keeps no calls that could be asked for.")
    from tasks_core.models import Job

    names = (
        "task",
        "args",
        "kwargs",
        "queue",
        "priority",
        "label",
        "creator",
        "run_after",
        "state",
    )
    return list(Job.objects.using(backend.database).order_by("enqueued_at", "id").values(*names))


def _said(call: Any) -> dict[str, Any]:
    names = ("args", "kwargs", "queue", "priority", "label", "creator")
    return {name: getattr(call, name) for name in names} | {"run_after": call.when}
