"""
Jobs move between backends while workers of both run them, and movers are killed with ``kill -9``.

Each of them runs, and none of them twice: no worker dies here, so that at least once is once.
"""

from collections import Counter

import pytest
from django.conf import settings

from tasks_core import Call, background
from tests.app.models import Effect
from tests.app.tasks import leave_effect
from tests.child import Child
from tests.faults.management.commands.move_and_die import POINTS
from tests.tasks_core.redis_keys import empty

COUNT = 60
APPS = {"INSTALLED_APPS": [*settings.INSTALLED_APPS, "tests.faults"]}
PAIRS = [("default", "redis"), ("redis", "default")]

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.parametrize(("source", "target"), PAIRS),
]


@pytest.fixture(autouse=True)
def _no_jobs():
    empty()


def store(alias):
    calls = [Call(leave_effect, [f"job {number}"]) for number in range(COUNT)]
    background.on(alias).enqueue_many(calls)


def runs():
    return Counter(Effect.objects.values_list("name", flat=True))


def run_both(start, *aliases):
    for alias in aliases:
        child = start("run_worker", "--backend", alias, "--once", settings=APPS)
        assert child.wait() == 0


def killed(child: Child) -> bool:
    return child.wait() == -9


def test_wherever_a_mover_is_killed_the_next_one_makes_it_good(manage_process, source, target):
    store(source)
    deaths = 0
    for point in POINTS:
        deaths += killed(manage_process("move_and_die", source, target, point, settings=APPS))
    # What is on its way now is nobody's; what was stored may run while the rest is moved.
    workers = [
        manage_process("run_worker", "--backend", alias, "--once", settings=APPS)
        for alias in (source, target)
    ]
    last = manage_process("jobs", "move", "--from", source, "--to", target, settings=APPS)
    assert last.wait() == 0
    assert [worker.wait() for worker in workers] == [0, 0]
    run_both(manage_process, source, target)

    assert deaths >= len(POINTS) - 2  # where few are left, no second batch may come
    assert runs() == {f"job {number}": 1 for number in range(COUNT)}


def test_two_steps_are_found_out(manage_process, source, target):
    store(source)
    point = "before _forget"
    child = manage_process("move_and_die", source, target, point, "--two-steps", settings=APPS)
    assert killed(child)
    run_both(manage_process, source, target)

    assert sum(runs().values()) > COUNT
