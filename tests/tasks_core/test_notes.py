"""What a worker notes for its supervisor, and what can be read of it afterwards."""

import mmap
import os
import signal
import subprocess
import sys
from uuid import UUID, uuid4

import pytest

from tasks_core import clock
from tasks_core.processes.supervisor import records
from tasks_core.processes.worker.notes import NoNotes, Notes
from tests.tasks_core.races import together

WRITER = """
import mmap, sys
from uuid import UUID
from tasks_core.processes.worker.notes import Notes

notes = Notes(mmap.mmap(int(sys.argv[1]), 0))
notes.own(UUID(int=7))
for number in range(1, 6):
    notes.start(UUID(int=number), number, deadline=90.0 + number)
notes.forget(UUID(int=2), 2)
print("written", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def notes():
    return Notes(mmap.mmap(-1, records.SIZE))


def ids(notes):
    return sorted(each.job_id.int for each in notes.read().started)


def test_what_is_started_and_not_forgotten_is_read(notes):
    first, second = uuid4(), uuid4()
    before = clock.monotonic()

    notes.start(first, 3, deadline=100.5, task="shop.tasks.brew")
    notes.start(second, 1)
    notes.forget(second, 1)

    [found] = notes.read().started
    assert (found.job_id, found.fence, found.deadline, found.reason) == (first, 3, 100.5, "")
    assert found.task == "shop.tasks.brew"
    assert before <= found.started <= clock.monotonic()


@pytest.mark.parametrize("name", ["", "a" * 300 + ".brew", "é" * 300])
def test_of_a_very_long_name_the_end_is_noted(notes, name):
    notes.start(uuid4(), 1, task=name)

    [found] = notes.read().started
    assert found.task.isprintable()
    assert name.endswith(found.task)
    assert len(found.task.encode()) == min(len(name.encode()), records.MAX_NAME)


def test_two_attempts_of_one_job_are_two(notes):
    job = uuid4()
    notes.start(job, 1)
    notes.start(job, 2)

    notes.forget(job, 1)

    assert [each.fence for each in notes.read().started] == [2]


def test_a_job_that_never_started_is_forgotten_in_silence(notes):
    notes.forget(uuid4(), 1)
    notes.tell(uuid4(), 1, "timeout")

    assert notes.read().started == []


@pytest.mark.parametrize("reason", ["timeout", "cancelled"])
def test_it_says_why_a_job_was_told_to_stop(notes, reason):
    job = uuid4()
    notes.start(job, 1)
    notes.tell(job, 1, reason)
    assert [each.reason for each in notes.read().started] == [reason]

    notes.forget(job, 1)
    notes.start(job, 2)

    assert [each.reason for each in notes.read().started] == [""]


def test_a_place_is_used_again(notes):
    for number in range(records.MAX_RECORDS * 2):
        notes.start(UUID(int=number), 1)
        notes.forget(UUID(int=number), 1)

    notes.start(UUID(int=5), 1)

    assert ids(notes) == [5]
    assert notes.read().unnoted == 0


def test_it_says_so_when_there_is_no_room_left(notes):
    for number in range(records.MAX_RECORDS + 2):
        notes.start(UUID(int=number), 1)
    assert notes.read().unnoted == 2

    notes.forget(UUID(int=records.MAX_RECORDS), 1)
    notes.forget(UUID(int=records.MAX_RECORDS + 1), 1)

    assert notes.read().unnoted == 0
    assert len(ids(notes)) == records.MAX_RECORDS


def test_every_id_under_which_jobs_are_owned_is_kept(notes):
    owners = [uuid4() for _ in range(records.MAX_OWNERS + 1)]

    for owner in owners:
        notes.own(owner)

    assert set(notes.read().owners) == set(owners[1:])


def test_its_state_and_its_pulse(notes):
    assert (notes.read().beat, notes.read().state) == (0.0, records.STARTING)
    before = clock.monotonic()

    notes.beat()
    notes.touch()
    notes.serve()
    notes.bury(4)

    found = notes.read()
    assert before <= found.beat <= found.healthy <= clock.monotonic()
    assert (found.state, found.buried) == (records.SERVING, 4)
    notes.leave()
    assert notes.read().state == records.LEAVING


def test_threads_do_not_take_each_others_places(notes):
    def work(thread):
        for number in range(2000):
            job = UUID(int=thread * 10_000 + number)
            notes.start(job, 1)
            if number:
                notes.forget(job, 1)

    together(8, work)

    assert ids(notes) == [thread * 10_000 for thread in range(8)]


def test_they_survive_a_kill():
    number = os.memfd_create("notes")
    os.ftruncate(number, records.SIZE)
    command = [sys.executable, "-c", WRITER, str(number)]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, pass_fds=[number]
    )
    assert process.stdout.readline() == b"written\n"

    process.kill()
    process.communicate()

    assert process.returncode == -signal.SIGKILL
    with mmap.mmap(number, 0) as memory:
        found = records.read(memory)
    os.close(number)
    assert found.owners == [UUID(int=7)]
    assert sorted(each.job_id.int for each in found.started) == [1, 3, 4, 5]


def test_a_worker_of_its_own_notes_nothing():
    notes = NoNotes()

    notes.own(uuid4())
    notes.start(uuid4(), 1)
    notes.beat()

    assert notes.read() == records.Contents()
    assert {name for name in vars(Notes) if not name.startswith("_")} == {
        name for name in vars(NoNotes) if not name.startswith("_")
    }
