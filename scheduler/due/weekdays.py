"""The days of the week by name; Monday is 0, as in Python and unlike in cron."""

from __future__ import annotations

from tasks_core.conf import did_you_mean

LONG = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
SHORT = tuple(name[:3].upper() for name in LONG)
NUMBERS = {name: number for number, name in enumerate(SHORT)} | {
    name.upper(): number for number, name in enumerate(LONG)
}


def number_of(name: object) -> int:
    """Return 0 for "MON" or "Monday". Raises LookupError with a sentence."""
    found = NUMBERS.get(name.strip().upper()) if isinstance(name, str) else None
    if found is None:
        hint = did_you_mean(name[:20].upper(), SHORT) if isinstance(name, str) else ""
        raise LookupError(f"{name!r:.60} is no weekday.{hint}")
    return found
