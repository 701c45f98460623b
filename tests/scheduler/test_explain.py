"""What becomes of due times, and what became of them: every answer in words and for scripts."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command

from scheduler import SKIP
from scheduler.models import Definition, Maintenance, Occurrence, Schedule
from scheduler.questions import explain
from scheduler.questions.explain import forecast
from scheduler.questions.explain.moments import read
from scheduler.sync import sync
from scheduler.testing import only_declared
from scheduler.triggers import Cron
from tasks_core.models import Job
from tasks_core.testing import FrozenClock, drain
from tests.scheduler.places import HOUR, MINUTE, at, declare, tick

pytestmark = pytest.mark.django_db


def tea():
    return Schedule.objects.get(key="tea")


def never():
    return False


def no_arguments():
    return SKIP


def coming(moment, number=3, **options):
    with FrozenClock(moment):
        return explain.outlook(tea(), now=moment, number=number, **options)


def why(moment, now=None):
    now = now or at(23)
    with FrozenClock(now):
        return explain.at("tea", moment, now=now)


class TestComing:
    def test_each_due_time_is_told_in_its_zone(self):
        declare(at(8), cron="0 9 * * *", timezone="America/New_York")

        first, *_ = coming(at(8)).due

        assert (first.due_at, first.becomes, first.notes) == (at(13), "job", [])
        assert (first.moment.local, first.moment.offset) == ("Tue 2026-03-10 09:00:00", "UTC-0400")
        assert (first.moment.zone, first.moment.utc) == ("America/New_York", "2026-03-10 13:00:00Z")

    def test_where_clocks_change_it_says_so(self):
        declare(at(8), cron="30 2 * * *", timezone="Europe/Paris")
        march = datetime(2026, 3, 28, 12, tzinfo=UTC)

        (first,) = coming(march, number=1).due

        assert first.moment.clocks == "moved from 02:30, which does not exist"

    def test_a_pause_with_an_end(self):
        declare(at(8))
        Schedule.objects.update(
            paused_at=at(8), paused_until=at(10), paused_by="ada", pause_reason="the move"
        )

        due = coming(at(8, 30)).due

        assert [each.becomes for each in due] == ["skipped", "job", "job"]
        assert due[0].notes == ["paused until 2026-03-10 10:00:00Z by ada: the move"]

    def test_a_calendar(self, settings):
        settings.SCHEDULER = {"CALENDARS": {"closed": {"dates": ["2026-03-11"]}}}
        declare(at(8), cron="0 12 * * *", calendar="closed")

        due = coming(at(13), number=2).due

        assert [each.becomes for each in due] == ["skipped", "job"]
        assert due[0].notes == ["excluded by the calendar closed"]

    def test_maintenance_that_is_planned(self):
        declare(at(8))
        Maintenance.objects.create(began_at=at(9, 30), ended_at=at(10, 30))

        due = coming(at(8)).due

        assert [each.becomes for each in due] == ["job", "skipped", "job"]

    def test_an_environment_that_says_no(self):
        entry = {"task": "tests.app.tasks.nothing", "cron": "0 * * * *", "enabled": never}
        with only_declared({"tea": entry}), FrozenClock(at(8)):
            sync()
            (first, *_) = explain.outlook(tea(), now=at(8), number=1).due

        assert first.becomes == "skipped"
        assert "test_explain.never says no" in first.notes[0]

    def test_the_last_of_its_runs(self):
        declare(at(8), max_runs=2)

        due = coming(at(8)).due

        assert [each.becomes for each in due] == ["job", "job", "skipped"]
        assert due[-1].notes == ["it has had its 2 runs"]

    def test_a_splay(self):
        declare(at(8), splay=30 * MINUTE)

        first, second, _ = coming(at(8)).due

        assert first.run_after - first.due_at == second.run_after - second.due_at > timedelta(0)
        assert "for its splay" in first.notes[0]

    @pytest.mark.parametrize(
        ("overlap", "note"),
        [
            ("skip", ["likely to overlap, as its jobs take 90 min: it would be skipped"]),
            (
                "queue_one",
                [
                    "likely to overlap, as its jobs take 90 min: it would wait for the end of the other"
                ],
            ),
            (
                "cancel_previous",
                ["likely to overlap, as its jobs take 90 min: it would end the other"],
            ),
            ("allow", []),
        ],
    )
    def test_jobs_that_take_longer_than_there_is_time(self, overlap, note):
        declare(at(8), overlap=overlap)
        tick(at(9))
        Occurrence.objects.update(ended_at=at(10, 30), job_state="successful")

        outlook = coming(at(9, 30))

        assert outlook.usually_takes == 1.5 * HOUR
        assert [each.notes for each in outlook.due] == [note] * 3

    def test_quarantine(self):
        declare(at(8))
        Schedule.objects.update(quarantined_at=at(8), next_due_at=None)

        outlook = coming(at(8))

        assert {each.becomes for each in outlook.due} == {"undecided"}
        assert str(outlook.forecast).startswith("nothing: it is in quarantine since 2026-03-10 08")


class TestForecast:
    """What a scheduler decides if it starts now is what it then does."""

    def predicted(self, moment):
        with FrozenClock(moment):
            return forecast.forecast(tea(), now=moment)

    @pytest.mark.parametrize(
        ("options", "words"),
        [
            ({}, "1 job (due 2026-03-10 12:00:00Z), 3 skipped (coalesced)"),
            ({"catch_up": "all"}, "4 jobs"),
            ({"catch_up": "skip"}, "4 skipped (missed_window)"),
            ({"max_runs": 1}, "1 job (due 2026-03-10 12:00:00Z), 3 skipped (coalesced)"),
            ({"at": datetime(2026, 3, 10, 18, tzinfo=UTC)}, "nothing is due"),
        ],
    )
    def test_it_is_what_the_next_tick_does(self, options, words):
        declare(at(8), **options)

        said = self.predicted(at(12, 30))
        tick(at(12, 30))

        made = Occurrence.objects.filter(outcome="enqueued").values_list("due_at", flat=True)
        skipped = Occurrence.objects.filter(outcome="skipped").values_list("reason", "count")
        assert str(said) == words
        assert (sorted(made), dict(skipped)) == (said.jobs, said.skipped)

    def test_a_job_that_has_not_ended(self):
        declare(at(8))
        tick(at(9))

        said = self.predicted(at(10))

        assert (said.previous, said.skipped) == (Job.objects.get().pk, {"overlap": 1})

    @pytest.mark.parametrize(
        ("overlap", "would"),
        [("skip", "skipped"), ("queue_one", "wait for the end"), ("allow", None)],
    )
    def test_the_next_due_time_says_what_becomes_of_it_then(self, overlap, would):
        declare(at(8), overlap=overlap)
        tick(at(9))

        first, second, _ = coming(at(9, 30)).due

        told = [note for note in first.notes if "the previous job has not ended" in note]
        assert len(told) == (would is not None)
        assert not would or would in told[0]
        assert second.notes == []

    def test_one_that_waits_for_it(self):
        declare(at(8), overlap="queue_one")
        tick(at(9))

        assert str(self.predicted(at(10))) == "one waits for the previous job to end"

    def test_one_that_ends_it(self):
        declare(at(8), overlap="cancel_previous")
        tick(at(9))

        assert str(self.predicted(at(10))).endswith("the previous job would be cancelled")

    def test_nothing_is_written(self):
        declare(at(8))

        self.predicted(at(12))

        assert (Occurrence.objects.count(), tea().watermark) == (0, at(8))

    def test_what_this_process_does_not_know(self):
        declare(at(8))
        Schedule.objects.update(trigger="when the cows come home", source="settings")

        assert "is not declared here" in str(self.predicted(at(9)))

    def test_one_that_had_all_its_runs(self):
        declare(at(8), max_runs=1)
        tick(at(9))

        assert str(self.predicted(at(10, 30))) == "nothing: it has had its 1 run."

    def test_one_that_is_over(self):
        declare(at(8), at=at(8, 30))
        tick(at(9))

        assert str(self.predicted(at(10))) == "nothing: it is never due again."

    def test_one_that_failed_waits(self):
        declare(at(8))
        Schedule.objects.update(error="ouch", error_count=1, next_due_at=at(10, 30))

        told = "nothing: it failed, and is tried again at 2026-03-10 10:30:00Z: ouch"
        assert str(self.predicted(at(10))) == told
        assert str(self.predicted(at(10, 30))).startswith("1 job")

    def test_arguments_that_may_decline(self):
        declare(at(8), args=no_arguments)

        assert str(self.predicted(at(9))).endswith(
            "unless tests.scheduler.test_explain.no_arguments declines"
        )


class TestInstant:
    def test_a_job_that_waits(self):
        declare(at(8))
        tick(at(9, 0, 30))

        answer = why(at(9))

        assert (answer.verdict, answer.job_id) == ("job", Job.objects.get().pk)
        assert "which waits in queue default, ready since" in answer.sentence
        assert answer.known[0].startswith("Recorded at 2026-03-10 09:00:30Z by pid ")
        assert answer.known[0].endswith(", 30 s after it was due.")
        assert answer.known[1] == "In force since 2026-03-10 08:00:00Z by sync."
        assert (answer.before, answer.after) == (None, at(10))

    def test_a_job_that_ended_and_was_pruned(self):
        declare(at(8))
        tick(at(9))
        with FrozenClock(at(9, 1)):
            drain()
        Job.rows.all().delete()

        assert "which ended as successful at 2026-03-10 09:01:00Z." in why(at(9)).sentence

    def test_a_job_that_is_gone(self):
        declare(at(8))
        tick(at(9))
        Job.rows.all().delete()

        assert "nobody saw it end" in why(at(9)).sentence

    def test_a_job_that_runs(self):
        declare(at(8))
        tick(at(9))
        Job.rows.update(
            state="running", started_at=at(9, 1), claimed_at=at(9, 1), claimed_by=owner()
        )

        assert "which runs since 2026-03-10 09:01:00Z" in why(at(9)).sentence

    def test_between_two_due_times(self):
        declare(at(8))
        tick(at(9))
        tick(at(10))

        answer = why(at(9, 30))

        assert answer.verdict == "not due"
        assert answer.sentence == "It was not due then: its trigger was 'cron 0 * * * * UTC'."
        assert (answer.before, answer.after, answer.job_id) == (at(9), at(10), None)

    def test_inside_a_row_that_stands_for_many(self):
        declare(at(8))
        tick(at(14))

        answer = why(at(11))

        assert answer.verdict == "skipped"
        assert answer.sentence == (
            "Nobody looked in time, and a newer due time was taken: 2026-03-10 14:00:00Z."
        )
        assert "stands for 5 due times" in answer.known[1]
        assert why(at(11, 15)).verdict == "not due"

    def test_the_job_that_had_not_ended(self):
        declare(at(8))
        tick(at(9))
        job = Job.objects.get().pk
        tick(at(10))
        with FrozenClock(at(10, 5)):
            drain()

        assert why(at(10)).sentence == (
            f"The previous job had not ended: job {job}, which was due at 2026-03-10 09:00:00Z, "
            "and ended at 2026-03-10 10:05:00Z."
        )

    def test_a_pause_that_goes_on(self):
        declare(at(8))
        Schedule.objects.update(paused_at=at(8, 30), paused_by="ada", pause_reason="the move")
        tick(at(9))

        assert why(at(9)).sentence == (
            "The schedule was paused since 2026-03-10 08:30:00Z by ada (the move)."
        )

    def test_a_pause_that_is_over(self):
        from scheduler import operations

        declare(at(8))
        with only_declared(), FrozenClock(at(8, 30)) as clock:
            operations.pause("tea", user="ada", reason="the move")
            clock.move_to(at(9, 30))
            operations.resume("tea", user="bob")

        assert why(at(9)).sentence == (
            "The schedule was paused since 2026-03-10 08:30:00Z by ada (the move)."
        )

    def test_maintenance(self):
        declare(at(8))
        Maintenance.objects.create(began_at=at(8, 30), by="ada", reason="the move")
        tick(at(9))

        assert why(at(9)).sentence == (
            "There was maintenance since 2026-03-10 08:30:00Z by ada (the move)."
        )

    def test_every_reason_has_a_sentence(self):
        declare(at(8))
        tick(at(9))
        reasons = ["calendar", "environment", "missed_window", "capped", "declined"]
        for reason in [*reasons, "replaced", "ended", "error", "overlap"]:
            Occurrence.objects.update(outcome="skipped", reason=reason, job_id=None)
            answer = why(at(9))
            assert (answer.verdict, answer.sentence[-1]) == ("skipped", ".")

    def test_before_it_was_known(self):
        declare(at(8))

        answer = why(at(7))

        assert answer.verdict == "off"
        assert answer.sentence == (
            "The schedule was first seen at 2026-03-10 08:00:00Z; nothing before was ever due."
        )

    def test_while_it_was_off(self):
        declare(at(8))
        declare(at(9, 30), enabled=False)
        declare(at(12, 30))

        answer = why(at(11))

        assert answer.verdict == "off"
        assert answer.sentence == (
            "The schedule was off since 2026-03-10 09:30:00Z until 2026-03-10 12:30:00Z: "
            "it was disabled, or not declared."
        )

    def test_after_it_was_retired(self):
        declare(at(8))
        with only_declared(), FrozenClock(at(9, 30)):
            sync()

        assert why(at(11)).sentence == (
            "The schedule was off since 2026-03-10 09:30:00Z: it is not declared any more."
        )

    def test_under_the_key_that_it_had(self):
        declare(at(8))
        entry = {"task": "tests.app.tasks.nothing", "cron": "0 * * * *", "previous_keys": ["tea"]}
        with only_declared({"coffee": entry}), FrozenClock(at(9, 30)):
            sync()

        assert why(at(9)).sentence == (
            "It is called 'coffee' now, and so is its ledger: ask for that."
        )

    def test_what_the_definition_of_the_time_said_counts(self):
        declare(at(8))
        tick(at(9))
        declare(at(9, 45), cron="30 * * * *")
        tick(at(10, 30))

        assert [why(each).verdict for each in (at(9), at(9, 30), at(10), at(10, 30))] == [
            "job",
            "not due",
            "not due",
            "skipped",
        ]

    def test_what_the_ledger_forgot(self):
        declare(at(8))
        tick(at(9))
        tick(at(10))
        Occurrence.objects.filter(due_at=at(9)).delete()
        assert why(at(9)).verdict == "unexplained"

        Schedule.objects.update(floor=at(9))

        assert why(at(9)).verdict == "forgotten"

    @pytest.mark.parametrize(
        ("columns", "words"),
        [
            ({}, "no scheduler has decided it yet"),
            ({"error": "boom"}, "could not be decided yet: boom"),
            ({"waits_for": "0197c0de" + "0" * 24}, "waits for job 0197c0de-"),
            (
                {"quarantined_at": at(8, 30), "next_due_at": None, "error": "boom"},
                "in quarantine since 2026-03-10 08:30:00Z: boom",
            ),
        ],
    )
    def test_what_is_not_decided_yet(self, columns, words):
        declare(at(8))
        Schedule.objects.update(**columns)

        answer = why(at(9), now=at(9, 30))

        assert answer.verdict == "undecided"
        assert words in answer.sentence

    def test_what_is_to_come(self):
        declare(at(8))

        assert why(at(9), now=at(8, 30)).sentence == "It will be due then."

    def test_a_schedule_that_was_deleted(self):
        declare(at(8))
        tick(at(9))
        Definition.objects.update(until=at(9, 30))
        Schedule.objects.all().delete()

        assert why(at(9)).verdict == "job"
        assert "it was deleted" in why(at(10)).sentence

    def test_jobs_beside_the_schedule(self):
        from scheduler import operations

        entry = {"task": "tests.app.tasks.nothing", "cron": "0 * * * *"}
        with only_declared({"tea": entry}), FrozenClock(at(8)) as clock:
            sync()
            clock.move_to(at(8, 30))
            operations.run("tea", user="ada")
        moment = Occurrence.objects.get().due_at

        answer = why(moment)

        assert answer.verdict == "not due"
        assert any("Beside the schedule: enqueued in run-" in each for each in answer.known)


def owner():
    from tasks_core import job_backends

    return job_backends["default"].register(kind="worker", queues=None, concurrency=1)


class TestCommand:
    def asked(self, capsys, *arguments):
        with FrozenClock(at(12, 30)):
            call_command("schedules", "explain", *arguments)
        return capsys.readouterr().out

    def test_the_next_due_times(self, capsys):
        declare(at(8))

        told = self.asked(capsys, "tea", "-n", "2")

        assert "1 job (due 2026-03-10 12:00:00Z), 3 skipped (coalesced)" in told
        assert "Tue 2026-03-10 13:00:00  UTC+0000  2026-03-10 13:00:00Z" in told
        assert len(told.strip().splitlines()[-2:]) == 2

    def test_an_instant_in_the_zone_of_the_schedule(self, capsys):
        declare(at(8), cron="0 9 * * *", timezone="Europe/Paris")

        told = self.asked(capsys, "tea", "--at", "2026-03-11T09:00")

        assert "Wed 2026-03-11 09:00:00 Europe/Paris (2026-03-11 08:00:00Z)" in told
        assert "It will be due then." in told

    def test_for_a_script(self, capsys):
        declare(at(8))
        tick(at(9))

        coming = json.loads(self.asked(capsys, "tea", "--format", "json"))
        instant = json.loads(
            self.asked(capsys, "tea", "--at", "2026-03-10T09:00Z", "--format", "json")
        )

        assert coming["due"][0]["due_at"] == "2026-03-10T13:00:00Z"
        assert (instant["verdict"], instant["moment"]["zone"]) == ("job", "UTC")

    def test_what_nobody_can_explain_exits_with_1(self, capsys):
        declare(at(8))
        tick(at(9))
        Occurrence.objects.all().delete()

        with pytest.raises(SystemExit) as ended:
            self.asked(capsys, "tea", "--at", "2026-03-10T09:00Z")

        assert ended.value.code == 1
        assert "run `schedules audit`" in capsys.readouterr().out

    def test_what_computes_the_arguments(self, capsys):
        declare(at(8), args=no_arguments)

        assert "computed by tests.scheduler.test_explain.no_arg" in self.asked(capsys, "tea")

    def test_what_is_declared_only(self, capsys):
        with only_declared({"tea": {"task": "tests.app.tasks.nothing", "cron": "0 * * * *"}}):
            told = self.asked(capsys, "tea", "-n", "1")

        assert "2026-03-10 13:00:00Z" in told

    def test_what_is_declared_and_refused(self, capsys):
        entry = {"task": "tests.app.tasks.nothing", "cron": "0 * * * *", "calendar": "nowhere"}
        with only_declared({"tea": entry}), FrozenClock(at(12, 30)):
            call_command("schedules", "explain", "tea", "-n", "1")

        assert "every sync refuses it: There is no calendar 'nowhere'" in capsys.readouterr().err

    @pytest.mark.parametrize("arguments", [["coffee"], ["coffee", "--at", "2026-01-01"]])
    def test_what_there_is_not(self, capsys, arguments):
        with pytest.raises(CommandError, match="There is no schedule 'coffee'") as refused:
            self.asked(capsys, *arguments)

        assert refused.value.returncode == 2

    def test_a_time_that_is_none(self, capsys):
        declare(at(8))

        with pytest.raises(CommandError, match="--at is a date and time such as"):
            self.asked(capsys, "tea", "--at", "last Tuesday")


def test_a_wall_time_that_does_not_exist_is_the_end_of_the_gap():
    paris = Cron("30 2 * * *", timezone="Europe/Paris")

    assert read("2026-03-29T02:30", paris) == datetime(2026, 3, 29, 1, tzinfo=UTC)
