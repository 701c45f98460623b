"""Messages have the right article."""

from uuid import uuid4

import pytest

from tasks_core.words import an, kind_of


@pytest.mark.parametrize(
    ("noun", "told"),
    [
        ("int", "an int"),
        ("str", "a str"),
        ("object", "an object"),
        ("UUID", "a UUID"),
        ("user", "a user"),
        ("unit", "a unit"),
        ("upload", "an upload"),
    ],
)
def test_a_noun_has_its_article(noun, told):
    assert an(noun) == told


def test_a_value_is_told_by_its_type():
    assert (kind_of(7), kind_of(uuid4()), kind_of({})) == ("an int", "a UUID", "a dict")
