"""
S24: whatever is done to schedules, in whatever order, the ledger says what a model says.

Thousands of random steps: time passes, schedulers tick or die in a tick, jobs end, operators
pause, resume, release and run, deploys change definitions, a trigger falls sick and gets well.
"""

import random
from datetime import timedelta

import pytest
from django.db import connection
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import rule, run_state_machine_as_test

from scheduler.models import Schedule
from tests.faults.kit.machine import HEALTHY, Machine
from tests.faults.kit.tally import size

EXAMPLES, STEPS = size((9, 40), (480, 45))
CONTROL_EXAMPLES = 50
SCENARIO = "S24 random steps"

pytestmark = pytest.mark.django_db(transaction=True)


class Careless(Machine):
    """The control: a pause that swallows what was due before it."""

    def an_operator_pauses(self, name):
        return None

    @rule(name=st.sampled_from(HEALTHY))
    def somebody_pauses_in_the_table(self, name):
        self.model[name].decide(self.now)
        self.model[name].paused = True
        following = self.now + timedelta(seconds=30)
        row = Schedule.objects.filter(pk=name)
        row.update(paused_at=self.now, watermark=self.now, next_due_at=following)


def run(machine, user, examples, number):
    machine.user, machine.steps = user, 0
    seed(number)(machine)
    quiet = settings(
        max_examples=examples,
        stateful_step_count=STEPS,
        deadline=None,
        database=None,
        phases=size([Phase.generate], [Phase.generate, Phase.shrink]),
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(machine, settings=quiet)


@pytest.fixture
def operator(django_user_model):
    return django_user_model.objects.create_user("operator")


def test_the_ledger_says_what_a_model_says(operator, tally):
    number = random.randrange(10**6)
    tally.say(f"{SCENARIO}: seed {number}")

    # SQLite is the quickest of them, MariaDB the slowest.
    share = {"sqlite": 1, "postgresql": size(3, 1), "mysql": 3}[connection.vendor]
    examples = EXAMPLES // share
    run(Machine, operator, examples, number)

    tally.row(SCENARIO, f"{Machine.steps} steps in {examples} lives, seed {number}")


def test_a_pause_that_swallows_is_found_out(operator, tally):
    with pytest.raises(AssertionError):
        run(Careless, operator, CONTROL_EXAMPLES, 24)

    tally.control(SCENARIO, f"a pause that swallows, after {Careless.steps} steps")
