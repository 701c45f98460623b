"""What may be said about a call, and what is refused with a sentence."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import Group

from tasks_core import Call, background, job_backends
from tasks_core.exceptions import InvalidCall
from tasks_core.options import instant
from tasks_core.testing import FrozenClock
from tests.app.tasks import nothing
from tests.tasks_core.rows import HOUR, NOON


def checked(**fields):
    return Call(print, **fields).checked()


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"args": "tea"}, "args must be a list or tuple, not str"),
        ({"kwargs": ["tea"]}, "kwargs must be a dict, not list"),
        ({"priority": 101}, "from -100 to 100"),
        ({"priority": -101}, "from -100 to 100"),
        ({"priority": True}, "whole number"),
        ({"priority": 1.0}, "whole number"),
        ({"queue": ""}, "without space"),
        ({"queue": " mail"}, "without space"),
        ({"queue": "q" * 65}, "longer than 64"),
        ({"queue": "a\0b"}, "NUL"),
        ({"queue": None}, "must be some text"),
        ({"key": ""}, "without space"),
        ({"key": "k" * 256}, "longer than 255"),
        ({"key": "\ud800"}, "surrogate"),
        ({"max_attempts": 0}, "from 1 to 10000"),
        ({"max_attempts": "3"}, "whole number"),
        ({"timeout": 0}, "longer than nothing"),
        ({"timeout": timedelta.max}, "at most 3650 days"),
        ({"timeout": "5s"}, "timedelta or seconds"),
        ({"timeout": float("nan")}, "timeout"),
        ({"timeout": float("inf")}, "timeout"),
        ({"when": "tomorrow"}, "when must be a datetime or a timedelta"),
        ({"when": timedelta.max}, "outside the calendar"),
        ({"when": timedelta.min}, "outside the calendar"),
        ({"expires_at": 5}, "expires_at must be"),
        ({"creator": 5}, "creator must be a model instance or text"),
        ({"context": {1: 2}}, "context"),
        ({"on_conflict": "drop"}, '"keep" or "replace"'),
        ({"on_conflict": "replace"}, "needs a key"),
        ({"concurrency": "tea"}, "a key and a number"),
        ({"concurrency": (" tea", 1)}, "the key of concurrency"),
        ({"concurrency": ("tea {", 1)}, "cannot be read"),
        ({"concurrency": ("tea {a.b}", 1)}, "no more"),
        ({"concurrency": ("tea", 0)}, "1 to"),
        ({"rate": "often"}, "rate must be"),
    ],
)
def test_what_cannot_be_stored_is_refused_with_its_name(fields, words):
    with pytest.raises(InvalidCall, match=words):
        checked(**fields)


def test_an_invalid_call_is_a_value_error():
    with pytest.raises(ValueError, match="priority"):
        checked(priority="high")


@pytest.mark.parametrize("option", ["label", "creator"])
def test_free_text_is_made_storable(option):
    stored = getattr(checked(**{option: "a\0b\ud800" + "x" * 300}), option)

    assert len(stored) <= 255
    assert "\0" not in stored
    stored.encode()


def test_a_creator_is_kept_as_label_and_primary_key():
    assert checked(creator=Group(pk=7)).creator == "auth.Group:7"


def test_a_delay_counts_from_now():
    with FrozenClock(NOON):
        assert instant(HOUR, what="when") == NOON + HOUR


def test_every_instant_becomes_utc():
    paris = datetime(2026, 11, 21, 13, tzinfo=UTC).astimezone()

    assert instant(paris, what="when").tzinfo is UTC


def test_the_default_time_zone_reads_naive_times(settings):
    settings.TIME_ZONE = "Europe/Paris"

    assert instant(datetime(2026, 7, 1, 14), what="when") == datetime(2026, 7, 1, 12, tzinfo=UTC)


def test_tuples_become_lists_before_anything_is_stored():
    call = checked(args=(1, (2, 3)), kwargs={"a": (4,)})

    assert (call.args, call.kwargs) == ([1, [2, 3]], {"a": [4]})


def test_the_options_are_checked_in_the_call_and_not_in_its_building():
    Call(print, priority="high")


def test_a_delay_counts_from_the_backends_clock(monkeypatch):
    backend, readings = job_backends["dummy"], []
    backend.clear()

    def now():
        readings.append(NOON.replace(year=2100))
        return readings[-1]

    monkeypatch.setattr(backend, "now", now, raising=False)
    delays = [Call(nothing, when=HOUR, expires_at=2 * HOUR) for _ in range(3)]
    background.on("dummy").enqueue_many(delays)

    assert {(call.when, call.expires_at) for call in backend.calls} == {
        (readings[0] + HOUR, readings[0] + 2 * HOUR)
    }
    assert len(readings) == 1


def test_a_delay_is_left_to_a_backend_that_counts_it_itself():
    assert checked_without_clock(when=HOUR).when == HOUR
    with pytest.raises(InvalidCall, match="outside the calendar"):
        checked_without_clock(when=timedelta.max)


def checked_without_clock(**fields):
    return Call(print, **fields).checked(now=None)


def test_a_call_says_what_is_not_the_default():
    assert Call(print, queue="default", priority=0, context={}).said() == {}
    assert Call(print, queue="mail", key="k").said() == {"queue": "mail", "key": "k"}


def test_the_asynchronous_twin_asks_the_backends_clock_too(monkeypatch):
    backend = job_backends["dummy"]
    backend.clear()

    def now():
        with pytest.raises(RuntimeError, match="no running event loop"):
            asyncio.get_running_loop()  # a database may be asked here
        return NOON

    async def adefer(*, func, when):
        return backend.defer(func, [], {}, when=when)

    monkeypatch.setattr(backend, "now", now, raising=False)
    monkeypatch.setattr(backend, "adefer", adefer, raising=False)
    async_to_sync(background.on("dummy").adefer)(nothing, when=HOUR)

    assert [call.when for call in backend.calls] == [NOON + HOUR]


def test_a_creator_fits_its_column():
    assert len(checked(creator=Group(pk="x" * 300)).creator) == 255
