"""Decide when: due times become jobs, each exactly once or with a recorded reason why not."""

from scheduler import schedules
from scheduler.declarations import periodic
from scheduler.definitions.computed import SKIP
from scheduler.triggers import (
    AllOf,
    AnyOf,
    At,
    Between,
    Cron,
    Daily,
    Every,
    Except,
    Monthly,
    Moved,
    Weekly,
)

__all__ = [
    "SKIP",
    "AllOf",
    "AnyOf",
    "At",
    "Between",
    "Cron",
    "Daily",
    "Every",
    "Except",
    "Monthly",
    "Moved",
    "Weekly",
    "periodic",
    "schedules",
]
