"""What is kept of an exception can be stored everywhere."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks_core.outcomes import MAX_MESSAGE, MAX_TRACEBACK, AttemptError, storable


@given(st.text(st.characters() | st.sampled_from(["\0", "\ud800", "\udfff"])), st.integers(1, 50))
def test_any_text_becomes_storable(text, limit):
    kept = storable(text, limit)

    assert "\0" not in kept
    json.loads(json.dumps(kept, ensure_ascii=False).encode())


def test_what_is_cut_says_so():
    assert storable("abcdef", 2) == "ab [4 characters left out]"
    assert storable("abcdef", 2, keep_end=True) == "[4 characters left out] ef"


def test_five_megabytes_are_kept_as_a_few_kilobytes():
    error = AttemptError.of(RuntimeError("\0\ud800" + "x" * 5_000_000))

    assert len(error.message) < MAX_MESSAGE + 100
    assert len(error.traceback) < MAX_TRACEBACK + 100
    assert error.message.startswith("\\x00\\ud800x")


def test_the_end_of_a_long_traceback_is_what_is_kept():
    def dig(depth):
        if depth:
            dig(depth - 1)
        else:
            raise RuntimeError("at the bottom " + "x" * 30_000)

    with pytest.raises(RuntimeError) as caught:
        dig(100)

    assert AttemptError.of(caught.value).traceback.rstrip().endswith("x")


def test_a_class_with_a_broken_name_is_told():
    kind = type("Bröken", (Exception,), {"__module__": "a\ud800\0"})

    assert AttemptError.of(kind()).exception == "a\\ud800\\x00.Bröken"
