"""
S19: what may be stored is the same on every backend, and comes back as it was.

The control asks the stores themselves, without our rules: each draws the line elsewhere.
"""

import json
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from uuid import UUID

import pytest
from django.db import transaction
from django.utils.translation import gettext_lazy

from tasks_core import background
from tasks_core.exceptions import InvalidCall
from tasks_core.models import Job
from tasks_core.payloads import MAX_BYTES, MAX_DEPTH
from tasks_core.states import JobState
from tests.tasks_core.rows import fields_of

ROOM = MAX_BYTES - len('[""]')
BACKENDS = ("default", "queue", "immediate", "dummy")

pytestmark = pytest.mark.django_db(databases=["default", "queue"])


def nested(levels):
    value = 0
    for _ in range(levels):
        value = [value]
    return value


# The outermost list is that of the arguments itself.
ACCEPTED = {
    "limit - 1": "x" * (ROOM - 1),
    "limit": "x" * ROOM,
    "limit in bytes": "é" * (ROOM // 2),
    "depth 30": nested(MAX_DEPTH - 1),
    "64 bits": [2**64 - 1, -(2**63)],
    "text": '\u2028 é \U0001f375 \x01 \\ "',
    "number": [0.1, 1e-7, True, None],
}
REFUSED = {
    "limit + 1": "x" * (ROOM + 1),
    "limit + 1 in bytes": "é" * (ROOM // 2 + 1),
    "depth 31": nested(MAX_DEPTH),
    "depth 1,000": nested(1000),
    "depth 100,000": nested(100_000),
    "NUL": "a\0b",
    "NUL in a key": {"a\0b": 1},
    "surrogate": "\ud800",
    "NaN": float("nan"),
    "infinity": float("inf"),
    "65 bits": 2**64,
    "5,000 digits": 10**5000,
    "datetime": datetime(2026, 1, 1, tzinfo=UTC),
    "Decimal": Decimal("1.5"),
    "UUID": UUID(int=7),
    "lazy string": gettext_lazy("Yes"),
    "bytes": b"x",
    "set": {1},
    "whole number as a key": {1: "one"},
}


def echo(value):
    return value


def wrap(value):
    """Return what was sent by its name: so a job may return what no call could carry."""
    return [REFUSED[value]]


def misjudged(accepts):
    """Return the names of the values that are accepted or refused where they should not be."""
    values = ACCEPTED | REFUSED
    return {name for name, value in values.items() if accepts(value) != (name in ACCEPTED)}


def taken(alias, value):
    """Say whether a backend takes the value, and gives it back if it keeps it."""
    try:
        result = background.on(alias).enqueue(echo, [value])
    except InvalidCall as error:
        with pytest.raises(InvalidCall, match="kwargs: "):
            background.on(alias).enqueue(echo, [], {"value": value})
        return "args: " not in str(error)
    kept = alias in ("default", "queue")
    return not kept or Job.objects.using(alias).get(pk=result.id).args == [value]


def test_every_backend_accepts_and_refuses_the_same(tally):
    wrong = {alias: misjudged(partial(taken, alias)) for alias in BACKENDS}

    done = f"{len(ACCEPTED | REFUSED)} values on {len(BACKENDS)} backends"
    tally.row("S19 payload bounds", done, surplus=sum(map(len, wrong.values())))
    assert wrong == {alias: set() for alias in BACKENDS}


def test_what_a_job_may_return_is_bounded_alike(drain_jobs):
    stored = {name: background.enqueue(wrap, [name]) for name in REFUSED}
    inline = {name: background.on("immediate").enqueue(wrap, [name]) for name in REFUSED}
    drain_jobs()

    for name in REFUSED:
        stored[name].refresh()
        assert (stored[name].status, inline[name].status) == ("failed", "failed"), name
        assert stored[name].errors[0].message == inline[name].errors[0].message


def test_without_our_rules_each_store_draws_the_line_elsewhere(tally):
    wrong = misjudged(survives)

    tally.control("S19 payload bounds", f"{len(wrong)} values judged otherwise by the store alone")
    assert wrong != set()


def survives(value):
    """Say whether the bare row keeps the value and gives it back."""
    args = [value]
    row = fields_of(JobState.READY) | {"args": args}
    try:
        with transaction.atomic():
            Job(**row).save_base(force_insert=True)
        return json.dumps(Job.objects.get(pk=row["id"]).args) == json.dumps(args)
    except Exception:  # noqa: BLE001 - whatever a driver raises
        return False
