"""What is done to schedules at random, to them and to a model; and the comparison of the two."""

from bisect import bisect_left, bisect_right
from datetime import UTC, datetime, timedelta

from django.apps import apps
from django.db import connection
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from scheduler import operations
from scheduler.due import protocol
from scheduler.models import Occurrence, Schedule
from scheduler.process import Scheduler
from scheduler.sync import sync
from scheduler.testing import only_declared
from tasks_core.models import Job
from tasks_core.testing import FrozenClock, drain
from tests.faults.kit import oracle
from tests.faults.kit.model import Expected
from tests.faults.test_any_statement import KillAt, Killed

SINCE = datetime(2026, 3, 10, 12, 0, 30, tzinfo=UTC)
HEALTHY = ("cup", "pot")
SICK = "kettle"
MINUTES = st.one_of(st.integers(1, 12), st.sampled_from([61, 200, 26 * 60]))


class Hourly:
    """A trigger of a project's own, which may fall sick."""

    is_sick = False

    def next_after(self, moment):
        if self.is_sick:
            raise RuntimeError("no water")
        return moment.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)

    def spec(self):
        return "hourly, with a bad day now and then"


class Machine(RuleBasedStateMachine):
    steps = 0
    user = None

    def __init__(self):
        super().__init__()
        forget_everything()
        self.clock = FrozenClock(SINCE)
        self.clock.__enter__()
        self.runs = 0
        self.trigger = Hourly()
        self.model = {name: Expected(2, SINCE) for name in HEALTHY} | {SICK: Expected(5, SINCE)}
        self.declaring = only_declared(self.entries())
        self.declaring.__enter__()
        sync()

    def teardown(self):
        self.declaring.__exit__(None, None, None)
        self.clock.__exit__(None, None, None)

    def entries(self):
        return {name: self.entry(name) for name in self.model}

    def entry(self, name):
        told = self.model[name]
        rhythm = oracle.RHYTHMS[told.rhythm][0]
        when = {"trigger": self.trigger} if name == SICK else rhythm | zone_of(rhythm)
        policy = {"catch_up_limit": told.limit, "overlap": told.overlap}
        task = {"task": "tests.app.tasks.nothing", "catch_up": told.catch_up}
        return {**task, **when, **policy}

    @property
    def now(self):
        return self.clock.moment

    @rule(minutes=MINUTES)
    def time_passes(self, minutes):
        self.clock.advance(minutes=minutes)

    @rule()
    def a_scheduler_ticks(self):
        Scheduler().drain()
        for told in self.model.values():
            told.tick(self.now)

    @rule(statement=st.integers(0, 20))
    def a_scheduler_dies_in_its_tick(self, statement):
        failing = self.model[SICK].sick
        if failing:  # an error that is counted, or not: both are right
            return
        try:
            with connection.execute_wrapper(KillAt(statement)):
                Scheduler().drain()
        except Killed:
            connection.close()
        self.a_scheduler_ticks()

    @rule()
    def all_jobs_end(self):
        drain()
        for told in self.model.values():
            told.busy = False

    @rule(name=st.sampled_from(HEALTHY))
    def an_operator_pauses(self, name):
        operations.pause(name, user=self.user)
        self.model[name].decide(self.now)
        self.model[name].paused = True

    @rule(name=st.sampled_from(HEALTHY))
    def an_operator_resumes(self, name):
        operations.resume(name, user=self.user)
        self.model[name].decide(self.now)
        self.model[name].paused = False

    @rule(name=st.sampled_from(HEALTHY))
    def an_operator_runs_it_now(self, name):
        operations.run(name, user=self.user)
        self.runs += 1

    @rule(
        name=st.sampled_from(HEALTHY),
        rhythm=st.sampled_from([0, 1, 2, 5, 9]),
        catch_up=st.sampled_from(["latest", "all", "skip"]),
        overlap=st.sampled_from(["skip", "allow"]),
    )
    def a_deploy_changes_it(self, name, rhythm, catch_up, overlap):
        told = self.model[name]
        if rhythm != told.rhythm:  # other policies alone wait for the next tick
            told.decide(self.now)
        told.rhythm, told.catch_up, told.overlap = rhythm, catch_up, overlap
        told.limit += 1  # so that it says what it never said before
        with only_declared(self.entries()):
            sync()
        self.declaring.__exit__(None, None, None)
        self.declaring = only_declared(self.entries())
        self.declaring.__enter__()

    @rule()
    def a_trigger_falls_sick(self):
        self.trigger.is_sick = self.model[SICK].sick = True

    @rule()
    def it_gets_well(self):
        self.trigger.is_sick = self.model[SICK].sick = False

    @rule()
    def an_operator_releases_it(self):
        operations.release(SICK, user=self.user)
        self.model[SICK].release()

    @invariant()
    def the_ledger_says_what_the_model_says(self):
        type(self).steps += 1
        ids = set()
        for name, told in self.model.items():
            rows = list(Occurrence.objects.filter(schedule_key=name, batch=""))
            ids |= {row.job_id for row in rows if row.outcome == "enqueued"}
            assert became(rows, sorted(told.became)) == told.became
            row = Schedule.objects.get(key=name)
            assert (row.quarantined_at is not None) == told.is_quarantined
            assert row.error_count == told.errors
        asked = sum(len(told.jobs) for told in self.model.values())
        assert len(ids) == asked
        assert Job.objects.filter(pk__in=ids).count() == asked
        assert Job.objects.count() == asked + self.runs


def zone_of(rhythm):
    return {"timezone": "UTC"} if "cron" in rhythm else {}


def became(rows, due):
    """Return what became of each due time, and of what nobody expects."""
    found = {}
    for row in rows:
        covered = due[bisect_left(due, row.due_at) : bisect_right(due, row.until_at)]
        verdict = row.reason or row.outcome
        found |= {at: f"{verdict}, and {found[at]}" if at in found else verdict for at in covered}
        found |= {at: "unexpected" for at in (row.due_at, row.until_at) if at not in covered}
    return found


def forget_everything():
    # Each life has the same hours: a sick trigger would not be asked for what is known of them.
    protocol._next_due.cache_clear()
    for model in [*apps.get_app_config("tasks_scheduler").get_models(), Job]:
        model._base_manager.all().delete()
