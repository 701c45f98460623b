"""A verb as the admin knows it: when it fits, what it asks, and what it does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from scheduler.admin.forms.verbs import VerbForm
from scheduler.models import Schedule

Said = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verb:
    """``name`` is in the address of its page, and the name of the action of the list."""

    name: str
    title: Any
    told: Any  # what it does, for who is about to do it
    act: Callable[[str, Any, Said], Any]  # on a key, by a user; returns what to tell
    fits: Callable[[Schedule, datetime], bool]
    form: Callable[..., Any] = VerbForm
    is_for_many: bool = True
    look: Callable[[str, Said], dict[str, Any]] | None = None  # first; nothing is done
    is_grave: bool = False
