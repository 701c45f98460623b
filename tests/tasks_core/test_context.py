"""What a task may know about its job."""

from datetime import timedelta
from uuid import uuid4

import pytest

from tasks_core import Call, JobContext, background
from tasks_core.testing import drain
from tests.app.models import Effect
from tests.app.tasks import leave_context
from tests.tasks_core.rows import HOUR, NOON


@pytest.mark.django_db
def test_a_companion_tells_the_task_what_its_job_is_for():
    told = {
        "key": "tea",
        "scheduled_for": NOON.isoformat(),
        "previous": (NOON - HOUR).isoformat(),
        "next": None,
        "is_catch_up": True,
    }
    background.enqueue_many([Call(leave_context, context=told)])

    drain()

    assert Effect.objects.get().payload == {
        "key": "tea",
        "scheduled_for": str(NOON),
        "previous": str(NOON - HOUR),
        "next": "None",
        "is_catch_up": True,
        "is_backfill": False,
    }


@pytest.mark.django_db
def test_a_plain_job_knows_when_it_was_meant_to_run():
    result = background.defer(leave_context, when=timedelta(seconds=-1))

    drain()

    result.refresh()
    assert result.return_value["scheduled_for"].endswith("+00:00")
    assert result.return_value["key"] is None


def test_words_of_a_newer_release_are_ignored():
    context = JobContext.restore(
        {"moon": "full"}, job_id=uuid4(), attempt=1, max_attempts=1, queue="default"
    )

    assert context.is_last_attempt


def test_a_callers_context_is_not_an_option():
    with pytest.raises(ValueError, match="no option 'context'"):
        background.enqueue(leave_context, context={"key": "tea"})
