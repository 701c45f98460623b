"""Real servers and real Celery workers: RabbitMQ where there is one, and Redis anywhere."""

import json
from datetime import timedelta

import pytest

from tasks_core import Call, JobState, background, clock, outbox
from tasks_core.backends.celery import connecting
from tasks_core.backends.celery.publishing import TASK
from tasks_core.models import Outbox
from tests.app.models import Effect
from tests.app.tasks import (
    explode_at_first,
    explode_once,
    hang,
    kill_its_process_at_first,
    leave_attempt,
    leave_effect,
    wait_for_file,
)
from tests.child import Child
from tests.faults.kit.network import Network
from tests.tasks_core.celery import project, servers
from tests.tasks_core.celery.conftest import BACKEND, Place, configure
from tests.tasks_core.races import eventually

pytestmark = pytest.mark.django_db(transaction=True)

once = pytest.mark.vendor("sqlite")  # what no other database could change
CELERY = {"celery": {"BACKEND": BACKEND, "OPTIONS": {"app": project.PATH}}}


class Real(Place):
    """The jobs of one server, in a queue of this run."""

    def __init__(self, app, server):
        super().__init__(app)
        self.server = server

    def enqueue(self, *args, **options):
        return super().enqueue(*args, queue=self.server.queue, **options)

    def defer(self, *args, **options):
        return super().defer(*args, queue=self.server.queue, **options)

    def ended(self, result):
        eventually(lambda: self.now(result) in JobState and result.is_finished)
        return result.status


def effects():
    return list(Effect.objects.order_by("pk").values_list("name", flat=True))


def attempts():
    payloads = Effect.objects.filter(name="attempt").order_by("pk")
    return [told["attempt"] for told in payloads.values_list("payload", flat=True)]


@pytest.fixture(scope="module", params=["amqp", "redis"])
def server(request):
    if why := servers.why_not(request.param):
        pytest.skip(why)
    found = servers.Server(request.param)
    yield found
    found.clean(made(found))


def made(server, **options):
    return project.make_app(
        server.url, results=server.results, name=server.name, **(server.options | options)
    )


@pytest.fixture
def real(server, settings, monkeypatch):
    app = made(server)
    configure(monkeypatch, settings, app)
    return Real(app, server)


@pytest.fixture(scope="module")
def shared(server, django_db_setup, tmp_path_factory):
    """One worker for all tests that do no harm to it."""
    from tests.conftest import of_child

    child = Child(
        server.arguments(),
        environment=of_child() | server.environment(),
        log=tmp_path_factory.mktemp("celery") / "worker.log",
        module="celery",
    )
    yield child
    child.end()


@pytest.fixture
def worker(shared, capsys):
    shared.wait_for(" ready.")
    began = len(shared.output)
    yield shared
    print(shared.output[began:])  # noqa: T201 - pytest shows it when the test has failed


class TestJobs:
    def test_a_worker_runs_it_and_tells_its_result(self, real, worker):
        result = real.enqueue(leave_effect, ["tea"], {"milk": True})

        assert real.ended(result) == JobState.SUCCESSFUL
        assert (result.return_value, result.attempts, effects()) == ("tea", 1, ["tea"])
        worker.wait_for(f"INFO job {result.id} ended in ")

    def test_it_fails_with_its_error(self, real, worker):
        result = real.enqueue(explode_once)

        assert real.ended(result) == JobState.FAILED
        assert (result.reason, result.errors[0].message) == ("error", "boom")

    def test_two_times_are_kept(self, real, worker):
        moments = [clock.now() + timedelta(seconds=seconds) for seconds in (1.5, 0.7)]
        for moment in moments:
            real.defer(leave_effect, [str(moment)], when=moment)

        eventually(lambda: len(effects()) == 2)

        assert effects() == [str(moment) for moment in sorted(moments)]
        begun = list(Effect.objects.order_by("pk").values_list("at", flat=True))
        assert [at >= moment for at, moment in zip(begun, sorted(moments), strict=True)] == [
            True,
            True,
        ]

    def test_a_failed_one_is_tried_again(self, real, worker):
        result = real.enqueue(explode_at_first)

        assert real.ended(result) == JobState.SUCCESSFUL
        assert (result.return_value, len(result.errors)) == (2, 1)

    def test_the_more_urgent_goes_first(self, real, worker, tmp_path):
        go_on = tmp_path / "go on"
        real.enqueue(wait_for_file, ["first", str(go_on)])
        eventually(lambda: effects() == ["first"])
        for name, priority in (("normal", 0), ("low", -100), ("high", 100)):
            real.enqueue(leave_effect, [name], priority=priority)
        go_on.touch()

        eventually(lambda: len(effects()) == 4)
        assert effects() == ["first", "high", "normal", "low"]

    def test_a_cancelled_one_never_runs(self, real, worker, tmp_path):
        go_on = tmp_path / "go on"
        real.enqueue(wait_for_file, ["first", str(go_on)])
        eventually(lambda: effects() == ["first"])
        result = real.enqueue(leave_effect, ["cancelled"])

        real.backend.cancel([result.id])
        go_on.touch()

        assert real.ended(result) == JobState.CANCELLED
        last = real.enqueue(leave_effect, ["last"])
        assert real.ended(last) == JobState.SUCCESSFUL
        assert effects() == ["first", "last"]

    def test_a_forged_message_does_no_harm(self, real, worker):
        forged = json.dumps({"task": "os.system", "args": ["true"]})
        real.app.send_task(TASK, args=[forged, "0" * 32], queue=real.server.queue)

        worker.wait_for("was not sealed by this project")
        assert real.ended(real.enqueue(leave_effect, ["tea"])) == JobState.SUCCESSFUL


@once
class TestTimeLimits:
    def test_over_its_time_it_is_told_to_stop(self, real, worker):
        result = real.enqueue(hang, timeout=0.5)

        assert real.ended(result) == JobState.FAILED
        assert result.reason == "timeout"
        assert "TimeLimitExceeded" in result.errors[0].exception

    def test_one_that_does_not_listen_is_ended(self, real, worker, settings):
        settings.TASKS_CORE = {"TELL_GRACE": 0.5}
        result = real.enqueue(hang, kwargs={"deaf": True}, timeout=0.5)

        assert real.ended(result) == JobState.FAILED
        assert (result.reason, effects()) == ("lost", ["hang"])


@once
class TestDeaths:
    def test_a_job_whose_process_died_runs_again_and_is_counted(self, real, worker):
        result = real.enqueue(kill_its_process_at_first)

        assert real.ended(result) == JobState.SUCCESSFUL
        assert (result.return_value, result.attempts, attempts()) == (2, 2, [1, 2])

    def test_a_worker_that_is_killed_loses_no_job(self, lonely):
        real, start = lonely
        first = start()
        real.enqueue(leave_attempt, kwargs={"at_first": 600})
        eventually(lambda: attempts() == [1])
        first.kill()

        second = start()
        eventually(lambda: attempts() == [1, 2])
        second.wait_for("ended in ")

    def test_the_control_that_acknowledges_early_loses_it(self, lonely):
        real, start = lonely
        first = start(TEST_CELERY_EARLY="1")
        real.enqueue(leave_attempt, kwargs={"at_first": 600})
        eventually(lambda: attempts() == [1])
        first.kill()

        start(TEST_CELERY_EARLY="1")
        real.enqueue(leave_effect, ["after"])
        eventually(lambda: "after" in effects())

        assert attempts() == [1]


@pytest.fixture
def lonely(settings, monkeypatch, manage_process):
    """A place on RabbitMQ, which misses a dead worker at once, and workers that may be killed."""
    if why := servers.why_not("amqp"):
        pytest.skip(why)
    server = servers.Server("amqp")
    app = made(server)
    configure(monkeypatch, settings, app)

    children = []

    def start(**variables):
        environment = server.environment() | variables
        children.append(
            manage_process(*server.arguments(), environment=environment, module="celery")
        )
        children[-1].wait_for(" ready.")
        return children[-1]

    yield Real(app, server), start
    for child in children:
        child.end()  # or it would make its queue anew
    server.clean(app)


class TestSchedules:
    def test_each_due_time_becomes_a_job_whose_end_is_noted(self, real, worker, manage_process):
        from scheduler.models import Occurrence

        tea = {
            "task": "tests.app.tasks.leave_effect",
            "args": ["tea"],
            "every": 1,
            "overlap": "allow",
            "backend": "celery",
            "queue": real.server.queue,
        }
        process = manage_process(
            "run_scheduler",
            environment=real.server.environment(),
            settings={"JOBS": CELERY, "SCHEDULE": {"tea": tea}},
        )

        ended = Occurrence.objects.filter(job_state="successful")
        eventually(lambda: ended.count() >= 2)
        assert process.stop() == 0
        Outbox.objects.update(try_at=clock.now() - timedelta(minutes=1))
        outbox.sweep()  # what was due when it stopped
        jobs = Occurrence.objects.filter(outcome="enqueued").count()
        eventually(lambda: ended.count() == jobs)
        assert len(effects()) == jobs


@once
class TestOutages:
    @pytest.fixture
    def behind(self, settings, monkeypatch):
        """A place behind a network that can fall silent."""
        if why := servers.why_not("amqp"):
            pytest.skip(why)
        server = servers.Server("amqp")
        direct = made(server)
        with direct.connection_for_write() as link:
            network = Network((link.hostname, link.port or 5672))
            userid, password = link.userid, link.password
        monkeypatch.setattr(connecting, "SILENCE", 1.0)
        monkeypatch.setitem(
            connecting.SILENCES, "amqp", {"read_timeout": 1.0, "write_timeout": 1.0}
        )
        server.url = f"amqp://{userid}:{password}@127.0.0.1:{network.port}//"
        app = made(server, broker_connection_timeout=1)
        configure(monkeypatch, settings, app)
        yield Real(app, server), network
        network.close()
        server.clean(direct)

    def test_a_server_that_says_nothing_is_not_waited_for_long(self, behind):
        real, network = behind
        real.enqueue(leave_effect, ["before"])
        network.fall_silent()

        began = clock.monotonic()
        with pytest.raises(Exception, match=r"time|Timeout"):
            real.enqueue(leave_effect, ["tea"])

        assert clock.monotonic() - began < 30

    def test_a_connection_that_ended_unnoticed_is_made_anew(self, behind):
        real, network = behind
        real.enqueue(leave_effect, ["before"])
        network.heal()  # ends what is open

        assert real.enqueue(leave_effect, ["after"]).status == JobState.READY

    def test_a_durable_call_waits_until_it_is_back(self, behind):
        real, network = behind
        network.fall_silent()
        results = background.on("celery").enqueue_many(
            [Call(leave_effect, [name], queue=real.server.queue, durable=True) for name in "ab"]
        )
        assert Outbox.objects.count() == 2

        network.heal()
        Outbox.objects.update(try_at=clock.now() - timedelta(minutes=1))
        assert outbox.sweep() == 2

        with real.app.connection_for_read() as link:
            queue = real.app.amqp.queues[real.server.queue](link.default_channel)
            found = [queue.get(no_ack=True).headers["id"] for _ in results]
        assert sorted(found) == sorted(str(result.id) for result in results)
        assert not Outbox.objects.exists()

    def test_nobody_listens(self, settings, monkeypatch):
        configure(monkeypatch, settings, project.make_app("amqp://guest:guest@127.0.0.1:1//"))

        began = clock.monotonic()
        with pytest.raises(Exception, match="refused"):
            background.on("celery").enqueue(leave_effect, ["tea"])

        assert clock.monotonic() - began < 20
