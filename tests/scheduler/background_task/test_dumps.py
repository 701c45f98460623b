"""What the guide says of dumps: without the views, whose rows nothing can load, all is there."""

import re
from pathlib import Path

import pytest
from django.core.management import call_command

from scheduler.contrib.background_task.models import Task
from scheduler.models import Schedule
from tasks_core.models import Job
from tests.scheduler.background_task.places import legacy_note

GUIDE = Path(__file__).parents[3] / "docs/howto/migrate/django-background-tasks.md"
OURS = ("tasks_core", "tasks_scheduler", "tasks_background_task")


@pytest.mark.django_db
def test_a_dump_is_loaded_again(tmp_path):
    legacy_note(1, verbose_name="One")
    legacy_note(2, repeat=Task.DAILY, verbose_name="Daily", schedule=3600)
    [row] = [line for line in GUIDE.read_text().splitlines() if "`dumpdata`" in line]
    dump = tmp_path / "dump.json"
    called = {"output": str(dump), "verbosity": 0}

    call_command("dumpdata", *OURS, exclude=re.findall(r"--exclude ([\w.]+)", row), **called)
    Job.objects.all().delete()
    Schedule.objects.all().delete()
    assert not Task.objects.exists()
    call_command("loaddata", str(dump), verbosity=0)

    found = Task.objects.order_by("run_at").values_list("verbose_name", "repeat")
    assert list(found) == [("One", Task.NEVER), ("Daily", Task.DAILY)]
