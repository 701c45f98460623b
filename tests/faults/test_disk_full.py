"""
S11: the disk of the database is full for a while. What is refused is refused whole, and said in
a sentence; when there is space again, all that was due is made good.

A SQLite file, and a PostgreSQL server of the scenario's own, on a small file system in memory.
"""

import os
import shutil
import subprocess
from pathlib import Path
from threading import Event

import pytest
from django.db import connection

from scheduler.models import Schedule
from tasks_core.models import Job
from tests import services
from tests.faults.kit.havoc import Havoc
from tests.faults.kit.ledger import assert_balanced, audit
from tests.faults.kit.server import Server
from tests.faults.kit.tally import size
from tests.tasks_core.races import eventually

SECONDS = size(2, 60)  # that the disk is full
PROCESSES = 2
TRIES = 3  # of the control
SIZE = {"sqlite": "8m", "postgresql": "192m"}
BALLAST = 1 << 16  # bytes in one piece
SCENARIO = "S11 disk full"
FULL = ("database or disk is full", "No space left on device", "disk I/O error")

pytestmark = [
    pytest.mark.vendor("sqlite", "postgresql"),
    pytest.mark.django_db(transaction=True),
]


class Disk:
    """A file system of a few megabytes, which something else may fill."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ballast = folder / "ballast"
        folder.mkdir()
        mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE[connection.vendor]},mode=0755"]
        done = subprocess.run(
            [*mount, "tmpfs", folder], check=False, capture_output=True, text=True
        )
        if done.returncode:
            folder.rmdir()
            pytest.skip(f"Only root may mount a small file system: {done.stderr.strip()}.")

    def fill(self) -> None:
        with self.ballast.open("ab", buffering=0) as ballast:
            for piece in (BALLAST, 1024, 1):
                try:
                    while ballast.write(b"\0" * piece):
                        pass
                except OSError:
                    continue

    def free(self) -> None:
        self.ballast.unlink(missing_ok=True)

    def remove(self) -> None:
        subprocess.run(["umount", "-l", self.folder], check=True)
        self.folder.rmdir()


@pytest.fixture
def disk(tmp_path):
    disk = Disk(services.folder() / f"disk-{os.getpid()}")
    yield disk
    disk.free()
    disk.remove()


@pytest.fixture
def moved(disk, fast):
    """Move the test's database to the small disk; return how to start processes on it."""
    shared, servers = dict(connection.settings_dict), []
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM")  # what other tests have left in the file would fill it
    connection.close()
    if connection.vendor == "sqlite":
        here = Path(shared["NAME"])
        there = disk.folder / "database.sqlite3"
        for beside in ("", "-wal"):
            if (path := here.with_name(here.name + beside)).exists():
                shutil.copy(path, there.with_name(there.name + beside))
        place = {"NAME": str(there)}
    else:
        # Its log elsewhere: a server that cannot write it ends at once, and S4 restarts it.
        servers.append(Server(folder=disk.folder / "data", log_folder=services.folder() / "wal"))
        place = servers[0].settings
    connection.settings_dict.update(place)
    if servers:
        assert fast("migrate", **place).wait() == 0
    yield lambda *arguments: fast(*arguments, **place)
    connection.close()
    connection.settings_dict.update(shared)
    for server in servers:
        server.remove()


@pytest.fixture
def fill_it(disk, moved):
    """Let the disk be full while schedulers, or what is called one, are at work."""

    def run(command):
        assert moved("run_scheduler", "--once").wait() == 0
        work = Havoc(lambda: moved(command), number=PROCESSES)
        work.begin()
        before = Job.objects.count()
        eventually(lambda: Job.objects.count() > before)
        disk.fill()
        eventually(lambda: any(is_told(child) for child in work.processes))
        Event().wait(SECONDS)  # the fault's own time
        books_meanwhile = audit()
        disk.free()
        if command == "run_scheduler":
            before = Job.objects.count()
            eventually(lambda: Job.objects.count() > before)
            work.hear("schedules ")
            assert work.end() == [0] * PROCESSES
            assert moved("run_scheduler", "--once").wait() == 0
        for child in work.processes:
            child.end()
        return books_meanwhile, audit()

    return run


def is_told(child):
    return any(words in child.output for words in FULL)


def test_what_was_refused_is_made_good(fill_it, tally):
    meanwhile, books = fill_it("run_scheduler")

    tally.due(SCENARIO, f"full for {SECONDS} s", books)
    assert meanwhile.torn == []
    assert Schedule.objects.exclude(error="").count() == 0
    assert_balanced(books)


def test_two_steps_are_found_out(fill_it, tally):
    for _ in range(TRIES):  # some are told between two turns, where nothing is torn
        _, books = fill_it("run_two_steps")
        if books.lost or books.duplicate or books.torn:
            break

    wrong = f"{len(books.lost)} lost, {len(books.duplicate)} surplus, {len(books.torn)} torn"
    tally.control(SCENARIO, f"{wrong} of {books.due} due in two steps")
    with pytest.raises(AssertionError):
        assert_balanced(books)
