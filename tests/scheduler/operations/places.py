"""How tests of the operators' verbs act, and what they look at."""

from scheduler import schedules
from scheduler.models import OperatorAction, Schedule
from scheduler.testing import only_declared
from tasks_core.models import Job
from tasks_core.testing import FrozenClock

NOTHING = "tests.app.tasks.nothing"


def act(verb, moment, *arguments, entries=None, **options):
    """Let an operator called ada act at ``moment``."""
    with only_declared(entries or {}), FrozenClock(moment):
        return getattr(schedules, verb)(*arguments, **{"user": "ada", **options})


def make(moment, key="tea", **options):
    """Create a schedule in the database, hourly unless told otherwise."""
    options = {"task": NOTHING, "overlap": "allow", **options}
    if not {"every", "at", "trigger", "cron"}.intersection(options):
        options["cron"] = "0 * * * *"
    return act("create", moment, key, **options)


def standing(key="tea"):
    """Return what a run or a backfill must not touch."""
    row = Schedule.objects.get(key=key)
    return (row.watermark, row.next_due_at, row.last_due_at, row.runs, row.floor, row.waits_for)


def acts():
    return [(act.verb, act.by, act.schedule_key, act.reason) for act in actions()]


def actions():
    return list(OperatorAction.objects.order_by("pk"))


def contexts():
    """Return what the jobs are told, in the order of their due times."""
    return sorted(
        (job.context for job in Job.objects.all()), key=lambda told: told["scheduled_for"]
    )
