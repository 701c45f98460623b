"""A database that is away or not migrated is told in a sentence that names the cure."""

import logging

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import IntegrityError, OperationalError, connection

from tasks_core.models import Queue
from tasks_core.processes.output import log_failure
from tasks_core.troubles import in_words

AWAY = OperationalError("connection refused\n\tIs the server running?")


@pytest.fixture
def unmigrated(transactional_db):
    """Take a table and a column away for a test."""
    table = Queue._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} RENAME TO hidden")
    yield
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE hidden RENAME TO {table}")


def logged(error, caplog):
    try:
        raise error
    except type(error):
        log_failure("%s failed", "worker")
    [record] = caplog.records
    return record


@pytest.mark.parametrize("verb", [["stats"], ["pause", "mail"], ["doctor", "--format", "json"]])
def test_a_command_without_its_tables_names_the_cure(unmigrated, verb):
    with pytest.raises(CommandError, match=r"^Tables are missing .*manage\.py migrate\b"):
        call_command("jobs", *verb)


def test_a_worker_without_its_tables_names_the_cure(unmigrated, caplog):
    with pytest.raises(CommandError, match="migrate"):
        call_command("run_worker", "--once")


def test_a_database_that_is_away_is_one_line():
    words = in_words(AWAY)

    assert words == "the database cannot be used: connection refused Is the server running?"


@pytest.mark.parametrize("error", [IntegrityError("x"), ValueError("no such table")])
def test_of_anything_else_a_traceback_says_more(error, caplog):
    assert in_words(error) is None
    assert logged(error, caplog).exc_info


def test_an_outage_is_logged_without_a_traceback(caplog):
    record = logged(AWAY, caplog)

    assert not record.exc_info
    assert record.getMessage().startswith("worker failed: the database cannot be used: ")


def test_the_level_debug_brings_the_traceback(caplog):
    with caplog.at_level(logging.DEBUG, "tasks_core"):
        assert logged(AWAY, caplog).exc_info


@pytest.mark.parametrize("command", ["run_worker", "run_scheduler"])
@pytest.mark.parametrize("place", ["missing/health", ""])
def test_a_health_file_that_cannot_be_is_refused_at_once(command, place, tmp_path):
    with pytest.raises(CommandError, match="no file in a folder that exists"):
        call_command(command, "--once", "--health-file", str(tmp_path / place))
