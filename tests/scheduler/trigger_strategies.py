"""Triggers, calendars and moments for property tests; half of the moments near a change."""

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from scheduler import AllOf, AnyOf, At, Between, Cron, Daily, Every, Except, Monthly, Moved, Weekly
from tests.scheduler.trigger_oracle import CHANGES, NAMES, utc

places = st.sampled_from([(name, utc(moment)) for name, moment in CHANGES])
hours = st.one_of(st.integers(0, 4), st.integers(0, 23))
times = st.builds("{:02}:{:02}".format, hours, st.sampled_from([0, 1, 30, 59]))
zones = st.sampled_from(sorted({name for name, _ in CHANGES}))
subsets = st.lists(st.sampled_from(NAMES), max_size=5, unique=True)


def _days(near):
    return st.integers(-5, 5).map(lambda n: (near + timedelta(days=n)).date())


@st.composite
def _ranges(draw, near):
    first = draw(_days(near))
    return str(first), str(first + timedelta(days=draw(st.integers(0, 3))))


@st.composite
def _windows(draw, near):
    begin = near + timedelta(minutes=draw(st.integers(-3000, 3000)))
    return begin, begin + timedelta(minutes=draw(st.integers(1, 4000)))


@st.composite
def rules_at(draw, near, *, depth=1):
    """Rules of a calendar that excludes something near a moment, and never all of a week."""
    rules = {
        "weekdays": draw(subsets),
        "dates": [
            f"{day:%m-%d}" if yearly else str(day)
            for day, yearly in draw(st.lists(st.tuples(_days(near), st.booleans()), max_size=3))
        ],
        "ranges": draw(st.lists(_ranges(near), max_size=1)),
        "windows": draw(st.lists(_windows(near), max_size=2)),
        "timezone": draw(zones),
    }
    if depth and not rules["weekdays"] and draw(st.booleans()):
        rules["also"] = [draw(rules_at(near, depth=depth - 1))]
    return {key: value for key, value in rules.items() if value}


def simple_in(name):
    """Triggers without parts whose wall time, if they have one, is that of a zone."""
    crons = st.builds(
        "{} {} * * {}".format,
        st.sampled_from(["0", "30", "*/20", "1,59"]),
        st.one_of(hours, st.sampled_from(["*", "*/2", "0-4", "22-23,0-3"])),
        st.sampled_from(["*", "SAT", "MON-FRI", "SUN"]),
    )
    return st.one_of(
        st.builds(Every, st.integers(47, 3000).map(lambda n: timedelta(minutes=n))),
        st.builds(Cron, crons, st.just(name)),
        st.builds(
            Daily,
            st.lists(times, min_size=1, max_size=3),
            every=st.integers(1, 3),
            timezone=st.just(name),
        ),
        st.builds(
            Weekly,
            st.lists(st.sampled_from(NAMES), min_size=1, max_size=3),
            at=times,
            every=st.integers(1, 3),
            timezone=st.just(name),
        ),
        st.builds(
            Monthly,
            st.lists(st.integers(1, 31), min_size=1, max_size=4),
            at=times,
            timezone=st.just(name),
        ),
    )


def triggers_in(name):
    simple = simple_in(name)
    return st.one_of(simple, st.builds(AnyOf, simple, simple))


moments = st.datetimes(datetime(1995, 1, 1), datetime(2060, 1, 1), timezones=st.just(UTC))
NEAR = utc("2026-03-29T01:00")
singles = st.one_of(
    zones.flatmap(simple_in),
    st.builds(At, moments),
    st.builds(
        Monthly,
        st.sampled_from(["last business day", "2nd last FRI", "last day", "23rd business day"]),
        at=times,
        every=st.integers(1, 13),
        timezone=zones,
    ),
    st.builds(
        Monthly,
        st.just("2nd business day"),
        at=times,
        timezone=zones,
        calendar=rules_at(NEAR),
    ),
)
composed = st.recursive(
    singles,
    lambda inner: st.one_of(
        st.builds(AnyOf, inner, inner),
        st.builds(AllOf, inner),
        st.builds(Between, inner, st.none() | moments, st.none()),
        st.builds(Except, inner, rules_at(NEAR)),
        st.builds(Moved, inner, rules_at(NEAR), st.sampled_from(["next", "previous"])),
    ),
    max_leaves=4,
)
