"""Arguments and results are JSON, bounded, and refused alike everywhere."""

import json
import math
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum

import pytest
from django.core.files.base import ContentFile
from django.db import connection
from django.http import HttpResponse
from hypothesis import given
from hypothesis import strategies as st

from tasks_core.exceptions import InvalidCall
from tasks_core.payloads import MAX_BYTES, MAX_DEPTH, normal
from tests.app.models import Effect
from tests.tasks_core.rows import fresh, make_job


class Tea(StrEnum):
    GREEN = "green"


class Cups(IntEnum):
    TWO = 2


class Color(str, Enum):  # noqa: UP042 - StrEnum has another __str__
    RED = "red"

    def __str__(self):
        return "my favourite"


class Size(int, Enum):
    L = 7

    def __int__(self):
        return 40


class Weight(float):
    def __float__(self):
        return 1.0


def nested(levels):
    value = 0
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (float("nan"), "nan is not JSON"),
        (float("-inf"), "inf is not JSON"),
        ("a\0b", "NUL"),
        ({"a\0b": 1}, "NUL"),
        ("\ud800", "lone surrogate"),
        ({1: "one"}, "keys of JSON objects are text"),
        (object(), "an object is not JSON"),
        (b"bytes", "a bytes is not JSON"),
        ({1, 2}, "a set is not JSON. Pass sorted(value)."),
        (Decimal(1), "a Decimal is not JSON. Pass str(value)."),
        (datetime(2026, 1, 1, tzinfo=UTC), "Pass value.isoformat()"),
        (HttpResponse("tea"), "Nobody is there to see a response"),
        (Effect(name="tea"), "Pass the object's pk"),
        (ContentFile("tea", name="tea.txt"), "pass its name"),
        (2**64, "beyond 64 bits"),
        (-(2**63) - 1, "beyond 64 bits"),
        (10**5000, "beyond 64 bits"),
        (nested(MAX_DEPTH + 1), "levels deep"),
        (nested(5000), "levels deep"),
        ("x" * MAX_BYTES, "more than 65536"),
        ("é" * (MAX_BYTES // 2), "more than 65536"),
    ],
    ids=lambda value: (
        value.replace(" ", "_")
        if isinstance(value, str) and "\0" not in value and len(value) < 30 and value.isascii()
        else type(value).__name__
    ),
)
def test_what_no_store_keeps_is_refused_with_a_cure(value, words):
    with pytest.raises(InvalidCall, match="args: ") as caught:
        normal([value], what="args")

    assert words in str(caught.value)


def test_a_list_that_contains_itself_is_refused():
    endless = []
    endless.append(endless)

    with pytest.raises(InvalidCall, match="levels deep"):
        normal(endless, what="args")


def test_subclasses_become_plain():
    plain = normal({"tea": Tea.GREEN, "cups": Cups.TWO}, what="kwargs")

    assert plain == {"tea": "green", "cups": 2}
    assert [type(value) for value in plain.values()] == [str, int]


def test_of_a_subclass_the_value_itself_is_kept_and_not_its_display():
    plain = normal({Color.RED: [Color.RED, Size.L, Weight(2.5)]}, what="kwargs")

    assert plain == {"red": ["red", 7, 2.5]}
    assert [type(value) for value in [*plain, *plain["red"]]] == [str, str, int, float]


@pytest.mark.django_db
def test_what_each_store_gives_back_is_what_was_accepted():
    given = [2**64 - 1, -(2**63), 0.1, 1.0, 1e-7, 1e15, "é\u2028", True]

    found = fresh(make_job(args=normal(given, what="args"))).args

    assert found == given
    assert [type(value) for value in found] == [type(value) for value in given]


@pytest.mark.django_db
def test_a_great_float_comes_back_with_its_value_though_perhaps_as_an_int():
    given = [1e16, -1e300, 1.7976931348623157e308]

    found = fresh(make_job(args=normal(given, what="args"))).args

    assert [float(value) for value in found] == given
    # PostgreSQL keeps numbers as decimals, without an exponent.
    kind = int if connection.vendor == "postgresql" else float
    assert {type(value) for value in found} == {kind}


@pytest.mark.django_db
def test_a_zero_has_no_sign_in_any_store():
    [zero] = fresh(make_job(args=normal([-0.0], what="args"))).args

    assert (math.copysign(1, zero), type(zero)) == (1, float)


def test_as_much_as_fits_is_accepted():
    normal("x" * (MAX_BYTES - 2), what="args")
    normal(nested(MAX_DEPTH), what="args")
    normal([2**64 - 1, -(2**63)], what="args")


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
    lambda inner: st.lists(inner) | st.dictionaries(st.text("abc"), inner),
    max_leaves=20,
)


@given(JSON)
def test_what_is_accepted_survives_json(value):
    plain = normal(value, what="args")

    assert json.loads(json.dumps(plain)) == plain == value
    assert normal(plain, what="args") == plain
