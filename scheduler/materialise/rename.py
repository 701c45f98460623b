"""The ledger of a schedule goes on under another key."""

from __future__ import annotations

from scheduler import conf
from scheduler.exceptions import InvalidSchedule
from scheduler.models import Definition, Occurrence, OperatorAction


def rename(former: str, key: str) -> None:
    """
    Let all that is known of ``former`` be known of ``key``, in the caller's transaction.

    Raises InvalidSchedule if the ledger has due times of ``key`` already.
    """
    if Occurrence.objects.using(conf.database()).filter(schedule_key=key, batch="").exists():
        raise InvalidSchedule(
            f"previous_keys: {key!r:.80} had a schedule before, and the ledger has its due times; "
            f"choose a key that was never used for what was {former!r:.80}."
        )
    for model in (Occurrence, Definition, OperatorAction):
        model.objects.using(conf.database()).filter(schedule_key=former).update(schedule_key=key)
