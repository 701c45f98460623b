"""The demo shows what it promises, says so, and says so when it does not."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import urllib.request
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from django.db import connection

from tests import services
from tests.settings import RUN


def test_everything_that_was_due_happened(demo):
    child = demo("--seconds", "12")

    status = child.wait()

    assert "Everything that was due happened." in child.output
    assert status == 0, child.output


def test_whatever_fails_is_named_and_fails_the_demo(demo):
    # A schedule whose task raises, and jobs of no schedule that cannot reach their storage.
    child = demo("--seconds", "15", BREAK_PULSE="1", REMOTE_STORAGE_OPTIONS='{"nonsense": 1}')

    status = child.wait()

    assert status == 1
    assert "✗ pulse, due at" in child.output
    assert "BREAK_PULSE asks this task to fail." in child.output
    assert "✗ pictures: move_to_remote, First light, small: its job is" in child.output
    assert "unexpected keyword argument 'nonsense'" in child.output


def test_one_interrupt_ends_every_process_without_a_traceback(demo, free_port, tmp_path):
    child = demo()
    child.wait_for("Ctrl-C stops everything.")
    child.wait_for("synchronised")
    child.wait_for("worker │ worker")

    child.send_signal(signal.SIGINT)

    assert child.wait() == 0
    assert "Traceback" not in child.output
    with closing(sqlite3.connect(tmp_path / "var" / "site.sqlite3")) as database:
        living = "SELECT kind FROM tasks_core_process WHERE stopped_at IS NULL"
        assert database.execute(living).fetchall() == []
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(f"http://127.0.0.1:{free_port}/")


def test_a_process_that_dies_ends_the_demo(demo):
    child = demo("--seconds", "60")
    child.wait_for("worker │ worker")
    worker = Path(f"/proc/{child.pid}/task/{child.pid}/children").read_text().split()[0]

    os.kill(int(worker), signal.SIGKILL)

    assert child.wait() == 1
    assert "The process 'worker' ended by itself" in child.output


def test_a_port_that_is_taken_is_refused_in_a_sentence(manage, free_port):
    with socket.socket() as other:
        other.bind(("127.0.0.1", free_port))
        other.listen()

        child = manage("demo", "--port", str(free_port))

        assert child.wait() == 1
    assert f"Port {free_port} is taken" in child.output
    assert "Traceback" not in child.output


def test_without_debug_there_is_no_demo(manage):
    child = manage("demo", DEBUG="false", SECRET_KEY="long and random")

    assert child.wait() == 1
    assert "only with DEBUG" in child.output


def test_the_own_tests_of_the_site_pass(manage):
    child = manage("test", "publishing", "contact", "pictures", "housekeeping", "frontpage")

    assert child.wait() == 0, child.output


@pytest.fixture
def postgres_address():
    """Return the URL of an empty database."""
    name = f"lighthouse_{RUN}"
    server = services.postgres_url()
    with psycopg.connect(server, autocommit=True) as control:
        control.execute(f"CREATE DATABASE {name}")
        yield f"{server.rpartition('/')[0]}/{name}"
        control.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.mark.every_database
@pytest.mark.vendor("postgresql")
def test_it_runs_on_postgresql_and_with_redis_as_cache(demo, postgres_address):
    assert connection.vendor == "postgresql"
    child = demo(
        "--seconds", "9", "--fresh", DATABASE_URL=postgres_address, REDIS_URL=services.redis_url()
    )

    status = child.wait()

    assert "Everything that was due happened." in child.output
    assert status == 0, child.output
