"""Arguments and results are JSON, bounded, and refused alike everywhere."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from enum import IntEnum, StrEnum

import pytest
from django.core.files.base import ContentFile
from hypothesis import given
from hypothesis import strategies as st

from tasks_core.exceptions import InvalidCall
from tasks_core.payloads import MAX_BYTES, MAX_DEPTH, normal
from tests.app.models import Effect


class Tea(StrEnum):
    GREEN = "green"


class Cups(IntEnum):
    TWO = 2


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
        (object(), "a object is not JSON"),
        (b"bytes", "a bytes is not JSON"),
        ({1, 2}, "a set is not JSON"),
        (Decimal(1), "a Decimal is not JSON"),
        (datetime(2026, 1, 1, tzinfo=UTC), "Pass value.isoformat()"),
        (Effect(name="tea"), "Pass the object's pk"),
        (ContentFile("tea", name="tea.txt"), "pass its name"),
        (10**5000, "digits"),
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


def test_as_much_as_fits_is_accepted():
    normal("x" * (MAX_BYTES - 2), what="args")
    normal(nested(MAX_DEPTH), what="args")
    normal(10**3000, what="args")


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
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
