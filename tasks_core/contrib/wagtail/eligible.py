"""After which hooks a job can follow: those whose result Wagtail can do without."""

import inspect
from collections.abc import Mapping, Sequence
from typing import Any

from tasks_core.conf import did_you_mean
from tasks_core.exceptions import InvalidCall

AFTER: Mapping[str, str] = {
    "after_create_page": "request, page",
    "after_edit_page": "request, page",
    "after_publish_page": "request, page",
    "after_unpublish_page": "request, page",
    "after_copy_page": "request, page, new_page",
    "after_move_page": "request, page",
    "after_convert_alias_page": "request, page",
    "after_delete_page": "request, page",
    "after_create_snippet": "request, instance",
    "after_edit_snippet": "request, instance",
    "after_delete_snippet": "request, instances",
    "after_publish": "request, instance",
    "after_unpublish": "request, instance",
    "after_edit_setting": "request, instance",
    "after_create_user": "request, user",
    "after_edit_user": "request, user",
    "after_delete_user": "request, user",
    "after_bulk_action": "request, action_type, objects, action_class_instance",
}
"""Each hook that may have ``background=True``, and what its functions are given."""

GONE = frozenset({"after_delete_page", "after_delete_snippet", "after_delete_user"})
BULK, BULK_DELETION = "after_bulk_action", "delete"

USED: Sequence[tuple[str, str]] = (
    ("before_", "it may forbid what comes next, and runs also where a form is only shown"),
    ("construct_", "it changes a menu, a list or a queryset that Wagtail waits for"),
    ("register_", "Wagtail uses what it returns: URLs, menu items, permissions and the like"),
    ("insert_", "what it returns becomes part of the page that is being built"),
    ("filter_", "it returns the queryset with which Wagtail goes on"),
    ("describe_", "what it returns is shown before something is deleted"),
    ("get_", "Wagtail uses what it returns"),
    ("on_serve_page", "it returns the function that serves the page"),
)
"""How the names of the others begin, and why no job can follow them."""


def refuse(hook_name: str) -> None:
    """Raise InvalidCall unless a job can follow this hook."""
    if hook_name in AFTER:
        return
    for beginning, why in USED:
        if hook_name.startswith(beginning):
            raise InvalidCall(
                f"{hook_name} cannot run in the background: {why}. Leave out background=True, and "
                "let it enqueue what takes long."
            )
    raise InvalidCall(
        f"No hook {hook_name!r} of Wagtail is known.{did_you_mean(hook_name, AFTER)} If it is "
        "another package's, leave out background=True, and let it enqueue what takes long."
    )


def check_takes(function: Any, hook_name: str) -> None:
    """Raise InvalidCall unless the function takes what Wagtail gives to functions of this hook."""
    given = AFTER[hook_name]
    try:
        inspect.signature(function).bind(*given.split(", "))
    except TypeError:
        name = getattr(function, "__qualname__", repr(function))
        raise InvalidCall(f"{name} must take what {hook_name} gives: ({given}).") from None


def is_gone(hook_name: str, given: Sequence[object]) -> bool:
    """Say whether the rows that a hook is given are deleted when it is called."""
    return hook_name in GONE or (hook_name == BULK and BULK_DELETION in given[1:2])
