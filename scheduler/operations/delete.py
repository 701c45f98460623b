"""delete: a schedule of the database; its ledger stays."""

from __future__ import annotations

from django.utils.translation import gettext as _

from scheduler import conf
from scheduler.choices import Source
from scheduler.definitions import versions
from scheduler.definitions.settle import settle
from scheduler.exceptions import OperationRefused
from scheduler.operations.actions import BY_CODE, Operator, name_of, note
from scheduler.operations.entries import options_of
from scheduler.operations.locking import locked, one_transaction
from tasks_core import clock


@one_transaction
def delete(key: str, *, user: Operator = BY_CODE, reason: str = "") -> None:
    """
    Remove a schedule of the database. What is due until now is decided; its ledger stays.

    Jobs that were made run on. Raises OperationRefused for a schedule that is declared in code.
    """
    row = locked(key)
    if row.source != Source.DATABASE:
        raise OperationRefused(
            f"{key!r:.80} is declared in {row.source}: remove it there, or pause it here."
        )
    now = clock.db_now(conf.database())
    if row.enabled:
        settle(row, now=now, recorded_by=name_of(user))
    versions.end(row)
    note("delete", row, user=user, at=now, told=_("Deleted"), reason=reason, entry=options_of(row))
    row.delete(using=conf.database())
