"""Backends written from the RFC's text alone work for what they define, and refuse the rest."""

from datetime import datetime, timedelta

import pytest
from asgiref.sync import async_to_sync

from tasks_core import Call, background, job_backends, task
from tasks_core.exceptions import UnsupportedFeature
from tests.app.tasks import nothing
from tests.tasks_core.literal_backends import PriorityAndDefer
from tests.tasks_core.rows import HOUR, NOON

HERE = "tests.tasks_core.literal_backends"
seen = []


@pytest.fixture(autouse=True)
def _literal(settings):
    settings.JOBS = {
        "default": {"BACKEND": f"{HERE}.EnqueueOnly"},
        "more": {"BACKEND": f"{HERE}.PriorityAndDefer", "OPTIONS": {"tea": "green"}},
    }
    seen.clear()


def look(value, *, milk=False):
    seen.append((value, milk))


@task
def declared(value):
    seen.append(value)


def test_options_are_what_the_class_is_called_with():
    assert job_backends["default"].options == {}
    assert job_backends["more"].options == {"tea": "green"}


def test_enqueue_alone_is_a_backend():
    background.enqueue(look, ["tea"], {"milk": True})

    assert seen == [("tea", True)]


def test_an_answer_of_none_is_a_result_that_knows_nothing():
    result = background.enqueue(look, ["tea"])

    assert (result.id, result.status, result.is_finished) == (None, "unknown", False)
    with pytest.raises(UnsupportedFeature, match=r"EnqueueOnly.*keeps no results"):
        result.refresh()


def test_the_function_that_is_passed_is_the_very_function():
    background.on("more").enqueue(look, ["tea"])

    assert job_backends["more"].calls[0][1] is look


def test_a_declared_task_is_passed_as_itself_and_can_be_called():
    background.on("more").enqueue(declared, ["tea"])

    assert job_backends["more"].calls[0][1] is declared
    assert seen == ["tea"]


def test_a_dotted_path_is_passed_as_the_function_it_names():
    background.on("more").enqueue("tests.app.tasks.nothing")

    assert job_backends["more"].calls[0][1] is nothing


def test_priority_is_passed_to_those_who_name_it():
    background.on("more").enqueue(look, ["tea"], priority=7)
    background.on("more").enqueue(look, ["tea"])

    assert [call[2] for call in job_backends["more"].calls] == [7, 0]


def test_when_arrives_aware_and_in_utc():
    background.on("more").defer(look, ["tea"], when=datetime(2026, 11, 21, 12))

    assert job_backends["more"].calls == [("defer", look, 0, ["tea"], {}, NOON)]
    assert seen == []


def test_asynchronous_twins_are_derived():
    async_to_sync(background.aenqueue)(look, ["tea"])
    async_to_sync(background.on("more").adefer)(look, ["tea"], when=NOON)

    assert seen == [("tea", False)]
    assert job_backends["more"].calls[0][0] == "defer"


def test_many_calls_are_handed_over_one_by_one():
    results = background.on("more").enqueue_many([Call(look, [1]), Call(look, [2], when=HOUR)])

    assert [call[0] for call in job_backends["more"].calls] == ["enqueue", "defer"]
    assert [result.id for result in results] == [None, None]


def test_nothing_is_handed_over_unless_all_is_accepted():
    with pytest.raises(UnsupportedFeature):
        background.enqueue_many([Call(look, [1]), Call(look, [2], priority=1)])

    assert seen == []


@pytest.mark.parametrize(
    ("alias", "options"),
    [
        ("default", {"priority": 1}),
        ("default", {"queue": "mail"}),
        ("default", {"key": "tea"}),
        ("default", {"max_attempts": 1}),
        ("default", {"timeout": timedelta(seconds=1)}),
        ("default", {"expires_at": NOON}),
        ("default", {"label": "Tea"}),
        ("default", {"creator": "ann"}),
        ("more", {"queue": "mail"}),
        ("more", {"key": "tea"}),
    ],
)
def test_an_option_it_cannot_take_is_refused_with_a_sentence(alias, options):
    with pytest.raises(UnsupportedFeature) as caught:
        background.on(alias).enqueue(look, ["tea"], **options)

    [option] = options
    assert str(job_backends[alias]) in str(caught.value)
    assert f"{option}=" in str(caught.value)
    assert seen == []


@pytest.mark.parametrize("store", [background.defer, async_to_sync(background.adefer)])
def test_a_mode_it_does_not_define_is_refused_with_a_sentence(store):
    with pytest.raises(UnsupportedFeature, match=r"EnqueueOnly \('default' in JOBS\) cannot defer"):
        store(look, ["tea"], when=HOUR)


def test_defaults_that_are_said_aloud_are_no_demand():
    background.enqueue(look, ["tea"], priority=0, queue="default", key=None, label="")

    assert seen == [("tea", False)]


def test_what_an_inherited_backend_takes_away_is_refused(settings):
    settings.JOBS = {"BACKEND": f"{__name__}.NoDefer"}

    with pytest.raises(UnsupportedFeature, match="NoDefer"):
        background.defer(look, ["tea"], when=HOUR)


class NoDefer(PriorityAndDefer):
    defer = None
