"""What may be stored: plain JSON, bounded, accepted and refused alike on every backend."""

import json
import math
from collections.abc import Iterable
from typing import Any

from tasks_core.exceptions import InvalidCall
from tasks_core.words import kind_of

MAX_BYTES = 64 * 1024
MAX_DEPTH = 31  # what MariaDB's JSON_VALID takes, which guards its JSON columns
MIN_WHOLE, MAX_WHOLE = -(2**63), 2**64 - 1  # MySQL makes a rounded float of what is beyond


def normal(value: Any, *, what: str) -> Any:
    """
    Return ``value`` as it will look when it comes back from the store.

    ``what`` names the value in the message of InvalidCall. The rules are those of the
    strictest store: no NaN (PostgreSQL, MariaDB), no NUL (PostgreSQL), no lone surrogate
    (every driver), no whole number beyond 64 bits (MySQL), keys are text, at most 64 KiB and
    31 levels (MariaDB). -0.0 becomes 0.0, which is what PostgreSQL returns.
    """
    if (simple := _simple(value)) is not None:
        return simple
    try:
        plain = _plain(value, depth=0)
        text = json.dumps(plain, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
        size = len(text.encode())
    except _NotJSON as error:
        raise InvalidCall(f"{what}: {error}") from None
    except UnicodeEncodeError:
        raise InvalidCall(f"{what}: contains a lone surrogate, which no store keeps.") from None
    if size > MAX_BYTES:
        raise InvalidCall(
            f"{what}: {size} bytes as JSON, more than {MAX_BYTES}. "
            "Store the data and pass its id or its file name."
        )
    return plain


FEW, SHORT = 16, 512  # so many texts of so many characters never exceed MAX_BYTES


def _simple(value: Any) -> Any:
    """Return a copy of the short flat list or dict that arguments mostly are, else None."""
    kind = type(value)
    if (kind is list or kind is tuple) and len(value) <= FEW and _are_scalars(value):
        return list(value)
    if kind is dict and len(value) <= FEW and _are_scalars(value.values()):
        return (
            value.copy() if all(type(key) is str for key in value) and _are_scalars(value) else None
        )
    return None


def _are_scalars(values: Iterable[Any]) -> bool:
    """Say whether all are plain and surely storable, by tests that cost next to nothing."""
    for value in values:
        kind = type(value)
        if kind is str:
            if len(value) > SHORT or not value.isascii() or "\0" in value:
                return False
        elif kind is int:
            if not MIN_WHOLE <= value <= MAX_WHOLE:
                return False
        elif value is not None and kind is not bool:
            return False
    return True


class _NotJSON(Exception):
    pass


def _plain(value: Any, depth: int) -> Any:
    if depth > MAX_DEPTH:
        raise _NotJSON(f"nested more than {MAX_DEPTH} levels deep.")
    if value is None or value is True or value is False:
        return value
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, int):
        return _whole_number(value)
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, (list, tuple)):
        return [_plain(item, depth + 1) for item in value]
    if isinstance(value, dict):
        return {_key(key): _plain(item, depth + 1) for key, item in value.items()}
    raise _NotJSON(f"{kind_of(value)} is not JSON. {_cure(value)}")


# Of a subclass the value itself is kept, not what its own __str__, __int__ or __float__ says:
# of ``class Color(str, Enum)`` the member RED is "red", not "Color.RED".


def _text(value: str) -> str:
    plain = str.__str__(value)
    if "\0" in plain:
        raise _NotJSON("contains a NUL character, which PostgreSQL cannot store.")
    return plain


def _whole_number(value: int) -> int:
    plain = int.__int__(value)
    if not MIN_WHOLE <= plain <= MAX_WHOLE:
        raise _NotJSON(
            "a whole number beyond 64 bits, which some databases round. Pass it as text."
        )
    return plain


def _number(value: float) -> float:
    plain = float.__float__(value)
    if not math.isfinite(plain):
        raise _NotJSON(f"{plain} is not JSON; databases refuse it.")
    return plain or 0.0


def _key(key: Any) -> str:
    if not isinstance(key, str):
        raise _NotJSON(f"the key {key!r} is {kind_of(key)}; keys of JSON objects are text.")
    return _text(key)


# What to do instead, of values that have all these attributes; the last is of all others.
_CURES = (
    (("_meta", "pk"), "Pass the object's pk and load it in the task."),
    (("chunks", "name"), "Save the file first and pass its name."),
    (("isoformat",), "Pass value.isoformat()."),
    (("status_code", "headers"), "Nobody is there to see a response when a job runs."),
    (("symmetric_difference",), "Pass sorted(value)."),
    (("quantize",), "Pass str(value)."),
    (("hex", "urn"), "Pass str(value)."),
    ((), "Pass text, numbers, booleans, None, lists and dicts of these."),
)


def _cure(value: Any) -> str:
    return next(cure for names, cure in _CURES if all(hasattr(value, name) for name in names))
