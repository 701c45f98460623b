"""Rows by the hundred thousand: a few that Django makes, copied by the database itself."""

from django.db import connection

from tasks_core.models import Job
from tests.tasks_core.rows import fields_of

SEEDS = 1000
NEW_ID = {
    "sqlite": "lower(hex(randomblob(16)))",
    "postgresql": "gen_random_uuid()",
    "mysql": "replace(uuid(), '-', '')",
}


def multiply(count, state, **fields):
    """Store ``count`` jobs in ``state``, whose times are a second apart for each seed."""
    seeds = [Job(**fields_of(state) | _spread(number, fields)) for number in range(SEEDS)]
    Job.rows.bulk_create(seeds, batch_size=500)
    columns = [f.column for f in Job._meta.concrete_fields if f.column != "id"]
    names = ", ".join(connection.ops.quote_name(column) for column in columns)
    new_id = NEW_ID[connection.vendor]
    if connection.vendor == "mysql" and connection.features.has_native_uuid_field:
        new_id = "uuid()"
    stored = SEEDS
    with connection.cursor() as cursor:
        while stored < count:
            some = min(stored, count - stored)
            cursor.execute(
                f"INSERT INTO tasks_core_job (id, {names}) SELECT {new_id}, {names} "
                "FROM tasks_core_job WHERE state = %s LIMIT %s",
                [state, some],
            )
            stored += some


def analyze():
    table = "TABLE tasks_core_job" if connection.vendor == "mysql" else "tasks_core_job"
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {table}")


def _spread(number, fields):
    return {name: value(number) if callable(value) else value for name, value in fields.items()}
