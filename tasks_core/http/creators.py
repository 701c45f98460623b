"""Who asked for a job, as ``creator=`` of a list names it."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.apps import apps
from django.contrib.auth import get_user_model

from tasks_core.http import wrongs
from tasks_core.http.problems import Refused
from tasks_core.options import CHECKS


def name_of(user: Any) -> str:
    """Return the creator of the jobs that a user has asked for."""
    name: str = CHECKS["creator"](user)
    return name


def refuse_unknown(creator: str, *, among: Any) -> None:
    """Raise Refused for what is no row of a model, nor a text that one ``among`` jobs has."""
    if not _is_row(creator) and not among.for_creator(creator).exists():
        user = get_user_model()._meta.label
        cure = f"Send it as jobs show it: the user with the primary key 1 is {user}:1."
        wrong = wrongs.at(["creator"], "No job has it, and it is no row of a model.", cure)
        raise Refused(HTTPStatus.NOT_FOUND, "There is no such creator.", wrong)


def _is_row(creator: str) -> bool:
    label, _, key = creator.partition(":")
    models = (model._meta for model in apps.get_models())
    return bool(key) and any(each.label == label for each in models if not each.proxy)
