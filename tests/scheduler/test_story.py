"""From a declaration to a result that the ledger knows."""

import pytest

from scheduler import periodic
from scheduler.models import Occurrence
from scheduler.process import Scheduler
from scheduler.testing import only_declared, simulate
from tasks_core import JobState
from tasks_core.models import Job
from tasks_core.testing import FrozenClock, drain
from tests.app.models import Effect
from tests.app.tasks import leave_context, leave_effect
from tests.scheduler.places import at

pytestmark = pytest.mark.django_db


def test_a_declared_schedule_becomes_a_result():
    with only_declared(), FrozenClock(at(8, 59)) as clock:
        periodic("0 9 * * *", key="tea", args=["tea"])(leave_effect)
        scheduler = Scheduler()

        assert scheduler.tick() == pytest.approx(5)  # looks at least that often
        drain()
        assert Effect.objects.count() == 0

        clock.move_to(at(8, 59, 58))
        assert scheduler.tick() == 2  # seconds until nine

        clock.move_to(at(9))
        scheduler.tick()
        scheduler.tick()  # a second look changes nothing
        drain()

    job = Job.objects.get()
    occurrence = Occurrence.objects.get()
    assert (job.state, job.return_value) == (JobState.SUCCESSFUL, "tea")
    assert (occurrence.schedule_key, occurrence.due_at) == ("tea", at(9))
    assert (occurrence.job_id, occurrence.job_state) == (job.pk, JobState.SUCCESSFUL)
    assert occurrence.ended_at == at(9)
    assert Effect.objects.get().name == "tea"


def test_a_job_is_told_what_it_is_for():
    with only_declared({"tea": {"task": leave_context, "cron": "0 */3 * * *"}}):
        simulate(since=at(8), until=at(9))

    assert Effect.objects.get().payload == {
        "key": "tea",
        "scheduled_for": "2026-03-10 09:00:00+00:00",
        "previous": "2026-03-10 06:00:00+00:00",
        "next": "2026-03-10 12:00:00+00:00",
        "is_catch_up": False,
        "is_backfill": False,
    }


def test_a_day_is_simulated_in_a_moment():
    with only_declared({"tea": {"task": leave_effect, "args": ["tea"], "cron": "0 * * * *"}}):
        lived = simulate(since=at(0), until=at(0, days=1))

    assert [row.due_at for row in lived] == [at(hour) for hour in range(1, 25)]
    assert {row.job_state for row in lived} == {JobState.SUCCESSFUL}
    assert Effect.objects.count() == 24
