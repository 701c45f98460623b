"""At most one tick at a time, in all processes: a row says until when one is under way."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db import IntegrityError

from scheduler.models import SpentNonce
from tasks_core import clock
from tasks_core.backends.database.transactions import in_transaction

TURN = "turn"  # stands among the nonces; no request may have one that is so short
MARGIN = timedelta(seconds=20)  # that a last transaction may take beyond its budget


@contextmanager
def flight(alias: str, *, seconds: float) -> Iterator[bool]:
    """
    Yield True if no other tick is under way; none begins then before this one is over.

    One whose process died is over ``seconds`` and a margin after it began.
    """
    until = clock.db_now(alias) + timedelta(seconds=seconds) + MARGIN
    begins = _begins(alias, until)
    try:
        yield begins
    finally:
        if begins:
            # Not another's, who began when our time was over.
            ours = SpentNonce.objects.using(alias).filter(nonce=TURN, spent_at=until)
            ours.update(spent_at=clock.db_now(alias))


def _begins(alias: str, until: datetime) -> bool:
    turn = SpentNonce.objects.using(alias).filter(nonce=TURN)

    def take() -> bool:
        if turn.filter(spent_at__lte=clock.db_now(alias)).update(spent_at=until):
            return True
        if turn.exists():
            return False
        turn.create(nonce=TURN, spent_at=until)
        return True

    try:
        return in_transaction(alias, take)
    except IntegrityError:  # another began at this moment
        return False
