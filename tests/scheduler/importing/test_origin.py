"""Whatever is wrong with what --app names, a sentence says so and what helps."""

import sys

import pytest

from scheduler.exceptions import OperationRefused
from scheduler.importing.sources import read
from tests.scheduler.importing.places import origin

nothing = object()


def wants(more):
    return more


def breaks():
    raise RuntimeError("no broker today")


class Broken:
    """It has what each of them is asked for first, and no more."""

    finalize = get_jobs = _registry = staticmethod(breaks)


broken = Broken()


@pytest.fixture
def module(tmp_path, monkeypatch):
    """Write a module that can be imported, and forget it afterwards."""
    monkeypatch.syspath_prepend(tmp_path)

    def module(text):
        (tmp_path / "imported_clock.py").write_text(text)
        return "imported_clock"

    yield module
    sys.modules.pop("imported_clock", None)


def refusal(source, app):
    with pytest.raises(OperationRefused) as refused:
        read(source, origin(app=app))
    return str(refused.value)


@pytest.mark.parametrize("source", ["celery", "apscheduler"])
@pytest.mark.parametrize(
    ("app", "told"),
    [
        ("", "--app names a module and an object: --app proj."),
        ("proj.celery", "--app names a module and an object, not 'proj.celery'"),
        ("nowhere.celery:app", "--app nowhere.celery cannot be found: No module named 'nowhere'"),
        (f"{__name__}:nobody", f"cannot be found: {__name__} has none."),
        (f"{__name__}:wants", "is a function that wants arguments (missing a required argument"),
        (f"{__name__}:breaks", "cannot be called: RuntimeError: no broker today."),
    ],
)
def test_what_cannot_be_found_or_called(source, app, told):
    assert told in refusal(source, app)


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("celery", "is an object, and not a Celery app. Name one, or a function that returns it"),
        ("huey", "is an object, and not a huey. Name one"),
        ("apscheduler", "is an object, and not a scheduler of APScheduler 3. Name one"),
    ],
)
def test_what_is_something_else(source, told):
    assert told in refusal(source, f"{__name__}:nothing")


@pytest.mark.parametrize("source", ["celery", "huey", "apscheduler"])
def test_what_breaks_when_it_is_asked(source):
    told = refusal(source, f"{__name__}:broken")

    assert told.startswith(f"What {source} holds cannot be read: ")
    assert "--traceback shows where." in told


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("import of_another_machine", "ModuleNotFoundError: No module named 'of_another_machine'"),
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("def", "SyntaxError"),
        ("raise SystemExit(3)", "SystemExit: 3"),
    ],
)
def test_a_module_that_cannot_be_imported(module, text, told):
    said = refusal("apscheduler", f"{module(text)}:clock")

    assert "--app imported_clock:clock cannot be imported" in said
    assert told in said
    assert "Install here, too, what it needs" in said


def test_a_celery_app_whose_settings_cannot_be_found(module):
    """They are looked for when it is asked for the first time."""
    name = module(
        "from celery import Celery\n"
        'app = Celery("x", set_as_current=False)\n'
        'app.config_from_object("of_another.machine")\n'
    )

    assert "No module named 'of_another'" in refusal("celery", f"{name}:app")


def test_djangos_huey_without_its_storage(monkeypatch, settings):
    monkeypatch.setitem(sys.modules, "huey.contrib.djhuey", None)

    assert "--app huey.contrib.djhuey" in refusal("huey", "")


def test_an_entry_of_celerys_that_is_none(module):
    name = module(
        "from celery import Celery\n"
        'app = Celery("x", set_as_current=False)\n'
        'app.conf.beat_schedule = {"a": {"schedule": 3}, "b": {"task": "b", "schedule": 3,'
        ' "args": 7}, " ": {"task": "c", "schedule": 3}}\n'
    )

    found = read("celery", origin(app=f"{name}:app")).schedules

    assert "names no task, or no schedule" in found[0].refusal
    assert found[1].refusal == "It cannot be read: TypeError: 'int' object is not iterable"
    assert (found[2].key, found[2].refusal) == ("c", "")
