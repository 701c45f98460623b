"""Running jobs say how far they are."""

import signal
import threading

import pytest

from tasks_core import JobContext, background, job_backends
from tasks_core.backends.database.progress import report_progress
from tasks_core.outcomes import Succeeded
from tasks_core.progress import MOST, Progress, news
from tasks_core.states import JobState
from tasks_core.testing import drain
from tests.app.tasks import count_to
from tests.tasks_core.races import eventually
from tests.tasks_core.rows import claim_one, end_lease, fresh, make_job


def note(done, total=None):
    progress = Progress()
    progress.note(done, total)
    return progress.newest


@pytest.mark.parametrize(("done", "total"), [(0, None), (3, None), (0, 0), (5, 5), (MOST, MOST)])
def test_whole_numbers_are_noted(done, total):
    assert note(done, total) == (done, total)


@pytest.mark.parametrize(
    ("done", "total", "words"),
    [
        (-1, None, "done must be from 0"),
        (1, -1, "total must be from 0"),
        (6, 5, "done is 6, which is more than the total 5"),
        (MOST + 1, None, "done must be from 0"),
        (1.5, None, "done must be a whole number, not 1.5"),
        ("1", None, "done must be a whole number, not '1'"),
        (True, None, "done must be a whole number, not True"),
        (1, "5", "total must be a whole number"),
        (None, 5, "done must be a whole number"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(done, total, words):
    with pytest.raises(ValueError, match=words):
        note(done, total)


def test_only_news_are_told():
    make = [type("Attempt", (), {"progress": Progress()})() for _ in range(2)]
    first, _ = make
    assert news(make) == []

    first.progress.note(1, 5)
    assert news(make) == [(first, 1, 5)]

    first.progress.written(1, 5)
    assert news(make) == []
    first.progress.note(2, 5)
    assert news(make) == [(first, 2, 5)]


def test_a_million_notes_are_cheap_and_the_last_one_stays():
    progress = Progress()
    threads = [
        threading.Thread(target=lambda: [progress.note(n, 20_000) for n in range(20_001)])
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert progress.newest == (20_000, 20_000)


def test_a_context_can_be_told_without_a_backend():
    context = JobContext(job_id=None, attempt=1, max_attempts=1, queue="default")

    context.progress(1, 2)

    assert context == JobContext(job_id=None, attempt=1, max_attempts=1, queue="default")


def test_what_is_stored_cannot_pose_as_the_holder():
    known = {"job_id": None, "attempt": 1, "max_attempts": 1, "queue": "default"}

    context = JobContext.restore({"_progress": "text", "key": "tea"}, **known)

    context.progress(1)
    assert context.key == "tea"


@pytest.mark.django_db
class TestStored:
    def test_the_owner_s_word_is_written(self):
        make_job()
        attempt = claim_one()

        assert report_progress("default", [(attempt, 3, 10)]) == 1
        assert (fresh(attempt).progress_done, fresh(attempt).progress_total) == (3, 10)
        result = background.get(attempt.job_id)
        assert result.progress == (3, 10)

    def test_who_lost_the_job_is_not_believed(self):
        make_job()
        attempt = claim_one()
        backend = job_backends["default"]
        end_lease(attempt.owner)
        backend.rescue()
        claim_one(alone=True)

        assert report_progress("default", [(attempt, 3, 10)]) == 0
        assert fresh(attempt).progress_done is None

    def test_the_last_word_is_written_with_the_outcome(self):
        make_job()
        attempt = claim_one()
        attempt.job_context().progress(7, 7)

        job_backends["default"].settle([(attempt, Succeeded())])

        assert (fresh(attempt).progress_done, fresh(attempt).progress_total) == (7, 7)

    def test_nothing_new_costs_nothing(self, django_assert_num_queries):
        with django_assert_num_queries(0):
            assert report_progress("default", []) == 0

    @pytest.mark.parametrize("alias", ["immediate", "dummy"])
    def test_elsewhere_it_does_no_harm(self, alias):
        result = background.on(alias).enqueue(count_to, [3])

        assert result.progress in (None, (3, 3))

    def test_a_task_says_it_with_its_context(self):
        result = background.enqueue(count_to, [3])
        drain()
        result.refresh()

        assert (result.status, result.progress) == (JobState.SUCCESSFUL, (3, 3))

    def test_a_retried_job_begins_anew(self):
        job = make_job(JobState.FAILED, progress_done=3, progress_total=9)

        job_backends["default"].retry([job.pk])

        assert background.get(job.pk).progress is None


@pytest.mark.django_db(transaction=True)
def test_it_is_seen_while_the_job_runs(run_worker):
    result = background.enqueue(count_to, [3, 60])
    worker = run_worker("--concurrency", "1", GRACE=0)

    def told():
        result.refresh()
        return result.progress

    assert eventually(told) == (3, 3)
    assert result.status == JobState.RUNNING
    worker.send_signal(signal.SIGTERM)
