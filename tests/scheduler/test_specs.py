"""Text there and back for every trigger, and hostile text refused at once."""

import json
import time
from itertools import islice

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from scheduler import AllOf, AnyOf, At, Between, Cron, Daily, Except, Monthly, Moved, Weekly
from scheduler.exceptions import InvalidTrigger
from scheduler.triggers import Trigger, due_times, from_spec
from tests.scheduler.trigger_oracle import utc
from tests.scheduler.trigger_strategies import composed, moments

BUDGET = 0.05  # seconds
NINE = Cron("0 9 * * *", "UTC")
WEEKEND = {"weekdays": ["SAT", "SUN"], "timezone": "UTC"}


@settings(deadline=None, max_examples=40)
@given(composed, moments)
def test_a_trigger_and_its_text_mean_the_same(trigger, moment):
    again = from_spec(trigger.spec())

    assert again.spec() == trigger.spec()
    assert from_spec(again.spec()) == again
    assert hash(from_spec(again.spec())) == hash(again)
    assert isinstance(again, Trigger)
    assert list(islice(due_times(again, moment), 3)) == list(islice(due_times(trigger, moment), 3))


@pytest.mark.parametrize(
    ("trigger", "spec"),
    [
        (Daily("09:00", timezone="UTC"), "every day at 09:00 in UTC"),
        (Daily("09:00, 07:30:15", every=3, timezone="UTC"), None),
        (
            Daily(["17:00", "09:00"], every=3, timezone="UTC", anchor="2026-01-05"),
            "every 3 days at 09:00, 17:00 from 2026-01-05 in UTC",
        ),
        (
            Weekly("WED, mon", at="09:00", every=2, timezone="Europe/Berlin"),
            "every 2 weeks on MON, WED at 09:00 from 1969-12-29 in Europe/Berlin",
        ),
        (Weekly(["Friday"], at="09:00", timezone="UTC"), "every week on FRI at 09:00 in UTC"),
        (
            Monthly(15, at="08:00", every=3, timezone="UTC", anchor="2026-02-20"),
            "every 3 months on 15th day at 08:00 from 2026-02 in UTC",
        ),
        (
            Monthly(["last business day", "second friday", 1], at="08:00", timezone="UTC"),
            "every month on last business day, 1st day, 2nd FRI at 08:00 in UTC",
        ),
        (
            Monthly("3rd business day", at="08:00", timezone="UTC", calendar=WEEKEND),
            (
                '{"trigger": "every month on 3rd business day at 08:00 in UTC", "business days": '
                '{"weekdays": ["SAT", "SUN"], "timezone": "UTC"}}'
            ),
        ),
        (
            AnyOf(NINE, At(utc("2026-01-01"))),
            '{"any of": ["cron 0 9 * * * UTC", "at 2026-01-01T00:00:00+00:00"]}',
        ),
        (AllOf(NINE), '{"all of": ["cron 0 9 * * * UTC"]}'),
        (
            Between(NINE, start=utc("2026-01-01")),
            '{"trigger": "cron 0 9 * * * UTC", "between": ["2026-01-01T00:00:00+00:00", null]}',
        ),
        (
            Moved(Except(NINE, {"dates": ["12-25"], "timezone": "UTC"}), WEEKEND, "next"),
            (
                '{"trigger": {"trigger": "cron 0 9 * * * UTC", "except": {"dates": ["12-25"], '
                '"timezone": "UTC"}}, "moved": "next", "calendar": {"weekdays": ["SAT", "SUN"], '
                '"timezone": "UTC"}}'
            ),
        ),
    ],
    ids=str,
)
def test_the_text(trigger, spec):
    assert spec is None or trigger.spec() == spec
    assert from_spec(trigger.spec()).spec() == trigger.spec()


class Custom:
    """A part whose text tries to be the text of another trigger."""

    def next_after(self, moment):
        return None

    def spec(self):
        return "cron 0 9 * * * UTC"


def test_the_text_of_somebody_elses_part_is_never_taken_for_ours():
    with pytest.raises(InvalidTrigger, match="not the spec of a trigger of ours"):
        from_spec(AnyOf(NINE, Custom()).spec())
    assert AnyOf(NINE, Custom()).spec() != AnyOf(NINE, NINE).spec()


def deep(levels):
    return '{"any of": [' * levels + '"cron 0 9 * * * UTC"' + "]}" * levels


def test_depth_is_limited():
    assert from_spec(deep(12)).next_after(utc("2026-01-01")) == utc("2026-01-01T09:00")
    for levels in (13, 1000, 20_000):
        with pytest.raises(InvalidTrigger):
            from_spec(deep(levels))


CRON = '"cron 0 9 * * * UTC"'
HOSTILE = [
    "{",
    "{}",
    "[]",
    "null",
    "{" * 200_000,
    "[" * 200_000,
    '{"a":' * 40_000,
    '{"any of": []}',
    '{"any of": "cron 0 9 * * * UTC"}',
    '{"any of": [null]}',
    '{"any of": [[["cron 0 9 * * * UTC"]]]}',
    f'{{"any of": [{CRON}], "all of": [{CRON}]}}',
    f'{{"any of": [{", ".join([CRON] * 101)}]}}',
    '{"any of": [' + ", ".join([f'{{"any of": [{", ".join([CRON] * 90)}]}}'] * 90) + "]}",
    f'{{"trigger": {CRON}, "between": ["2026-01-01", 5]}}',
    f'{{"trigger": {CRON}, "between": ["2026-01-01T00:00", null]}}',
    f'{{"trigger": {CRON}, "between": [null]}}',
    f'{{"trigger": {CRON}, "except": "holidays"}}',
    f'{{"trigger": {CRON}, "except": {{"weekdays": "SAT"}}}}',
    f'{{"trigger": {CRON}, "except": {{"also": ["holidays"]}}}}',
    f'{{"trigger": {CRON}, "except": {{"dates": [{", ".join(["1"] * 50_000)}]}}}}',
    f'{{"trigger": {CRON}, "except": {{"{"w" * 100_000}": 1}}}}',
    f'{{"trigger": {CRON}, "except": ' + '{"also": [' * 50 + "{}" + "]}" * 50 + "}",
    f'{{"trigger": {CRON}, "moved": "sideways", "calendar": {{}}}}',
    f'{{"trigger": {CRON}, "moved": 1, "calendar": {{}}}}',
    f'{{"trigger": {CRON}, "business days": {{}}}}',
    '{"custom": "cron 0 9 * * * UTC"}',
    '{"trigger": ' + "9" * 100_000 + ', "between": [null, null]}',
    "every month on 15th day at 25:00 in UTC",
    "every month at 09:00 in UTC",
    "every day on MON at 09:00 in UTC",
    "every week on MONDAYISH at 09:00 in UTC",
    "every 0 weeks on MON at 09:00 in UTC",
    "every 2 weeks on MON at 09:00 from 2026-13-01 in UTC",
    "every month on 32nd day at 09:00 in UTC",
    "every week on " + "MON, " * 600 + "MON at 09:00 in UTC",
    "every day at " + "09:00, " * 200 + "09:00 in UTC",
    "every week on " + " at" * 600,
    "cron " + "* " * 900 + "UTC",
    "cron 0 9 * * * __import__('os')",
    "x" * 1_000_000,
]


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: text[:40])
def test_hostile_text_is_refused_at_once(text):
    start = time.process_time()
    with pytest.raises(InvalidTrigger) as refusal:
        from_spec(text)
    assert time.process_time() - start < BUDGET
    assert len(str(refusal.value)) < 400
    assert str(refusal.value).isprintable()


words = st.sampled_from(
    [
        "any of",
        "all of",
        "trigger",
        "between",
        "except",
        "moved",
        "calendar",
        "business days",
        "weekdays",
        "dates",
        "also",
        "SAT",
        "next",
        "cron 0 9 * * * UTC",
        "every day at 09:00 in UTC",
    ]
)
leaves = st.one_of(words, st.none(), st.booleans(), st.integers(), st.text(max_size=10))
trees = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3)
)


@settings(max_examples=300)
@given(st.one_of(trees.map(json.dumps), st.text(), st.binary(), st.none()))
@example('{"trigger": "every month on 1st business day at 09:00 in UTC", "business days": {}}')
def test_nothing_but_a_trigger_or_invalid_trigger(text):
    try:
        trigger = from_spec(text)
    except InvalidTrigger:
        return
    assert from_spec(trigger.spec()).spec() == trigger.spec()
