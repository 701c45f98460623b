import pytest

from scheduler.contrib.background_task import changing
from tasks_core import job_backends
from tasks_core.processes.heartbeat import Heartbeat
from tests.scheduler.background_task import places


@pytest.fixture(autouse=True)
def nothing_noted():
    places.noted.clear()


@pytest.fixture
def claimed():
    """Let a worker own all that is ready, and run nothing."""
    heartbeat = Heartbeat(job_backends["default"], kind="worker")
    heartbeat.start()

    def claim():
        return job_backends["default"].claim(owner=heartbeat.owner, limit=9)

    yield claim
    heartbeat.stop()


@pytest.fixture
def faster_worker(claimed, monkeypatch):
    """Let a worker own all that is ready, from when a change is vetted until it is made."""
    vet = changing.vet

    def start():
        def vet_slowly(task):
            stored = vet(task)
            claimed()
            return stored

        monkeypatch.setattr(changing, "vet", vet_slowly)

    return start
