"""
S22: the doors of the scheduler. Who may tick by URL and who may act in the admin, and nobody else;
and a flood of requests, of which one at a time ticks.
"""

from collections import Counter
from datetime import UTC, datetime, timedelta
from time import monotonic

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import include as below
from django.urls import path

from scheduler.models import Occurrence, Schedule
from scheduler.process import Scheduler
from scheduler.testing import only_declared
from scheduler.ticks import ticker
from tasks_core.testing import FrozenClock
from tests.faults.kit.tally import size
from tests.scheduler.ticks import flood, site
from tests.tasks_core.races import together

THREADS, EACH, RATE = size((8, 25, 60), (16, 400, 2000))  # requests of a thread; ticks a minute
SCHEDULES = {f"tea {number}": site.TEA["tea"] for number in range(20)}
NINE = datetime(2026, 3, 10, 9, tzinfo=UTC)
URL, ADMIN = "S22 signed URL", "S22 admin"
VERBS = ("pause", "pause-until", "resume", "release", "run", "backfill", "override", "restore")
PAGES = {  # of the admin, by what a staff member needs to get them; "tea" is a schedule
    "view": ("schedule/", "schedule/tea/change/", "schedule/tea/history/", "occurrence/"),
    "change": tuple(f"schedule/tea/{verb}/" for verb in VERBS),
    "add": ("schedule/add/",),
}

urlpatterns = [path("admin/", admin.site.urls), path("tick/", below("scheduler.ticks.urls"))]

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _site(settings):
    settings.ROOT_URLCONF = __name__
    settings.SCHEDULER = {"TICK_SECRET": site.SECRET, "BATCH_SIZE": 1, "TICK_RATE": RATE}


# Each request, and how it must be answered.


def answers_of_the_url():
    spent = site.headers()
    at = site.URL
    return {
        "signed": (site.send(spent), 200),
        "sent again": (site.send(spent), 403),
        "not signed": (site.send({}), 403),
        "with another secret": (site.post(secret=site.OTHER), 403),
        "six minutes old": (site.post(off=-360), 403),
        "of six minutes later": (site.post(off=360), 403),
        "for another path": (site.post(path="/elsewhere/"), 403),
        "with another body": (site.send(site.headers(), body=b"more"), 403),
        "too long": (site.send(site.headers(), body=b"x" * 20_000), 413),
        "GET": (site.send(site.headers(method="GET"), method="GET"), 405),
        "HEAD": (site.send(site.headers(method="HEAD"), method="HEAD"), 405),
        "PUT": (site.send(site.headers(method="PUT"), method="PUT"), 405),
        "a page beside it": (site.send(site.headers(path=f"{at}x/"), f"{at}x/"), 404),
    }


def test_the_url_answers_each_request_as_it_should(settings, tally):
    with only_declared(SCHEDULES), FrozenClock(NINE):
        told = answers_of_the_url()
        settings.SCHEDULER = {}
        told["signed, where there is no secret"] = site.post(), 404
        wrong = {
            name: got.status_code for name, (got, due) in told.items() if got.status_code != due
        }

    tally.say(f"{URL}: {len(told)} kinds of requests, {len(wrong)} answered otherwise")
    assert wrong == {}


def flooded(folder):
    """Let threads send good requests, old ones and strangers' at once; count the answers."""
    with only_declared(SCHEDULES), FrozenClock(NINE - timedelta(minutes=1)) as clock:
        old = site.headers()
        assert site.send(old).status_code == 200
        clock.advance(minutes=1)
        began = monotonic()
        with flood.Probe(folder).watching() as probe:
            answers = sum(together(THREADS, lambda number: of_one(old)), Counter())
    return answers, probe.met.exists(), answers.total() / (monotonic() - began)


def of_one(old):
    answers = Counter()
    for number in range(EACH):
        answers["good", site.post().status_code] += 1
        answers["old", site.send(old).status_code] += number % 2
        answers["stranger's", site.post(secret=site.OTHER).status_code] += number % 2
    return answers


def assert_one_at_a_time(answers, have_met):
    assert not have_met
    assert {status for who, status in +answers if who == "good"} <= {200, 202, 429}
    assert {status for who, status in +answers if who != "good"} == {403}
    # Those who ask at one moment count each other as little as those who come later.
    assert answers["good", 200] + answers["good", 202] < RATE + THREADS
    assert Occurrence.objects.filter(outcome="enqueued").count() == len(SCHEDULES)


def test_of_a_flood_one_at_a_time_ticks(tmp_path, tally):
    answers, have_met, rate = flooded(tmp_path)

    ticks = f"{answers['good', 200]} ticked, {answers['good', 202]} while another did"
    refused = f"{answers['good', 429]} too many"
    done = f"{answers.total()} requests, {rate:.0f}/s: {ticks}, {refused}, the others refused"
    tally.row(URL, done, surplus=int(have_met))
    assert_one_at_a_time(answers, have_met)


def test_without_the_guard_they_meet(tmp_path, tally, monkeypatch):
    monkeypatch.setattr(ticker, "flight", flood.everybody_begins)

    answers, have_met, _ = flooded(tmp_path)

    tally.control(URL, "ticks that met, without the guard")
    with pytest.raises(AssertionError):
        assert_one_at_a_time(answers, have_met)
    assert have_met


# The admin: nobody, staff without permissions, those who may view, those who may change, all.


def member(django_user_model, *permissions):
    user = django_user_model.objects.create_user(f"may {permissions}", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return user


@pytest.fixture
def people(django_user_model):
    of = ("view_schedule", "view_occurrence")
    return {
        "": member(django_user_model),
        "view": member(django_user_model, *of),
        "change": member(django_user_model, *of, "change_schedule"),
        "add": member(django_user_model, *of, "change_schedule", "add_schedule"),
    }


def visit(people, method):
    """Return how each page answers each of the people, and what it should."""
    told, may = {}, [""]
    for who, user in people.items():
        may.append(who)
        client = Client(enforce_csrf_checks=method == "forged")
        client.force_login(user)
        send = client.get if method == "GET" else client.post
        for needed, pages in PAGES.items():
            for page in pages:
                got = send(f"/admin/tasks_scheduler/{page}").status_code
                told[who, page] = got, needed in may
    return told


def amiss(people):
    """Return the pages that let in who must stay outside, or keep out who may come in."""
    got = visit(people, "GET")
    wrong = [at for at, (status, may) in got.items() if (status in {200, 302}) != may]
    got = visit(people, "POST")
    wrong += [at for at, (status, may) in got.items() if not may and status != 403]
    return wrong + [at for at, (status, _) in visit(people, "forged").items() if status != 403]


@pytest.fixture
def _tea():
    with only_declared({"tea": site.TEA["tea"]}), FrozenClock(NINE):
        Scheduler().run_once()
        yield


@pytest.mark.usefixtures("_tea")
def test_the_admin_lets_in_who_may(people, tally):
    wrong = amiss(people)
    strangers = {
        Client().get(f"/admin/tasks_scheduler/{page}").status_code
        for pages in PAGES.values()
        for page in pages
    }

    number = sum(map(len, PAGES.values())) * len(people) * 3
    tally.row(ADMIN, f"{number} requests of {len(people)} kinds of staff", surplus=len(wrong))
    assert wrong == []
    assert strangers == {302}


@pytest.mark.usefixtures("_tea")
def test_a_door_that_lets_everybody_in_is_found_out(people, tally, monkeypatch):
    open_to_all = lambda *_: True  # noqa: E731
    monkeypatch.setattr(type(admin.site._registry[Schedule]), "has_operate_permission", open_to_all)

    wrong = amiss(people)

    tally.control(ADMIN, f"{len(wrong)} pages open to who may not operate")
    assert wrong
