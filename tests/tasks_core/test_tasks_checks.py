"""What manage.py check says where JOBS and TASKS are joined, and without the framework."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core import checks

from tasks_core import job_backends
from tasks_core.exceptions import InvalidJobBackend
from tests.joined import BRIDGE as THEIRS
from tests.joined import OURS, TASKS, has_framework

ROOT = Path(__file__).parents[2]


with_framework = pytest.mark.skipif(not has_framework(), reason="there is no Tasks framework")


@pytest.fixture
def found(settings):
    """Return the messages about these settings by id."""

    settings.TASKS = TASKS

    def check(jobs=None, tasks=None):
        settings.JOBS = settings.JOBS | (jobs or {})
        settings.TASKS = settings.TASKS | (tasks or {})
        return {each.id: f"{each.msg} {each.hint}" for each in checks.run_checks(tags=["jobs"])}

    return check


@with_framework
def test_what_is_joined_rightly_is_no_news(found):
    jobs = {"there": {"BACKEND": THEIRS, "OPTIONS": {"alias": "dummy"}}}

    assert found(jobs, {"here": {"BACKEND": OURS, "OPTIONS": {"backend": "queue"}}}) == {}


@with_framework
def test_unknown_options(found):
    said = found({"there": {"BACKEND": THEIRS, "OPTIONS": {"aliass": "dummy"}}})
    assert "'there' in JOBS): unknown OPTIONS aliass" in said["tasks_core.E003"]

    said = found({"there": {"BACKEND": THEIRS}}, {"here": {"BACKEND": OURS, "OPTIONS": {"db": 1}}})
    assert "TASKS['here']: unknown OPTIONS db" in said["tasks_core.E003"]


@with_framework
def test_an_alias_that_tasks_does_not_have(found):
    said = found({"there": {"BACKEND": THEIRS, "OPTIONS": {"alias": "dumy"}}})

    assert "TASKS['dumy'] cannot be used" in said["tasks_core.E011"]
    assert "default, dummy, jobs, queue, redis" in said["tasks_core.E011"]


@with_framework
def test_an_alias_that_jobs_does_not_have(found):
    said = found(tasks={"here": {"BACKEND": OURS, "OPTIONS": {"backend": "qeue"}}})

    assert "TASKS['here']: JOBS has no backend 'qeue'. Set" in (said["tasks_core.E012"])


@with_framework
def test_jobs_that_would_go_round_in_circles(found):
    circle = {"there": {"BACKEND": THEIRS, "OPTIONS": {"alias": "here"}}}

    said = found(circle, {"here": {"BACKEND": OURS, "OPTIONS": {"backend": "there"}}})

    assert list(said) == ["tasks_core.E013"]
    assert "round in circles" in said["tasks_core.E013"]


@with_framework
def test_tasks_in_jobs_in_tasks(found):
    chain = {"there": {"BACKEND": THEIRS, "OPTIONS": {"alias": "dummy"}}}

    said = found(chain, {"here": {"BACKEND": OURS, "OPTIONS": {"backend": "there"}}})

    assert "Let TASKS['here'] be what TASKS['dummy'] is." in said["tasks_core.E013"]


@with_framework
def test_a_backend_of_jobs_that_leads_back_cannot_be_built(settings):
    settings.TASKS = TASKS
    settings.JOBS = {"there": {"BACKEND": THEIRS, "OPTIONS": {"alias": "jobs"}}}

    with pytest.raises(InvalidJobBackend, match="round in circles"):
        job_backends["there"]


ALONE = f"""
import importlib.util, sys
from importlib.abc import MetaPathFinder

class Nothing(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == "django_tasks" or name.startswith("django.tasks"):
            raise ModuleNotFoundError(name)

find = importlib.util.find_spec
importlib.util.find_spec = lambda name, *a: (
    None if name in ("django.tasks", "django_tasks") else find(name, *a)
)
sys.meta_path.insert(0, Nothing())
import django
from django.conf import settings
from django.core import checks

settings.configure(
    INSTALLED_APPS=["tasks_core"],
    USE_TZ=True,
    JOBS={{"default": {{"BACKEND": "{THEIRS}"}}}},
    TASKS={{"default": {{"BACKEND": "{OURS}"}}}},
)
django.setup()
for message in checks.run_checks(tags=["jobs"]):
    print(message.id, message.hint)
from tasks_core import job_backends
job_backends["default"]
"""


def test_without_a_framework_everything_says_what_to_install():
    ran = subprocess.run(
        [sys.executable, "-c", ALONE], cwd=ROOT, capture_output=True, text=True, check=False
    )

    lines = ran.stdout.splitlines()
    assert lines == ["tasks_core.E010 pip install django-tasks-core[django-tasks]"] * 2
    last = ran.stderr.strip().splitlines()[-1]
    assert last.startswith("tasks_core.exceptions.InvalidJobBackend: JOBS['default']: It needs the")
    assert "django-tasks-core[django-tasks]" in last


def test_nothing_of_the_framework_is_imported_unasked():
    told = (
        "import django, sys; django.setup(); from tasks_core import background; "
        "print(sorted(m for m in sys.modules if m.split('.')[0] in "
        "('django_tasks', 'django_tasks_db') or m == 'tasks_core.compat'))"
    )
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "tests.settings"}
    command, options = [sys.executable, "-c", told], {"capture_output": True, "text": True}
    done = subprocess.run(command, cwd=ROOT, env=environment, check=True, **options)

    assert done.stdout.strip() == "[]"
