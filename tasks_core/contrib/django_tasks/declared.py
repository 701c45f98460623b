"""Django's Task with our options beside its own: ``@task(max_attempts=3, timeout=60)``."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from operator import attrgetter
from typing import Any

from tasks_core import compat, key_templates, retries
from tasks_core.calls import OPTION_DEFAULTS, Call
from tasks_core.definition import check_options
from tasks_core.exceptions import InvalidCall
from tasks_core.options import OnConflict, When
from tasks_core.retries import Backoff


@dataclass(frozen=True, slots=True, kw_only=True)
class JobTask(compat.AnyTask):
    """
    What Django's ``@task`` makes for our backend; the options mean what they do for ``@task``.

    Django 6.0's decorator takes only its own options: say ours with ``using(…)`` there. Raises
    InvalidTask for an option that cannot be.
    """

    key: str | None = None
    on_conflict: OnConflict = "keep"
    max_attempts: int | None = None
    timeout: timedelta | float | None = None
    expires_at: When | None = None
    concurrency: tuple[str, int] | None = None
    rate: str | None = None
    label: str = ""
    durable: bool = False
    backoff: Backoff | None = None

    def __post_init__(self) -> None:
        # By name, as there is no super() in a class that was made anew for its slots.
        compat.Task.__post_init__(self)
        try:
            said = options_of(self)
            Call(self.func, **said).checked()
            retries.check(self.backoff)
            if "{" in (key := said.get("concurrency", ("",))[0]):
                key_templates.check(key, self.func)
        except InvalidCall as error:
            raise compat.InvalidTask(str(error)) from error

    def using(self, **changes: Any) -> JobTask:
        """Return a copy with other options, Django's four or ours."""
        known = [
            name for name in self.__dataclass_fields__ if name not in {"func", "takes_context"}
        ]
        try:
            check_options(changes, known, what=f"{self.module_path}.using()")
        except InvalidCall as error:
            raise compat.InvalidTask(str(error)) from error
        said = {name: value for name, value in changes.items() if value is not None}
        return replace(self, **said)


_NAMES = tuple(name for name in OPTION_DEFAULTS if name in JobTask.__dataclass_fields__)
_OURS = tuple(name for name in _NAMES if name not in compat.Task.__dataclass_fields__)
_DEFAULTS = tuple(OPTION_DEFAULTS[name] for name in _OURS)
_values = attrgetter(*_OURS)


def options_of(task: compat.AnyTask) -> dict[str, Any]:
    """Return what a task says of our own options, without the defaults."""
    if not isinstance(task, JobTask) or (values := _values(task)) == _DEFAULTS:
        return {}
    said = zip(_OURS, values, _DEFAULTS, strict=True)
    return {name: value for name, value, default in said if value != default}
