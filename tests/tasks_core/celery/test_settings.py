"""What is said about the app: by checks, by connections, and by nobody before it is needed."""

import json
import subprocess
import sys

import pytest
from django.core.checks import run_checks

from tasks_core import background, job_backends
from tasks_core.backends.celery import connecting, publishing, urgency
from tasks_core.exceptions import InvalidJobBackend
from tests.tasks_core.celery import project
from tests.tasks_core.celery.conftest import BACKEND, configure

AMQP, REDIS = "amqp://guest:guest@127.0.0.1:1//", "redis://127.0.0.1:1/0"
NO_APP = "tests.app.tasks.nothing"


def found(settings, **options):
    settings.JOBS = {"default": {"BACKEND": BACKEND, "OPTIONS": options}}
    return {each.id: each for each in run_checks(tags=["jobs"])}


def found_of(app, settings, monkeypatch):
    monkeypatch.setattr(project, "app", app)
    return set(found(settings, app=project.PATH))


class TestChecks:
    @pytest.mark.parametrize(
        ("options", "words"),
        [
            ({}, "must be the dotted path of a Celery app, not None"),
            ({"app": "nowhere.celery.app"}, "No module named 'nowhere'"),
            ({"app": NO_APP}, "is no Celery app"),
        ],
    )
    def test_an_app_that_is_none(self, settings, options, words):
        message = found(settings, **options)["tasks_core.E020"]

        assert words in message.msg
        assert 'OPTIONS = {"app": "project.celery.app"}' in message.hint

    def test_without_celery_the_extra_is_named(self, settings, monkeypatch):
        monkeypatch.setattr(connecting, "find_spec", lambda name: None)

        message = found(settings, app=project.PATH)["tasks_core.E020"]

        assert "pip install 'django-tasks-core[celery]'" in message.msg
        with pytest.raises(InvalidJobBackend, match="is not installed"):
            background.enqueue(NO_APP)

    def test_an_app_whose_workers_would_throw_jobs_away(self, settings, monkeypatch):
        from celery import Celery

        app = Celery("forgotten", broker=AMQP, set_as_current=False)

        assert "tasks_core.E021" in found_of(app, settings, monkeypatch)

    @pytest.mark.parametrize(
        ("broker", "why"), [("nowhere://", "nowhere"), ("azureservicebus://", "No module named")]
    )
    def test_a_broker_for_which_something_is_missing(self, settings, monkeypatch, broker, why):
        app = project.make_app(broker, results=REDIS)
        monkeypatch.setattr(project, "app", app)

        message = found(settings, app=project.PATH)["tasks_core.E020"]

        assert "The broker of the Celery app cannot be used" in message.msg
        assert why in message.msg
        with pytest.raises(InvalidJobBackend, match="cannot be used"):
            connecting.kind_of_server(app)

    def test_an_unknown_option(self, settings):
        assert "unknown OPTIONS 'ap'" in found(settings, ap=1)["tasks_core.E003"].msg

    def test_redis_without_a_visibility_timeout(self, settings, monkeypatch):
        short = project.make_app(REDIS, results=REDIS)
        told = project.make_app(
            REDIS, results=REDIS, broker_transport_options={"visibility_timeout": 86_400}
        )

        assert found_of(short, settings, monkeypatch) == {"tasks_core.W020"}
        assert found_of(told, settings, monkeypatch) == set()

    @pytest.mark.parametrize("results", [None, "rpc://"])
    def test_results_that_nobody_can_ask_for(self, settings, monkeypatch, results):
        app = project.make_app(AMQP, results=results)

        assert found_of(app, settings, monkeypatch) == {"tasks_core.W021"}

    def test_queues_without_priorities(self, settings, monkeypatch):
        app = project.make_app(AMQP, results=REDIS)
        app.conf.task_queue_max_priority = None

        assert found_of(app, settings, monkeypatch) == {"tasks_core.W022"}


class TestPriorities:
    @pytest.mark.parametrize(
        ("priority", "amqp", "redis"),
        [(100, 10, 0), (50, 8, 2), (0, 5, 5), (-50, 2, 7), (-100, 0, 9)],
    )
    def test_they_are_spread_over_the_levels_of_the_server(self, priority, amqp, redis):
        assert (urgency.for_amqp(priority), urgency.for_redis(priority)) == (amqp, redis)

    def test_a_more_urgent_one_is_never_behind(self):
        levels = [urgency.for_amqp(priority, 200) for priority in range(-100, 101)]

        assert levels == list(range(201))

    def test_a_queue_says_how_many_levels_it_has(self):
        from kombu import Queue

        app = project.make_app(AMQP)
        app.conf.task_queues = [Queue("fine", max_priority=50), Queue("plain")]
        app.conf.task_queue_max_priority = None

        assert [publishing.levels(app, name) for name in ("fine", "plain")] == [50, 10]


class TestConnections:
    def test_rabbitmq_must_confirm_whatever_the_app_says(self):
        app = project.make_app(AMQP, broker_transport_options={"confirm_publish": False})

        assert connecting.connection(app).transport_options["confirm_publish"] is True

    def test_the_app_may_have_more_patience(self):
        app = project.make_app(REDIS, broker_transport_options={"socket_timeout": 60})

        assert connecting.connection(app).transport_options["socket_timeout"] == 60


class TestLaziness:
    def test_settings_and_apps_load_no_celery(self):
        """Nor does anything connect: the path of the app leads nowhere."""
        code = (
            "import sys, django; django.setup(); "
            "from tasks_core import job_backends; job_backends['celery']; "
            "sys.exit(sorted({'celery', 'kombu'} & set(sys.modules)) or 0)"
        )
        jobs = {"celery": {"BACKEND": BACKEND, "OPTIONS": {"app": "no.where"}}}
        done = subprocess.run(
            [sys.executable, "-c", code],
            env={
                "DJANGO_SETTINGS_MODULE": "tests.settings",
                "TEST_EXTRA_SETTINGS": json.dumps({"JOBS": jobs}),
            },
            capture_output=True,
            text=True,
            check=False,
        )

        assert (done.returncode, done.stderr) == (0, "")

    def test_the_app_is_loaded_once(self, settings, monkeypatch):
        configure(monkeypatch, settings, project.make_app(AMQP))
        backend = job_backends["celery"]

        assert backend.app is backend.app is project.app
