"""The note of who did what to which schedule, when and why."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeAlias

from django.apps import apps
from django.db.models import Model

from scheduler import conf
from scheduler.exceptions import OperationRefused
from scheduler.models import OperatorAction, Schedule
from tasks_core.outcomes import storable

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser

Operator: TypeAlias = "AbstractBaseUser | str"  # a user, or a text such as "cli: ada"
BY_CODE = "code"  # who acts unless a name is given: the project itself
LONGEST = 255  # characters of a name or a reason
BATCH = 500  # rows in one statement


def name_of(user: Operator) -> str:
    """Return who acts, as it is noted in rows. Raises OperationRefused for what is nobody."""
    if not isinstance(user, str) and not hasattr(user, "is_authenticated"):
        raise OperationRefused(f"user= is a user, or a text that says who acts, not {user!r:.80}.")
    return short(str(user))


def short(text: str) -> str:
    """Return a text as its column holds it."""
    return storable(text[:LONGEST], LONGEST)[:LONGEST]


def note(
    verb: str,
    row: Schedule | Model,
    *,
    user: Operator,
    at: datetime,
    told: str,
    reason: str = "",
    **details: Any,
) -> None:
    """Write the act into the audit log, and ``told`` into the admin's history of a user."""
    note_all(verb, [row], user=user, at=at, told=told, reason=reason, **details)


def note_all(
    verb: str,
    rows: Sequence[Schedule | Model],
    *,
    user: Operator,
    at: datetime,
    told: str,
    reason: str = "",
    **details: Any,
) -> None:
    """Do as ``note`` for many rows at once."""
    OperatorAction.objects.using(conf.database()).bulk_create(
        [
            OperatorAction(
                at=at,
                by=name_of(user),
                verb=verb,
                schedule_key=row.key if isinstance(row, Schedule) else "",
                reason=short(reason),
                details=details,
            )
            for row in rows
        ],
        batch_size=BATCH,
    )
    if isinstance(user, str) or user.pk is None:  # nobody that the admin could name
        return
    if apps.is_installed("django.contrib.admin"):
        _note_in_admin(verb, rows, user=user, told=f"{told}: {reason}" if reason else f"{told}.")


def _note_in_admin(verb: str, rows: Sequence[Model], *, user: AbstractBaseUser, told: str) -> None:
    from django.contrib.admin.models import ADDITION, CHANGE, DELETION, LogEntry
    from django.contrib.contenttypes.models import ContentType

    flags = {"create": ADDITION, "delete": DELETION}
    LogEntry.objects.bulk_create(
        [
            LogEntry(
                user_id=user.pk,
                content_type=ContentType.objects.get_for_model(type(row)),
                object_id=row.pk,
                object_repr=str(row)[:200],
                action_flag=flags.get(verb, CHANGE),
                change_message=told,
            )
            for row in rows
        ],
        batch_size=BATCH,
    )
