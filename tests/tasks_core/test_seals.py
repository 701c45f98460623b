"""Seals: nobody without the key makes one, and a new key does not break the old ones at once."""

import pytest

from tasks_core.seals import is_sealed, seal


def test_a_seal_is_of_one_text_for_one_purpose():
    found = seal("text", salt="job")

    assert is_sealed("text", found, salt="job")
    assert not is_sealed("texts", found, salt="job")
    assert not is_sealed("text", found, salt="other")


@pytest.mark.parametrize("forged", ["", "0" * 32, "ü"])
def test_what_is_no_seal_of_ours_is_refused(forged):
    assert not is_sealed("text", forged, salt="job")


def test_seals_of_an_older_key_hold_while_it_is_a_fallback(settings):
    old = seal("text", salt="job")

    settings.SECRET_KEY = "new"
    assert not is_sealed("text", old, salt="job")
    settings.SECRET_KEY_FALLBACKS = ["tests"]

    assert is_sealed("text", old, salt="job")
    assert seal("text", salt="job") != old
