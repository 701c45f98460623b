"""Claims and settles through the ORM leave the same rows as those in a database's own words."""

from datetime import timedelta

import pytest

from tasks_core.backends.database import statements
from tasks_core.backends.database.statements import portable
from tasks_core.backends.database.statements.asked import Asked
from tasks_core.backends.served.ended import ended_as
from tasks_core.models import Job
from tasks_core.outcomes import AttemptError, Cancelled, Errored, Snoozed, Succeeded
from tests.tasks_core.rows import HOUR, NOON, make_job, make_process

pytestmark = pytest.mark.django_db

BROKEN = AttemptError(exception="builtins.RuntimeError", message="„zerbrochen“ ☕", traceback="…")
OUTCOMES = {
    "nothing": Succeeded(),
    "a value": Succeeded({"tea": ["grün", 0.5, None, {"n": 2**63}]}),
    "a retry": Errored(BROKEN, retry_in=HOUR),
    "a failure": Errored(BROKEN),
    "a snooze": Snoozed(HOUR),
    "a snooze that tells why": Snoozed(HOUR, BROKEN),
    "a cancellation": Cancelled("enough"),
}
LIMITS = {"concurrency_key": "tea", "concurrency_limit": 1, "rate_key": "r"}
OWN = {"id", "claimed_by_id"}  # what two rows cannot have in common


def life(module, outcome, **fields):
    """Return what a job was claimed as, and what is stored of it when it has ended."""
    timeout = timedelta(seconds=90)
    job = make_job(args=[1], context={"key": "k"}, active_key="tea", timeout=timeout, **fields)
    asked = Asked(owner=make_process().pk, limit=1, now=NOON, queues=[job.queue])
    [attempt] = module.claim("default", asked)
    claimed = {name: getattr(attempt, name) for name in ("args", "context", "number", "fence")}
    claimed |= {"timeout": attempt.timeout, "run_after": attempt.run_after}

    [ended] = [ended_as(attempt, outcome, now=NOON + HOUR)]
    assert module.settle("default", [ended]) == {attempt.key}
    assert module.settle("default", [ended]) == set()

    [row] = Job.objects.filter(pk=job.pk).values()
    job.delete()
    return claimed, {name: value for name, value in row.items() if name not in OWN}


@pytest.mark.vendor("sqlite", "postgresql")
@pytest.mark.parametrize("limits", [{}, LIMITS], ids=["free", "limited"])
@pytest.mark.parametrize("name", OUTCOMES)
def test_a_job_has_the_same_life(name, limits):
    own = statements.of("default")
    assert own is not portable

    assert life(own, OUTCOMES[name], **limits) == life(portable, OUTCOMES[name], **limits)


@pytest.mark.vendor("sqlite")
def test_an_old_sqlite_is_spoken_to_through_the_orm(monkeypatch):
    monkeypatch.setattr(statements, "ARROWS_SINCE", (99,))

    assert statements.of("default") is portable
    assert life(statements.of("default"), Succeeded(3))[1]["return_value"] == 3
