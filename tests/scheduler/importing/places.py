"""What the tests of imports share: where to read, and how to compare."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from scheduler.importing import explaining
from scheduler.importing.comparing import YEAR, compare
from scheduler.importing.origin import Origin
from scheduler.triggers import zone_of

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
ZONES = (
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "America/Havana",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "Pacific/Chatham",
    "Antarctica/Troll",
)


def origin(zone="UTC", **told):
    return Origin(now=NOW, zone=ZoneInfo(zone) if zone else None, **told)


def compared(theirs, ours, since=NOW):
    return compare(theirs, ours, since=since, until=since + YEAR, zone=zone_of(ours))


def unexplained(theirs, ours):
    """Return what is said if they differ for another reason than that clocks change."""
    found = compared(theirs, ours)
    told = list(explaining.sentences(found, zone_of(ours)))
    return [] if explaining.is_explained(found) else [ours.spec(), *told]


def column(random, low, high, *, wild):
    """Return the text of a column, as people write them in any of the packages."""
    first, last = sorted(random.sample(range(low, high + 1), 2))
    some = sorted(random.sample(range(low, high + 1), random.randint(1, 3)))
    step = random.randint(2, max(2, (high - low) // 2))
    texts = [f"*/{step}", f"{first}-{last}", ",".join(map(str, some))]
    return "*" if random.random() < wild else random.choice(texts)


def columns(random):
    """Return texts for minute, hour, day of month, month and weekday."""
    return (
        column(random, 0, 59, wild=0.1),
        column(random, 0, 23, wild=0.2),
        column(random, 1, 31, wild=0.5),
        column(random, 1, 12, wild=0.8),
        column(random, 0, 6, wild=0.5),
    )
