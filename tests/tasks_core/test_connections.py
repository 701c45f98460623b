"""What a job may leave of its thread's connections, and what the next one finds."""

import pytest
from django.db import connection, connections, transaction

from tasks_core.processes.connections import tidy_connections
from tests.app.models import Effect

pytestmark = pytest.mark.django_db(transaction=True)


def in_a_block():
    transaction.atomic().__enter__()


def without_autocommit():
    transaction.set_autocommit(False)


def behind_djangos_back():
    with connection.cursor() as cursor:
        cursor.execute("BEGIN")


def leave(begin):
    begin()
    Effect.objects.create(name="never committed")


@pytest.mark.parametrize("begin", [in_a_block, without_autocommit, behind_djangos_back])
def test_a_transaction_that_was_left_open_is_undone(begin):
    leave(begin)

    tidy_connections()

    Effect.objects.create(name="the next one's")
    assert list(Effect.objects.values_list("name", flat=True)) == ["the next one's"]
    assert not connections["default"].in_atomic_block
    assert connections["default"].get_autocommit()


def test_one_that_was_closed_is_opened_again():
    Effect.objects.exists()
    connection.connection.close()

    tidy_connections()

    assert not Effect.objects.exists()


def test_one_that_works_is_kept():
    Effect.objects.exists()
    kept = connections["default"].connection

    tidy_connections()
    Effect.objects.exists()

    assert connections["default"].connection is kept
