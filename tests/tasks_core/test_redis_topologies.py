"""A cluster, and a master that another takes the place of: jobs are kept, handed out and run."""

import threading

import pytest
import redis
from redis.sentinel import Sentinel

from tasks_core import JobState, background, job_backends
from tasks_core.processes.worker import Worker
from tasks_core.testing import drain
from tests.app.tasks import nothing
from tests.tasks_core.races import eventually
from tests.tasks_core.topologies import NAME, asked, cluster, node, watched

pytestmark = pytest.mark.django_db

PATIENCE = 30.0  # seconds


@pytest.fixture
def served_by(settings):
    """Configure a backend of which this function makes the client; return it."""

    def configure(client):
        name = "tasks_core.backends.redis.RedisBackend"
        options = {"client": client, "on_commit": False}
        settings.JOBS = {"default": {"BACKEND": name, "OPTIONS": options}}
        return job_backends["default"]

    return configure


def run_one_waiting(backend):
    """Let a worker wait, hand it a job, and return the job when it has ended."""
    worker = Worker(backend)
    thread = threading.Thread(target=worker.run)
    thread.start()
    try:
        idle = backend.place.key("idle")
        eventually(lambda: backend.place.client.zcard(idle) == 1, seconds=PATIENCE)
        result = background.enqueue(nothing)
        eventually(lambda: _is_finished(result), seconds=PATIENCE)
        return result
    finally:
        worker.stop()
        thread.join(PATIENCE)


def _is_finished(result):
    result.refresh()
    return result.is_finished


def test_in_a_cluster_all_keys_are_on_one_node(served_by, tmp_path):
    with cluster(tmp_path) as ports:
        backend = served_by(lambda: redis.RedisCluster(host="127.0.0.1", port=ports[0]))

        result = background.enqueue(nothing, key="tea", concurrency=("tea", 1))
        [(attempt, _)] = drain()
        result.refresh()
        assert (attempt.job_id, result.status) == (result.id, JobState.SUCCESSFUL)

        assert run_one_waiting(backend).status == JobState.SUCCESSFUL
        assert sorted(map(_keys, ports))[:2] == [0, 0]


def test_when_a_sentinel_makes_the_replica_master_work_goes_on(served_by, tmp_path):
    with watched(tmp_path) as (master, replica, port):
        sentinel = Sentinel([("127.0.0.1", port)])
        backend = served_by(lambda: sentinel.master_for(NAME, socket_timeout=5))
        before = background.enqueue(nothing)
        with asked(replica) as successor, asked(port) as watcher, asked(master) as old:
            eventually(lambda: successor.exists(backend.place.key("job", before.id.hex)))
            watcher.execute_command("SENTINEL", "FAILOVER", NAME)
            eventually(
                lambda: watcher.sentinel_get_master_addr_by_name(NAME)[1] == replica,
                seconds=PATIENCE,
            )
            old.shutdown(nosave=True)
        after = background.enqueue(nothing)

        assert [attempt.job_id for attempt, _ in drain()] == [before.id, after.id]
        assert run_one_waiting(backend).status == JobState.SUCCESSFUL


def test_the_tests_know_a_cluster_that_is_not_whole(tmp_path):
    refusal = pytest.raises(redis.exceptions.ResponseError, match=r"CLUSTERDOWN|Hash slot not")
    with node(tmp_path) as (port, _), asked(port) as client, refusal:
        client.set("{tasks}:x", "1")


def _keys(port):
    with asked(port) as client:
        return client.dbsize()
