"""What the doctor finds, and what it leaves in peace."""

from datetime import timedelta

import pytest

from tasks_core import JobState, clock
from tasks_core.backends.database.questions import diagnosis
from tasks_core.backends.database.questions.diagnosis import clocks, examine
from tasks_core.backends.database.questions.findings import Level
from tasks_core.models import Limit, Queue
from tests.tasks_core.rows import ALIVE, DEAD, make_job, make_process

pytestmark = pytest.mark.django_db

LONG_AGO = timedelta(hours=-1)


def finding(about, **options):
    found = [each for each in examine("default", **options) if each.about == about]
    assert len(found) == 1
    return found[0]


def abouts(level):
    return {each.about for each in examine("default") if each.level == level}


def due(**fields):
    return make_job(**{"run_after": clock.db_now() - timedelta(seconds=1)} | fields)


def limited(**fields):
    return due(parked=True, concurrency_key="tea", concurrency_limit=1, **fields)


def test_a_queue_with_a_living_worker_is_healthy():
    make_process(lease=ALIVE)
    due()
    make_job(JobState.SUCCESSFUL)
    make_process(lease=DEAD, stopped_at=clock.db_now() + DEAD)

    assert {each.level for each in examine("default")} == {Level.GOOD}


def test_advice_names_the_backend_it_is_about():
    due()

    told = {each.about: each.advice for each in examine("default", backend="queue")}
    assert told["workers"] == "manage.py run_worker --backend queue"
    assert finding("workers").advice == "manage.py run_worker"


def test_an_empty_queue_without_a_worker_is_no_failure():
    assert finding("workers").level == Level.NOTE


@pytest.mark.parametrize("state", [JobState.READY, JobState.SCHEDULED])
def test_due_jobs_without_a_worker_are_a_failure(state):
    due(state=state, queue="mail")
    make_process(lease=ALIVE, queues=["post"])
    make_process(lease=DEAD)
    make_process(lease=ALIVE, kind="scheduler")

    found = finding("workers")

    assert (found.level, list(found.named)) == (Level.FAILURE, ["mail"])


def test_a_worker_of_their_queue_is_enough():
    due(queue="mail")
    make_process(lease=ALIVE, queues=["mail"])

    assert finding("workers").level == Level.GOOD


def test_a_process_that_ended_without_a_word_is_found():
    make_process(lease=DEAD, name="kettle")

    found = finding("processes")

    assert (found.level, list(found.named)) == (Level.FAILURE, ["kettle"])


def test_a_process_that_stopped_but_owns_jobs_is_found():
    process = make_process(lease=DEAD, stopped_at=clock.db_now())
    make_job(JobState.RUNNING, claimed_by=process)

    assert finding("processes").level == Level.FAILURE


@pytest.mark.parametrize(("lease", "level"), [(LONG_AGO, Level.FAILURE), (ALIVE, Level.GOOD)])
def test_a_job_that_a_dead_process_holds_for_two_leases_is_stuck(lease, level):
    job = make_job(JobState.RUNNING, claimed_by=make_process(lease=lease))

    found = finding("orphans")

    assert found.level == level
    assert list(found.named) == ([str(job.pk)] if level == Level.FAILURE else [])


def test_a_dead_process_is_given_two_leases_to_be_noticed():
    make_job(JobState.RUNNING, claimed_by=make_process(lease=timedelta(seconds=-90)))

    assert finding("orphans").level == Level.GOOD


def test_a_parked_job_whose_limit_has_room_is_stuck():
    Limit.objects.create(key="tea", permits=1)
    limited()

    found = finding("limits")

    assert (found.level, list(found.named)) == (Level.FAILURE, ["tea"])


@pytest.mark.parametrize("state", [JobState.RUNNING, JobState.READY])
def test_a_parked_job_whose_limit_is_full_waits_for_good_reason(state):
    Limit.objects.create(key="tea", permits=1)
    make_job(state, concurrency_key="tea", concurrency_limit=1)
    limited()

    assert finding("limits").level == Level.GOOD


def test_a_parked_job_of_a_paused_queue_is_not_stuck():
    Limit.objects.create(key="tea", permits=1)
    Queue.objects.create(name="mail", paused_at=clock.db_now())
    limited(queue="mail")

    assert finding("limits").level == Level.GOOD


@pytest.mark.parametrize(
    ("next_in", "level"), [(LONG_AGO, Level.FAILURE), (timedelta(minutes=1), Level.GOOD)]
)
def test_a_parked_job_whose_rate_has_long_allowed_it_is_stuck(next_in, level):
    next_at = clock.db_now() + next_in
    Limit.objects.create(key="tea", spacing=timedelta(seconds=1), next_at=next_at)
    due(parked=True, rate_key="tea")

    assert finding("limits").level == level


@pytest.mark.parametrize(
    ("fields", "level"),
    [
        ({}, Level.FAILURE),
        ({"state": JobState.SCHEDULED}, Level.FAILURE),
        ({"queue": "paused"}, Level.GOOD),
        ({"parked": True}, Level.GOOD),
        ({"run_after": clock.now() + timedelta(days=9), "state": JobState.SCHEDULED}, Level.GOOD),
    ],
)
def test_the_oldest_job_that_could_run_must_not_wait_for_long(fields, level):
    Queue.objects.create(name="paused", paused_at=clock.db_now())
    due(**{"run_after": clock.db_now() - timedelta(minutes=10)} | fields)

    assert finding("waiting").level == level


def test_how_long_is_too_long_can_be_said():
    due(run_after=clock.db_now() - timedelta(minutes=10))

    assert finding("waiting", max_wait=timedelta(hours=1)).level == Level.GOOD


def test_a_suspect_is_a_warning_until_it_has_ended():
    job = due(suspect=True)
    make_job(JobState.FAILED, suspect=True)

    found = finding("suspects")

    assert (found.level, list(found.named)) == (Level.WARNING, [str(job.pk)])


def test_a_paused_queue_in_which_jobs_wait_is_a_note():
    Queue.objects.create(name="mail", paused_at=clock.db_now(), paused_by="ann", reason="storm")
    Queue.objects.create(name="empty", paused_at=clock.db_now())
    due(queue="mail")

    found = finding("pauses")

    assert found.level == Level.NOTE
    assert "mail was paused by ann (storm): 1 job waits" in found.text
    assert Level.FAILURE not in {each.level for each in examine("default")}


@pytest.mark.parametrize(
    ("seconds", "level"),
    [
        (0, Level.GOOD),
        (-1, Level.GOOD),
        (1.1, Level.WARNING),
        (-4.9, Level.WARNING),
        (5.1, Level.FAILURE),
        (-3600, Level.FAILURE),
    ],
)
def test_clocks_that_disagree_are_told_and_then_wrong(seconds, level):
    assert clocks(timedelta(seconds=seconds)).level == level


def test_the_clocks_of_one_machine_agree():
    assert abs(diagnosis.skew("default")) < timedelta(seconds=1)
