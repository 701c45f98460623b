"""Entries as Python that can be pasted: a SCHEDULE setting, or calls of ``periodic``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from scheduler.triggers import (
    EPOCH,
    AllOf,
    AnyOf,
    At,
    Between,
    Cron,
    Daily,
    Every,
    Monthly,
    Trigger,
    Weekly,
)
from scheduler.triggers.wall import ANCHOR

WIDTH = 96
STEP = "    "

Entries = Mapping[str, Mapping[str, Any]]
Problems = Mapping[str, str]
"""Why some of the entries would be refused, by key: those are written as comments."""


def settings(entries: Entries, problems: Problems) -> str:
    """Return lines of a settings module: imports that its triggers need, and SCHEDULE."""
    if not entries:
        return "SCHEDULE = {}"
    body = ["SCHEDULE = {"]
    for key, entry in entries.items():
        said = [f"{_text(name)}: {code(entry[name])}," for name in entry]
        lines = [f"{_text(key)}: {{", *(f"{STEP}{each}" for each in said), "},"]
        body += [f"{STEP}{line}" for line in _marked(lines, problems.get(key, ""))]
    return "\n".join([*_imports(entries), *body, "}"])


def periodic(entries: Entries, problems: Problems) -> str:
    """
    Return a module that declares them in code, with ``periodic(…)(function)``.

    Each call may as well be written above its function, as ``@periodic(…)``.
    """
    tasks = sorted({entry["task"] for key, entry in entries.items() if key not in problems})
    names = _names(tasks)
    imported: dict[str, list[str]] = {}
    for task in tasks:
        module, _, name = task.rpartition(".")
        alias = "" if names[task] == name else f" as {names[task]}"
        imported.setdefault(module, []).append(name + alias)
    lines = [f"from {module} import {', '.join(each)}" for module, each in imported.items()]
    calls = [
        line
        for key, entry in entries.items()
        for line in _marked(
            _call(key, entry, names.get(str(entry["task"]), str(entry["task"]))),
            problems.get(key, ""),
        )
    ]
    if not entries:
        return "# Nothing to declare."
    heads = [*_imports(entries, "periodic")[:-1], *lines, ""]
    return "\n".join([*heads, *calls])


def comments(refused: Problems) -> str:
    """Return comments about what has no entry: its key, and why."""
    return "".join(f"\n# {key}: {' '.join(why.split())}" for key, why in refused.items())


def _marked(lines: list[str], problem: str) -> list[str]:
    """Return the lines, or, of an entry that would be refused, comments that begin with why."""
    if not problem:
        return lines
    return [f"# {line}".rstrip() for text in (problem, *lines) for line in text.splitlines()]


def _call(key: str, entry: Mapping[str, Any], function: str) -> list[str]:
    options = {name: value for name, value in entry.items() if name not in {"task", "cron"}}
    first = [code(entry["cron"])] if "cron" in entry else []
    said = [*first, f"key={_text(key)}", *(f"{name}={code(options[name])}" for name in options)]
    line = f"periodic({', '.join(said)})({function})"
    if len(line) <= WIDTH:
        return [line]
    return ["periodic(", *(f"{STEP}{each}," for each in said), f")({function})"]


def _names(tasks: Iterable[str]) -> dict[str, str]:
    """Return what to call each function: its name, or its path where two have one name."""
    short = [task.rpartition(".")[2] for task in tasks]
    return {
        task: name if short.count(name) == 1 else task.replace(".", "_")
        for task, name in zip(tasks, short, strict=True)
    }


def code(value: Any) -> str:
    """Return a value of an entry as Python."""
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, list):
        return f"[{', '.join(map(code, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{code(key)}: {code(each)}' for key, each in value.items())}}}"
    return trigger(value) if isinstance(value, TRIGGERS) else repr(value)


TRIGGERS = (AllOf, AnyOf, At, Between, Cron, Daily, Every, Monthly, Weekly)


def trigger(value: Trigger) -> str:
    """Return the expression that makes a trigger of ours."""
    match value:
        case Cron():
            said = [_text(value.expression), _text(value.zone.key)]
        case At():
            said = [_moment(value.moment)]
        case Every():
            said = _every(value)
        case Daily() | Weekly() | Monthly():
            said = _on_days(value)
        case AnyOf() | AllOf():
            said = [trigger(each) for each in value.triggers]
        case Between():
            bounds = (("start", value.start), ("end", value.end))
            named = [f"{name}={_moment(each)}" for name, each in bounds if each]
            said = [trigger(value.trigger), *named]
        case _:
            raise TypeError(f"No source makes a {type(value).__name__}.")
    return f"{type(value).__name__}({', '.join(said)})"


def _every(value: Every) -> list[str]:
    seconds = value.interval / timedelta(seconds=1)
    said = [f"seconds={int(seconds) if seconds.is_integer() else seconds}"]
    return said if value.anchor == EPOCH else [*said, f"anchor={_moment(value.anchor)}"]


def _on_days(value: Daily | Weekly | Monthly) -> list[str]:
    at = code([each.isoformat("auto") for each in value.at])
    said = [f"at={at}"] if not isinstance(value, Daily) else [at]
    if isinstance(value, Weekly):
        said.insert(0, code([WEEK[n] for n in value.on]))
    if isinstance(value, Monthly):
        said.insert(0, code([str(day) for day in value.on]))
    if value.every > 1:
        said.append(f"every={value.every}")
        said += [f"anchor={_text(str(value.anchor))}"] if value.anchor != ANCHOR else []
    return [*said, f"timezone={_text(value.zone.key)}"]


WEEK = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")


def _moment(moment: datetime) -> str:
    return f"datetime.fromisoformat({_text(moment.isoformat())})"


def _text(value: str) -> str:
    """Return text in double quotes, as the rest of the documentation has it."""
    return repr(value) if '"' in value or "\\" in repr(value) else f'"{value}"'


def _imports(entries: Entries, *names: str) -> list[str]:
    """Return the import lines for what the entries name, and an empty line."""
    triggers = [entry["trigger"] for entry in entries.values() if "trigger" in entry]
    text = " ".join(map(trigger, triggers))
    used = sorted({each.__name__ for each in TRIGGERS if f"{each.__name__}(" in text})
    lines = ["from datetime import datetime", ""] if "datetime.fromisoformat" in text else []
    if used or names:
        lines += [f"from scheduler import {', '.join([*used, *names])}", ""]
    return lines
