"""The migrations say what the models say, and can be taken back."""

import pytest
from django.core.management import call_command
from django.db import connection

from scheduler.models import Schedule


@pytest.mark.django_db
def test_nothing_is_left_to_migrate():
    call_command("makemigrations", "tasks_scheduler", check=True, dry_run=True, verbosity=0)


@pytest.mark.django_db(transaction=True)
def test_they_are_reversible():
    call_command("migrate", "tasks_scheduler", "zero", verbosity=0)
    assert Schedule._meta.db_table not in connection.introspection.table_names()

    call_command("migrate", verbosity=0)  # and what refers to them
    assert Schedule.objects.count() == 0
