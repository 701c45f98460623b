"""
S20: a deploy may bring a task late, rename it, or break a module: other jobs never notice.

A small project of its own, in a folder that the deploys of a test change.
"""

from datetime import datetime

import pytest

from tasks_core.models import Job
from tasks_core.states import JobState
from tests.faults.kit.havoc import Havoc
from tests.faults.kit.load import APPS, all_ended, ask
from tests.faults.kit.tally import EVERY, size
from tests.tasks_core.races import eventually
from tests.tasks_core.rows import make_job

HEALTHY = size(60, 2000)
STRANGE = size(10, 60)  # jobs of each strange kind
GRACE = size(1, 3)  # seconds

RELEASE = {
    "__init__.py": "",
    "ships.py": "def sail(number):\n    return number\n",
    "needy.py": "import nowhere\n\ndef run(number):\n    return number\n",
    "broken.py": "def run(number):\n    return number +\n",
    "rude.py": "raise RuntimeError('no settings')\n",
    "leaving.py": "import sys\nsys.exit(3)\n",
}
NEVER = ("gone.run", "ships.renamed", "needy.run", "broken.run", "rude.run", "leaving.run")
LATER = "later.run"

pytestmark = [
    pytest.mark.vendor(*size(("sqlite",), EVERY)),
    pytest.mark.django_db(transaction=True),
]


@pytest.fixture
def deploy(tmp_path):
    """Write files of the project."""

    def write(files):
        for name, text in files.items():
            path = tmp_path / "harbour" / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)

    write(RELEASE)
    return write


@pytest.fixture
def start(manage_process, tmp_path, deploy):
    """Start workers of the project, as it is now."""

    def starter(**tuning):
        settings = {
            "INSTALLED_APPS": [*APPS, "harbour"],
            "TASKS_CORE": {"POLL": 0.2, "BACKOFF": 0.1, "UNKNOWN_TASK_GRACE": GRACE} | tuning,
        }
        return manage_process(
            "run_worker", settings=settings, environment={"PYTHONPATH": str(tmp_path)}
        )

    return starter


def store(*names):
    for name in names:
        for number in range(STRANGE):
            make_job(task=f"harbour.{name}", args=[number], max_attempts=1, priority=number % 3)


def ends(*names):
    """Return the states and reasons of the jobs with these names."""
    found = Job.objects.filter(task__in=[f"harbour.{name}" for name in names])
    return set(found.values_list("state", "reason"))


def assert_all_succeeded(*names):
    assert ends(*names) == {(JobState.SUCCESSFUL, "")}


def waited(job):
    """Return for how many seconds workers went on not to know the task."""
    first, last = (datetime.fromisoformat(job.errors[at]["at"]) for at in (0, -1))
    return (last - first).total_seconds()


def test_what_no_release_brings_fails_after_the_grace_and_alone(start, tally):
    store(*NEVER, "ships.sail")
    ask(HEALTHY)
    workers = Havoc(start, number=2)

    workers.serve()
    eventually(lambda: ends("ships.sail") == {(JobState.SUCCESSFUL, "")})
    eventually(all_ended, seconds=60)

    strange = Job.objects.filter(task__in=[f"harbour.{name}" for name in NEVER])
    healthy = Job.objects.exclude(task__startswith="harbour.")
    lost = healthy.exclude(state=JobState.SUCCESSFUL).count()
    tally.row("S20 deploys", f"{HEALTHY} jobs beside {strange.count()} strange ones", lost=lost)
    assert workers.end() == [0, 0]
    assert lost == 0
    assert_all_succeeded("ships.sail")
    assert ends(*NEVER) == {(JobState.FAILED, "unknown task")}
    assert all(waited(job) >= GRACE for job in strange)


def test_what_the_next_release_brings_runs(start, deploy):
    store(LATER, "broken.run")
    old = start(UNKNOWN_TASK_GRACE=60)
    refused = Job.objects.filter(state=JobState.SCHEDULED).exclude(errors=[])
    eventually(lambda: refused.count() == 2 * STRANGE)

    deploy({"later.py": RELEASE["ships.py"].replace("sail", "run")})
    deploy({"broken.py": RELEASE["ships.py"].replace("sail", "run")})
    start(UNKNOWN_TASK_GRACE=60)
    old.stop()
    eventually(all_ended, seconds=60)

    assert_all_succeeded(LATER, "broken.run")
    assert set(Job.objects.values_list("attempts", flat=True)) == {1}


def test_without_grace_the_same_deploy_loses_jobs(start, deploy, tally):
    store(LATER)
    old = start(UNKNOWN_TASK_GRACE=0)
    eventually(all_ended)
    deploy({"later.py": RELEASE["ships.py"].replace("sail", "run")})
    old.stop()

    lost = Job.objects.filter(state=JobState.FAILED).count()
    tally.control("S20 deploys", f"{lost} lost of {STRANGE} without a grace")
    with pytest.raises(AssertionError):
        assert_all_succeeded(LATER)
    assert lost == STRANGE


def test_a_release_whose_tasks_cannot_be_imported_does_not_start_and_harms_nothing(start, deploy):
    deploy({"tasks.py": "def run(number):\n    return number +\n"})
    ask(STRANGE)

    broken = start()

    assert broken.wait() != 0
    assert "harbour/tasks.py" in broken.output
    assert set(Job.objects.values_list("state", "attempts")) == {(JobState.READY, 0)}
