"""What manage.py check says about ticks by URL and by requests."""

import pytest
from django.core import checks

from scheduler.testing import only_declared
from tests.scheduler.ticks.site import MIDDLEWARE, SECRET


def found():
    """Return the messages by id. No database: this test has none."""
    with only_declared():
        messages = checks.run_checks(tags=["jobs"])
    return {
        each.id.removeprefix("tasks_scheduler."): f"{each.msg} {each.hint}" for each in messages
    }


def test_a_good_site_is_no_news(settings):
    settings.MIDDLEWARE = [*MIDDLEWARE, *settings.MIDDLEWARE]
    settings.SCHEDULER = {
        "TICK_SECRET": [SECRET, SECRET[::-1]],
        "TICK_URL": "https://shop.example:8443/tick/",
        "TICK_REQUESTS": "fire-and-forget",
        "TICK_JOBS": 2.5,
    }

    assert found() == {}


@pytest.mark.parametrize("where", ["SECRET_KEY", "SECRET_KEY_FALLBACKS"])
def test_e013_a_secret_with_two_purposes(settings, where):
    setattr(settings, where, SECRET if where == "SECRET_KEY" else [SECRET])

    messages = found()

    assert list(messages) == ["E013"]
    assert SECRET not in messages["E013"]


@pytest.mark.parametrize("missing", ["TICK_SECRET", "TICK_URL"])
def test_e014_nothing_to_sign_with_or_nowhere_to_send_it(settings, missing):
    settings.MIDDLEWARE = MIDDLEWARE
    settings.SCHEDULER |= {"TICK_REQUESTS": "fire-and-forget", "TICK_URL": "http://a/tick/"}
    settings.SCHEDULER = {**settings.SCHEDULER, missing: None}

    assert list(found()) == ["E014"]


def test_e014_without_the_middleware_nothing_is_sent(settings):
    settings.SCHEDULER |= {"TICK_REQUESTS": "fire-and-forget"}

    assert found() == {}


def test_w013_the_middleware_behind_others(settings):
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, *MIDDLEWARE]

    assert list(found()) == ["W013"]


@pytest.mark.parametrize("urls", ["tests.urls", "tests.scheduler.urls_without_admin"])
def test_w014_no_url_takes_ticks(settings, urls):
    settings.ROOT_URLCONF = urls

    assert 'include("scheduler.ticks.urls")' in found()["W014"]


@pytest.mark.parametrize("url", ["https://a/", "https://a/tack/", "https://a"])
def test_w014_the_address_leads_elsewhere(settings, url):
    settings.SCHEDULER |= {"TICK_URL": url}

    assert url in found()["W014"]


def test_w014_without_a_secret_none_is_needed(settings):
    settings.ROOT_URLCONF = "tests.urls"
    settings.SCHEDULER = {}

    assert found() == {}


@pytest.mark.parametrize(
    "scheduler",
    [
        {"TICK_SECRET": "s" * 31},
        {"TICK_SECRET": [SECRET, ""]},
        {"TICK_SECRET": {SECRET: 1}},
        {"TICK_SECRET": 12},
        {"TICK_URL": "/tick/"},
        {"TICK_URL": "ftp://shop.example/tick/"},
        {"TICK_URL": "https://"},
        {"TICK_URL": "https://user:password@shop.example/tick/"},
        {"TICK_URL": "https://shop.example:99999/tick/"},
        {"TICK_URL": "https://shop.example/tick/#a"},
        {"TICK_URL": "https://shöp.example/tick/"},
        {"TICK_URL": "https://shop.example/ti ck/"},
        {"TICK_URL": "https://shop.example/tick/\r\nX: y"},
        {"TICK_URL": 5},
        {"TICK_RATE": 0},
        {"TICK_RATE": 1.5},
        {"TICK_REQUESTS": True},
        {"TICK_REQUESTS": []},
        {"TICK_REQUESTS": "in process"},
        {"TICK_BUDGET": 0},
        {"TICK_BUDGET": None},
        {"TICK_LOOK_SECONDS": -1},
        {"TICK_JOBS": 0},
        {"TICK_JOBS": "yes"},
        {"TICK_JOBS": float("nan")},
        {"TICK_JOBS": None},
    ],
    ids=repr,
)
def test_e009_a_value_that_cannot_be(settings, scheduler):
    settings.SCHEDULER = scheduler

    messages = found()

    assert list(messages) == ["E009"]
    assert next(iter(scheduler)) in messages["E009"]


@pytest.mark.parametrize(
    "scheduler",
    [{"TICK_SECRET": None}, {"TICK_SECRET": ""}, {"TICK_URL": None}, {"TICK_URL": ""}],
    ids=repr,
)
def test_what_the_environment_leaves_empty_is_as_if_it_were_not_set(settings, scheduler):
    settings.SCHEDULER = scheduler

    assert found() == {}
