"""The doctor of schedules: each illness is brought about, found, and named with what helps."""

import json
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.test import override_settings

from scheduler import facts
from scheduler.due import tzdata
from scheduler.models import Maintenance, Occurrence, ProcessFacts, Schedule
from scheduler.process import Scheduler
from scheduler.questions.health import examine
from scheduler.sync import sync
from scheduler.testing import only_declared
from tasks_core.backends.database import DatabaseBackend
from tasks_core.backends.database.questions.findings import Level
from tasks_core.models import Job, Process
from tasks_core.testing import FrozenClock, drain
from tests.scheduler.places import HOUR, MINUTE, at, declare, tick
from tests.tasks_core.races import eventually

pytestmark = pytest.mark.django_db

BACKEND = DatabaseBackend({"database": "default"})
GOOD, NOTE, WARNING, FAILURE = Level.GOOD, Level.NOTE, Level.WARNING, Level.FAILURE


def living(kind, moment=None, queues=None):
    with FrozenClock(moment or at(8)):
        return BACKEND.register(kind=kind, queues=queues, concurrency=1)


@pytest.fixture(autouse=True)
def crew():
    """Let a scheduler and a worker for every queue live."""
    return living("scheduler"), living("worker")


def examined(moment=None, **options):
    with FrozenClock(moment or at(8, 30)):
        return {finding.about: finding for finding in examine(**options)}


def of(about, moment=None, **options):
    return examined(moment, **options)[about]


def test_all_is_well():
    declare(at(8))

    assert {finding.level for finding in examined().values()} == {GOOD}


@pytest.mark.parametrize(
    ("entry", "words"),
    [({"calendar": "nowhere"}, "no calendar 'nowhere'"), ({"task": "nowhere.tea"}, "imported")],
)
def test_declarations_that_every_sync_refuses(entry, words):
    tea = {"task": "tests.app.tasks.nothing", "cron": "0 17 * * *", **entry}

    with only_declared({"tea": tea}):
        found = of("declared")

    assert (found.level, found.named) == (FAILURE, ["tea"])
    assert "tea (" in found.text
    assert words in found.text
    assert ".)" not in found.text


class TestSchedulers:
    def test_none_lives(self, crew):
        declare(at(8))
        Process.objects.filter(pk=crew[0].pk).update(stopped_at=at(8))

        assert of("schedulers").level == FAILURE
        assert "schedulers" not in examined(expects_processes=False)

    def test_none_lives_and_there_is_nothing_to_schedule(self, crew):
        Process.objects.filter(pk=crew[0].pk).delete()

        assert of("schedulers").level == NOTE

    def test_one_whose_lease_has_ended_does_not_live(self, crew):
        declare(at(8))
        Process.objects.filter(pk=crew[0].pk).update(lease_expires_at=at(8))

        assert of("schedulers").level == FAILURE


def known(process, **changes):
    """Let a process note what it goes by, and change some of that."""
    with FrozenClock(at(8)):
        facts.note(process.pk, declarations="one")
    ProcessFacts.objects.filter(pk=process.pk).update(**changes)


class TestDisagreements:
    def test_nobody_disagrees(self, crew):
        known(crew[0])
        known(living("scheduler"))

        found = examined()

        assert [found[about].level for about in ("declarations", "tzdata", "skew")] == [GOOD] * 3

    @pytest.mark.parametrize(
        ("moment", "level"), [(at(8, 5), WARNING), (at(8, 10), FAILURE)], ids=["soon", "later"]
    )
    def test_about_what_is_declared(self, crew, moment, level):
        known(crew[0], release="41")
        known(living("scheduler"), declarations="two", release="42")

        found = of("declarations", moment)

        assert found.level == level
        assert "(release 41)" in found.text
        assert "(release 42)" in found.text

    def test_about_zones(self, crew):
        known(crew[0], tzdata="2025b")
        known(living("scheduler"), tzdata="2026a")

        assert of("tzdata").level == WARNING

    @pytest.mark.parametrize(("seconds", "level"), [(2, WARNING), (-6, FAILURE)])
    def test_about_the_time(self, crew, seconds, level):
        known(crew[0], skew=timedelta(seconds=seconds))

        found = of("skew")

        assert (found.level, f"({seconds:+.1f} s)" in found.text) == (level, True)

    def test_what_the_dead_went_by_does_not_count(self, crew):
        known(crew[0])
        dead = living("scheduler")
        known(dead, declarations="two")
        Process.objects.filter(pk=dead.pk).update(stopped_at=at(8))

        assert of("declarations").level == GOOD

    def test_a_scheduler_notes_what_it_goes_by(self, crew):
        class Beating:
            owner, process = crew[0].pk, crew[0]

        entry = {"tea": {"task": "tests.app.tasks.nothing", "cron": "0 * * * *"}}
        with override_settings(SCHEDULER={"RELEASE": "42"}), only_declared(entry):
            scheduler = Scheduler()
            scheduler.heartbeat = Beating()
            with FrozenClock(at(8)):
                scheduler.tick()
            with FrozenClock(at(8, 30)):
                same = sync().fingerprint

        noted = ProcessFacts.objects.get()
        assert (noted.pk, noted.release, noted.noted_at) == (crew[0].pk, "42", at(8))
        assert noted.declarations == same != facts.fingerprint({})

    def test_those_that_noted_nothing_for_a_day_are_forgotten(self, crew):
        known(living("scheduler"))
        with FrozenClock(at(8, 1, days=1)):
            facts.note(crew[0].pk, declarations="one")

        assert ProcessFacts.objects.get().pk == crew[0].pk


class TestOverdue:
    def test_a_minute_is_not(self):
        declare(at(8))

        assert of("overdue", at(9, 1)).level == GOOD

    def test_more_is(self):
        declare(at(8))

        found = of("overdue", at(9, 30))

        assert (found.level, found.named) == (FAILURE, ["tea"])
        assert found.text == "1 schedule is overdue, for up to 30 min: tea."

    def test_one_that_waits_for_a_job_is_not(self):
        declare(at(8))
        Schedule.objects.update(waits_for="0197c0de" + "0" * 24)

        assert of("overdue", at(9, 30)).level == GOOD


def test_quarantine():
    declare(at(8))
    Schedule.objects.update(quarantined_at=at(8), next_due_at=None, error="boom " * 100)

    found = of("quarantine")

    assert (found.level, found.named) == (FAILURE, ["tea"])
    assert "tea (boom boom" in found.text
    assert "schedules release KEY" in found.advice
    assert len(found.text) < 200


def test_failing():
    declare(at(8))
    Schedule.objects.update(error="boom", error_count=2)

    assert of("failing").text == "Could not be decided, and will be tried again: tea (boom)."


class TestOverlaps:
    def test_twice_in_a_row_is_no_trouble(self):
        declare(at(8))
        for hour in (9, 10, 11):
            tick(at(hour))

        assert of("overlaps", at(11, 1)).level == GOOD

    def test_three_times_is(self):
        declare(at(8))
        for hour in (9, 10, 11, 12):
            tick(at(hour))

        assert (of("overlaps", at(12, 1)).level, of("overlaps", at(12, 1)).named) == (
            FAILURE,
            ["tea"],
        )

    def test_and_is_over_with_the_next_job(self):
        declare(at(8))
        for hour in (9, 10, 11, 12):
            tick(at(hour))
        with FrozenClock(at(12, 5)):
            drain()
        tick(at(13))

        assert of("overlaps", at(13, 1)).level == GOOD


def test_freshness():
    declare(at(8), must_succeed_within=2 * HOUR)

    assert of("freshness", at(9, 59)).level == GOOD
    assert of("freshness", at(11)).text == "Not succeeded in time: tea (for 60 min)."


class TestQueues:
    @pytest.fixture(autouse=True)
    def crew(self):
        return living("scheduler")

    def test_no_worker_lives(self):
        declare(at(8), queue="ops")

        found = of("queues")

        assert (found.level, found.named) == (FAILURE, ["ops"])
        assert found.text == "No living worker serves ops, where the jobs of tea go."
        assert "queues" not in examined(expects_processes=False)

    @pytest.mark.parametrize(
        ("queues", "level"), [(["mail"], FAILURE), (["ops", "mail"], GOOD), (None, GOOD)]
    )
    def test_some_do(self, queues, level):
        declare(at(8), queue="ops")
        living("worker", queues=queues)

        assert of("queues").level == level


class TestEnds:
    def test_a_job_that_waits_is_well(self):
        declare(at(8))
        tick(at(9))

        assert of("ends", at(9, 30)).level == GOOD

    def test_a_job_that_is_gone(self):
        declare(at(8))
        tick(at(9))
        Job.rows.all().delete()

        assert of("ends", at(9, 4)).level == GOOD  # whoever settles it may be at it
        assert (of("ends", at(9, 6)).level, of("ends", at(9, 6)).named) == (FAILURE, ["tea"])

    def test_an_end_that_nobody_noted(self):
        declare(at(8))
        tick(at(9))
        with FrozenClock(at(9, 1)):
            drain()
        Occurrence.objects.update(job_state="", ended_at=None)

        assert of("ends", at(9, 5)).level == GOOD
        assert of("ends", at(9, 10)).level == WARNING


def test_a_row_that_was_recorded_too_early():
    declare(at(8))
    tick(at(9))
    Occurrence.objects.update(recorded_at=at(8, 59))

    assert (of("times", at(9, 1)).level, of("times", at(9, 1)).named) == (FAILURE, ["tea"])


def test_a_watermark_in_the_future():
    declare(at(8))
    tick(at(9))

    found = of("watermarks", at(8))

    assert (found.level, found.named) == (FAILURE, ["tea"])
    assert "1 schedule is decided beyond now, for up to 60 min" in found.text


def test_maintenance_and_pauses_are_noted():
    declare(at(8))
    Maintenance.objects.create(began_at=at(8, 10), by="ada", reason="the move")
    Schedule.objects.update(paused_at=at(8, 20))

    found = examined()

    assert (found["maintenance"].level, found["pauses"].level) == (NOTE, NOTE)
    assert "since 2026-03-10 08:10Z by ada (the move)" in found["maintenance"].text
    Schedule.objects.update(paused_until=at(9))
    assert "pauses" not in examined()


class TestCommand:
    def test_it_exits_with_1_when_something_is_wrong(self, capsys):
        declare(at(8))
        with FrozenClock(at(8, 30)):
            call_command("schedules", "doctor")
        fine = capsys.readouterr().out
        with FrozenClock(at(10)), pytest.raises(SystemExit) as ended:
            call_command("schedules", "doctor")

        assert all(each.startswith("ok ") for each in fine.splitlines())
        assert ended.value.code == 1
        assert "WRONG    1 schedule is overdue" in capsys.readouterr().out

    def test_for_a_monitor(self, capsys):
        declare(at(8))
        with FrozenClock(at(8, 30)):
            call_command("schedules", "doctor", "--format", "json", "--no-process")

        told = json.loads(capsys.readouterr().out)
        assert told["healthy"] is True
        assert {finding["level"] for finding in told["findings"]} == {"good"}


@pytest.mark.django_db(transaction=True)
def test_a_live_scheduler_notes_what_it_goes_by(manage_process):
    manage_process("run_scheduler")

    eventually(ProcessFacts.objects.exists)

    noted = ProcessFacts.objects.get()
    assert Process.objects.get(pk=noted.pk).kind == "scheduler"
    assert (len(noted.declarations), noted.tzdata) == (64, tzdata.version())
    assert abs(noted.skew) < MINUTE
