"""Workers are told of scheduled jobs as of any other, once the tick is committed."""

import pytest

from tasks_core.backends.database.wakeup import telling as wakeup
from tests.scheduler.places import at, declare, tick
from tests.tasks_core.notifications import listening

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.vendor("postgresql")]


def test_a_materialised_job_wakes_the_workers_of_its_queue():
    declare(at(8), queue="kitchen")

    with listening() as ear:
        wakeup._sent.clear()
        tick(at(8, 30))
        assert ear.heard() == []

        tick(at(9))
        assert ear.heard() == ["kitchen"]
