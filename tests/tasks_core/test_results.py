"""What a caller holds after storing a job."""

from uuid import uuid4

import pytest
from asgiref.sync import async_to_sync

from tasks_core import JobState, background, job_backends
from tasks_core.backends.database.prune import prune
from tasks_core.exceptions import JobDoesNotExist, ResultNotReady, UnsupportedFeature
from tasks_core.models import Job
from tasks_core.testing import drain
from tests.app.tasks import explode_once, nothing
from tests.tasks_core.rows import HOUR

pytestmark = pytest.mark.django_db


def test_a_result_is_the_job_as_it_was_stored():
    result = background.enqueue(nothing)

    assert (result.status, result.attempts, result.errors) == (JobState.READY, 0, [])
    assert (result.is_finished, result.reason) == (False, "")
    assert repr(result) == f"<JobResult {result.id} ready>"


def test_it_changes_when_it_is_refreshed_and_not_before():
    result = background.enqueue(nothing)
    drain()
    assert result.status == JobState.READY

    result.refresh()

    assert (result.status, result.attempts) == (JobState.SUCCESSFUL, 1)
    assert result.return_value is None


def test_an_asynchronous_caller_refreshes_too():
    result = background.enqueue(nothing)
    drain()

    async_to_sync(result.arefresh)()

    assert result.is_finished


def test_the_return_value_of_a_failed_job_says_why_there_is_none():
    result = background.enqueue(explode_once)
    drain()
    result.refresh()

    with pytest.raises(ResultNotReady, match="ended failed and returned nothing: boom"):
        result.return_value  # noqa: B018 - reading it is what is tested
    [error] = result.errors
    assert (error.exception, error.message, error.attempt) == ("builtins.RuntimeError", "boom", 1)
    assert "explode_once" in error.traceback


def test_a_pruned_job_does_not_exist():
    result = background.enqueue(nothing)
    drain()
    list(prune("default", JobState.SUCCESSFUL, now=Job.objects.get().finished_at + 999 * HOUR))

    with pytest.raises(JobDoesNotExist, match="may have been pruned"):
        result.refresh()


def test_many_are_read_in_one_question(django_assert_num_queries):
    ids = [background.enqueue(nothing).id for _ in range(5)]

    with django_assert_num_queries(1):
        found = job_backends["default"].get_many([*ids, uuid4()])

    assert set(found) == set(ids)


def test_a_job_is_found_again_by_its_id_or_the_text_of_it():
    result = background.enqueue(nothing)

    assert background.get(result.id).id == background.get(str(result.id)).id == result.id


@pytest.mark.parametrize("job_id", ["01a1fc4e-7e5c-7000-8000-000000000000", "no id", ""])
def test_an_id_of_no_job_is_said_to_be_one(job_id):
    with pytest.raises(JobDoesNotExist):
        background.get(job_id)


def test_a_backend_without_results_says_so_when_asked():
    with pytest.raises(UnsupportedFeature, match="ImmediateBackend"):
        background.on("immediate").get("01a1fc4e-7e5c-7000-8000-000000000000")
