"""However many ask for a tick at one moment: one of them is done, and each due time once."""

import pytest

from scheduler.models import Occurrence, Schedule
from scheduler.testing import only_declared
from scheduler.ticks import ticker
from tasks_core.testing import FrozenClock
from tests.scheduler.places import at
from tests.scheduler.ticks import flood, site
from tests.tasks_core.races import together

SCHEDULES = {f"tea {n:02}": site.TEA["tea"] for n in range(40)}
TUNING = {"TICK_SECRET": site.SECRET, "BATCH_SIZE": 1, "TICK_RATE": 10_000}
IN_CHILDREN = {
    "SCHEDULE": SCHEDULES,
    "SCHEDULER": TUNING,
    "ROOT_URLCONF": site.__name__,
}


@pytest.fixture
def all_due(settings, transactional_db):
    """Let forty schedules be due at nine; it is nine."""
    settings.SCHEDULER = TUNING
    with only_declared(SCHEDULES), FrozenClock(at(8, 30)) as clock:
        assert site.post().status_code == 200
        clock.move_to(at(9))
        yield


def statuses_of_threads(count=12):
    found = together(count, lambda number: {site.post().status_code for _ in range(5)})
    return set().union(*found)


@pytest.mark.django_db(transaction=True)
def test_threads_that_ask_at_once(all_due, tmp_path):
    with flood.Probe(tmp_path).watching() as probe:
        answers = statuses_of_threads()

    assert answers == {200, 202}
    assert not probe.met.exists()
    assert Occurrence.objects.count() == len(SCHEDULES)


@pytest.mark.django_db(transaction=True)
def test_the_probe_sees_ticks_that_meet(all_due, tmp_path, monkeypatch):
    monkeypatch.setattr(ticker, "flight", flood.everybody_begins)
    with flood.Probe(tmp_path).watching() as probe:
        answers = statuses_of_threads()

    assert answers == {200}
    assert probe.met.exists()
    assert Occurrence.objects.count() == len(SCHEDULES)  # the rows decide, with or without it


@pytest.mark.every_database
@pytest.mark.parametrize("guarded", [True, False])
def test_processes_that_ask_at_once(guarded, manage_process, tmp_path):
    with only_declared(SCHEDULES):
        ticker.ticker.seconds_until_due()
    begun = f"from {flood.__name__} import *; "
    options = f"times=30, guarded={guarded}, together=3"
    code = f"{begun}in_this_process({str(tmp_path)!r}, {options})"
    clock = "2026-03-10T09:00:00+00:00 1"
    Schedule.objects.update(watermark=at(8), floor=at(8), next_due_at=at(9))

    children = [
        manage_process("shell", "-c", code, settings=IN_CHILDREN, clock=clock) for _ in range(3)
    ]

    assert [child.wait() for child in children] == [0, 0, 0]
    assert any("answers [200" in child.output for child in children)
    assert all("answers [2" in child.output for child in children)
    assert (tmp_path / "met").exists() is not guarded
    assert Occurrence.objects.filter(due_at=at(9)).count() == len(SCHEDULES)


@pytest.mark.django_db(transaction=True)
def test_one_request_sent_by_many_at_once_is_answered_once(all_due):
    given = site.headers()

    answers = together(12, lambda number: site.send(given).status_code)

    assert sorted(answers) == [200, *[403] * 11]


@pytest.mark.django_db(transaction=True)
def test_a_flood_of_strangers_asks_the_database_nothing(all_due):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def ask(number):
        with CaptureQueriesContext(connection) as asked:
            statuses = {site.post(secret=site.OTHER).status_code for _ in range(20)}
        return statuses, len(asked)

    assert together(8, ask) == [({403}, 0)] * 8
