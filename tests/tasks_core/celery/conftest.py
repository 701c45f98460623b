"""An app of its own for each test, on a server in memory, with a worker in the test's thread."""

import pytest

from tasks_core import background, job_backends
from tasks_core.signals import job_settled, job_started, jobs_ended
from tests.tasks_core.celery import inline, project

BACKEND = "tasks_core.backends.celery.CeleryBackend"


class Place:
    """Where jobs go: the app, the front door, and what a worker does with them."""

    def __init__(self, app):
        self.app = app
        self.told = []  # (name of a signal, what it said)

    def enqueue(self, *args, **options):
        return background.on("celery").enqueue(*args, **options)

    def defer(self, *args, **options):
        return background.on("celery").defer(*args, **options)

    @property
    def backend(self):
        return job_backends["celery"]

    def run_all(self):
        inline.run_all(self.app)

    def messages(self):
        """Take every message that waits."""
        return inline.taken(self.app)

    def now(self, result):
        result.refresh()
        return result.status

    def signals(self):
        return [name for name, _ in self.told]

    def outcomes(self):
        return [type(said["outcome"]).__name__ for name, said in self.told if name == "settled"]

    def ends(self):
        return [end for name, said in self.told if name == "ended" for end in said["ends"]]

    def attempts(self):
        return [said["attempt"].number for name, said in self.told if name == "started"]


def configure(monkeypatch, settings, app):
    monkeypatch.setattr(project, "app", app)
    settings.JOBS = settings.JOBS | {
        "celery": {"BACKEND": BACKEND, "OPTIONS": {"app": project.PATH}}
    }


@pytest.fixture
def listening():
    """Hear what a place says: ``listening(place)``."""
    heard = []

    def hear(place):
        for name, signal in (
            ("started", job_started),
            ("settled", job_settled),
            ("ended", jobs_ended),
        ):

            def note(name=name, **said):
                place.told.append((name, said))

            signal.connect(note, weak=False)
            heard.append((signal, note))

    yield hear
    for signal, note in heard:
        signal.disconnect(note)


@pytest.fixture
def make_place(settings, monkeypatch, listening):
    def make(**options):
        app = project.make_app("memory://", **options)
        configure(monkeypatch, settings, app)
        place = Place(app)
        place.messages()  # what others left in memory
        listening(place)
        return place

    return make


@pytest.fixture
def place(make_place):
    return make_place(results="cache+memory://")


@pytest.fixture
def silent(make_place):
    """A place without a result backend."""
    return make_place()
