"""The test kit: assertions that fail when they should, and say what a person can act on."""

from datetime import UTC, datetime, timedelta

import pytest

from scheduler.models import Occurrence, Schedule
from scheduler.testing import only_declared, schedules
from tasks_core import Call, background
from tasks_core.models import Job
from tests.app.tasks import explode_once, leave_effect, nothing

pytestmark = pytest.mark.django_db

BERLIN = "Europe/Berlin"
NIGHTLY = {"task": leave_effect, "args": ["tea"], "cron": "30 2 * * *", "timezone": BERLIN}
OFTEN = {**NIGHTLY, "cron": "*/15 * * * *", "kwargs": {"keep": 7}, "queue": "ops", "priority": 3}
FIRST, SECOND = "2026-10-25T02:30+02:00", "2026-10-25T02:30+01:00"


@pytest.fixture
def morning():
    """The morning after the hour that came twice, at nine."""
    with schedules.travel("2026-10-25T00:00", tz=BERLIN, only={"nightly": NIGHTLY}) as clock:
        clock.to("09:00")
        yield clock


@pytest.fixture
def noon():
    """A quarter past noon; every quarter of an hour is paused between eleven and twelve."""
    with schedules.travel("2026-03-10T10:00", only={"often": OFTEN}, jobs=False) as clock:
        pause(clock, "10:50", "12:00")
        Schedule.objects.update(overlap="allow")
        clock.to("12:15")
        yield clock


def pause(clock, since, until):
    Schedule.objects.update(paused_at=clock.instant(since), paused_until=clock.instant(until))


def failure(assertion, *args, **kwargs):
    with pytest.raises(AssertionError) as caught:
        assertion(*args, **kwargs)
    return str(caught.value)


def test_the_times_at_which_jobs_were_due(morning):
    schedules.assert_due("nightly", [FIRST])
    schedules.assert_due("nightly", FIRST)
    schedules.assert_due("nightly", (datetime(2026, 10, 25, 0, 30, tzinfo=UTC),))
    assert schedules.due_times("nightly") == [datetime(2026, 10, 25, 0, 30, tzinfo=UTC)]


@pytest.mark.parametrize("wrong", [[], [SECOND], [FIRST, FIRST], [FIRST, "2026-10-25T02:00+02:00"]])
def test_other_times_fail(morning, wrong):
    failure(schedules.assert_due, "nightly", wrong)


def test_a_failure_tells_what_is_missing_and_the_ledger_in_local_time_and_utc(morning):
    assert failure(schedules.assert_due, "nightly", [SECOND]).splitlines() == [
        "'nightly' became jobs at other due times than expected:",
        "  missing     2026-10-25 02:30+01:00 (01:30 UTC)",
        "  unexpected  2026-10-25 02:30+02:00 (00:30 UTC)",
        "The ledger of this journey, in Europe/Berlin:",
        "  2026-10-25 02:30+02:00 (00:30 UTC)  job: successful  [clocks go back at this hour; first pass]",
        f"Next due: 2026-10-26 02:30+01:00 (01:30 UTC), by the trigger {Schedule.objects.get().trigger!r}.",
        "Where: the clock stands at 2026-10-25 09:00:00+01:00 (Europe/Berlin); schedulers: 1 awake.",
    ]


def test_a_text_that_could_mean_two_due_times_is_refused(morning):
    for ask in (schedules.assert_due, schedules.assert_not_due, schedules.assert_skipped):
        with pytest.raises(ValueError, match="comes twice"):
            ask("nightly", "02:30")


def test_not_due_at_moments_that_have_been(morning):
    schedules.assert_not_due("nightly", SECOND, "03:00", "2026-10-25T09:00")

    assert "'nightly' was due at 2026-10-25 02:30+02:00" in failure(
        schedules.assert_not_due, "nightly", SECOND, FIRST
    )
    assert "'nightly' was due at" in failure(schedules.assert_not_due, "nightly")


@pytest.mark.parametrize("moment", ["2026-10-24T23:59", "09:00:01"])
def test_not_due_where_the_journey_has_not_been_says_nothing(morning, moment):
    assert "has not been at" in failure(schedules.assert_not_due, "nightly", moment)


def test_not_due_before_anybody_has_decided_says_nothing():
    with schedules.travel("2026-10-25", tz=BERLIN, only={"nightly": NIGHTLY}) as clock:
        clock.freeze()
        clock.to("09:00")

        assert "Nobody has decided 'nightly' since" in failure(
            schedules.assert_not_due, "nightly", "03:00"
        )
        clock.thaw()
        schedules.assert_not_due("nightly", "03:00")


def test_a_skip_and_its_reason(noon):
    occurrence = schedules.assert_skipped("often", "11:00", reason="paused")

    assert (occurrence.count, schedules.assert_skipped("often", "11:30")) == (4, occurrence)
    assert schedules.assert_skipped("often", "11:45") == occurrence


@pytest.mark.parametrize("moment", ["11:01", "11:31", "12:01", "10:00"])
def test_what_was_never_due_was_not_skipped(noon, moment):
    assert "nothing was due then" in failure(schedules.assert_skipped, "often", moment)
    schedules.assert_not_due("often", moment)


def test_what_was_skipped_was_due(noon):
    for moment in ("11:00", "11:15", "11:45"):
        assert "was due at" in failure(schedules.assert_not_due, "often", moment)


def test_a_wrong_expectation_of_a_skip_fails(noon):
    assert "it became a job" in failure(schedules.assert_skipped, "often", "10:45")
    wrong = failure(schedules.assert_skipped, "often", "11:00", reason="overlap")
    assert (
        "was not skipped at 2026-03-10 11:00+00:00 (11:00 UTC) for overlap, but for paused" in wrong
    )
    assert "skipped: paused (Paused), 4 times until 2026-03-10 11:45+00:00 (11:45 UTC)" in wrong


def test_a_reason_that_there_is_not_is_refused(noon):
    with pytest.raises(ValueError, match=r"'pause' is no reason. Did you mean 'paused'"):
        schedules.assert_skipped("often", "11:00", reason="pause")


def test_a_failure_shows_the_ledger_around_the_time_in_question(noon):
    told = failure(schedules.assert_skipped, "often", "12:00")

    assert "  … 0 before" not in told
    noon.to("18:00")
    told = failure(schedules.assert_skipped, "often", "15:00")
    assert told.count("job: ready") == 9
    assert "  … 12 before" in told
    assert "  … 8 after" in told


def test_a_failure_says_what_keeps_a_schedule(noon):
    Schedule.objects.update(
        enabled=False,
        next_due_at=None,
        retired_at=noon.moment,
        paused_until=None,
        pause_reason="stock-taking",
        error="boom",
        error_count=5,
        quarantined_at=noon.moment,
    )
    told = failure(schedules.assert_due, "often", [])

    assert "It is retired: no longer declared." in told
    assert "It is not enabled." in told
    assert "It is paused. stock-taking" in told
    assert "It is quarantined after 5 errors: boom" in told


def test_the_job_of_a_due_time(noon):
    job = schedules.assert_job("often", "10:15", args=("tea",), kwargs={"keep": 7}, queue="ops")

    assert job in schedules.jobs("often")
    assert schedules.jobs("often") == schedules.jobs()
    assert [each.pk for each in schedules.jobs()] == [
        row.job_id for row in schedules.ledger("often") if row.job_id
    ]


def test_another_job_fails_and_shows_the_difference(noon):
    told = failure(schedules.assert_job, "often", "10:15", kwargs={"keep": 8}, priority=3)

    assert "  kwargs is {'keep': 7}, not {'keep': 8}" in told
    assert "priority" not in told
    assert "has no job for" in failure(schedules.assert_job, "often", "11:00")
    assert "has no job for" in failure(schedules.assert_job, "often", "11:01")
    with pytest.raises(TypeError, match=r"A job has no 'kwarg'. Did you mean 'kwargs'"):
        schedules.assert_job("often", "10:15", kwarg={})


def test_a_job_that_was_pruned_is_told(noon):
    Job.rows.all().delete()

    assert "it was pruned" in failure(schedules.assert_job, "often", "10:15")
    assert "job: pruned" in failure(schedules.assert_due, "often", [])
    assert schedules.jobs("often") == []


def test_a_job_that_failed_is_shown_as_failed():
    with schedules.travel(
        "2026-10-25", only={"tea": {**NIGHTLY, "task": explode_once, "args": []}}
    ) as clock:
        clock.by(days=1)

        assert "job: failed" in failure(schedules.assert_due, "tea", [])


def test_a_key_that_there_is_not_is_told_with_those_there_are(morning):
    for ask in (schedules.due_times, schedules.ledger, schedules.jobs, schedules.assert_not_due):
        told = failure(ask, "nightli")
        assert (
            "There is no schedule 'nightli'. Did you mean 'nightly'? There are: 'nightly'." in told
        )


def test_a_declaration_that_was_refused_is_told():
    wrong = {"tea": {**NIGHTLY, "cron": "61 * * * *"}}
    with only_declared(wrong), schedules.travel("2026-10-25"):
        told = failure(schedules.assert_due, "tea", [])

    assert "SCHEDULE['tea']" in told
    assert "61" in told


def test_a_schedule_that_was_decided_later_than_now_says_so():
    with only_declared({"nightly": NIGHTLY}):
        with schedules.travel("2026-10-26"):
            pass
        with schedules.travel("2026-10-20") as clock:
            clock.to("2026-10-24")
            assert "was decided until 2026-10-26" in failure(schedules.assert_due, "nightly", [])
            clock.to("2026-10-27")
            schedules.assert_due("nightly", ["2026-10-26T01:30Z"])


def test_manual_runs_are_in_the_ledger_and_no_due_times(morning):
    [planned] = schedules.ledger("nightly")
    job = background.enqueue(nothing)
    Occurrence.objects.create(
        schedule_key="nightly",
        due_at=morning.moment,
        until_at=morning.moment,
        batch="run-1",
        outcome="enqueued",
        job_id=job.id,
        recorded_at=morning.moment,
    )

    assert len(schedules.ledger("nightly")) == len(schedules.jobs("nightly")) == 2
    schedules.assert_due("nightly", [FIRST])
    schedules.assert_not_due("nightly", "09:00")
    assert "batch run-1" in failure(schedules.assert_due, "nightly", [])
    schedules.assert_nothing_twice()
    assert planned.batch == ""


def test_nothing_was_made_twice(noon):
    schedules.assert_nothing_twice()
    schedules.assert_nothing_twice("often")


def test_a_second_job_for_a_due_time_is_noticed(noon):
    job = schedules.jobs("often")[0]
    background.enqueue_many([Call(nothing, label="often", context=job.context)])

    assert "'often' has 2 jobs for 2026-03-10 10:15+00:00" in failure(
        schedules.assert_nothing_twice
    )


def test_a_due_time_that_two_rows_cover_is_noticed(noon):
    schedules.ledger("often")
    Occurrence.objects.filter(until_at=noon.instant("11:45")).update(until_at=noon.instant("12:00"))

    assert "was decided twice at 2026-03-10 12:00+00:00" in failure(schedules.assert_nothing_twice)


def test_the_reason_of_a_failure_says_when_it_was_decided_late():
    with schedules.travel("2026-03-10T08:00", only={"often": OFTEN}) as clock:
        clock.freeze()
        clock.by(hours=1)
        clock.thaw()

        told = failure(schedules.assert_due, "often", [])
    assert "coalesced (Newer due time taken), 3 times until 2026-03-10 08:45+00:00" in told
    assert "decided 2026-03-10 09:00+00:00 (09:00 UTC)" in told
    assert timedelta(0) == clock.moment - datetime(2026, 3, 10, 9, tzinfo=UTC)
