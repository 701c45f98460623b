"""Who waits for writes to a file hears of them, and of nothing else."""

import sys
from threading import Timer

import pytest

from tasks_core.backends.database.wakeup.inotify import Written

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has inotify")
SOON, AT_ONCE = 20.0, 0.01  # seconds


@pytest.fixture
def file(tmp_path):
    (tmp_path / "tea").write_text("")
    return tmp_path / "tea"


@pytest.fixture
def written(file):
    written = Written([str(file)])
    yield written
    written.close()


def test_a_write_ends_the_wait(file, written):
    Timer(AT_ONCE, file.write_text, ["milk"]).start()

    assert written.wait(SOON)


def test_a_write_before_the_wait_is_heard_once(file, written):
    file.write_text("milk")
    file.write_text("sugar")

    assert written.wait(SOON)
    assert not written.wait(AT_ONCE)


def test_to_read_or_to_write_elsewhere_is_nothing(file, written):
    file.read_text()
    file.with_name("coffee").write_text("milk")

    assert not written.wait(AT_ONCE)


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError):
        Written([str(tmp_path / "gone")])
