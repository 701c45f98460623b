"""What all sources share: every schedule that is read has a key of its own."""

from functools import partial

from scheduler.importing.readings import Over, Reading, Unread, Untranslatable, read_each


def unread(key, *, raises=None):
    return Unread(key, "task", partial(refuse, raises) if raises else partial(read, key))


def read(key):
    return Reading(key=key, task="task")


def refuse(error):
    raise error


def test_none_stands_for_another():
    found = read_each(map(unread, ["tea", "tea", "tea (2)", "water", "tea"]))

    assert [each.key for each in found] == ["tea", "tea (2)", "tea (2) (2)", "water", "tea (3)"]


def test_one_that_cannot_be_read_is_kept_under_its_own_key_and_stops_no_other():
    found = read_each(
        [
            unread("tea", raises=Untranslatable("It follows the sun.")),
            unread("tea", raises=Over("It is past.")),
            unread("tea"),
        ]
    )

    assert [(each.key, each.refusal, each.is_over) for each in found] == [
        ("tea", "It follows the sun.", False),
        ("tea (2)", "It is past.", True),
        ("tea (3)", "", False),
    ]
