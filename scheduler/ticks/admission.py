"""Which requests may tick. What costs nothing is asked first, the database only by who signed."""

from __future__ import annotations

import hmac
import math
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from django.db import IntegrityError

from scheduler.models import SpentNonce
from scheduler.ticks.flight import TURN
from scheduler.ticks.signing import NONCE, SIGNATURE, TIME, signature
from tasks_core import clock
from tasks_core.backends.database.transactions import in_transaction

WINDOW = timedelta(seconds=300)  # by which a request's time may be off
# Longer than any signature is good for, also when the database's clock is set back an hour.
KEPT = timedelta(hours=2)
MINUTE = timedelta(minutes=1)

SECONDS = re.compile(r"[0-9]{1,11}")
NONCES = re.compile(r"[A-Za-z0-9_-]{16,64}")


class Refused(Exception):
    """The request may not tick. Why is for our log, not for who asks."""


class TooMany(Exception):
    """Too many ticks in a minute."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"try again in {seconds} s")
        self.seconds = seconds


def admit(
    headers: Mapping[str, str],
    *,
    method: str,
    path: str,
    body: bytes,
    secrets: Sequence[str],
    alias: str,
    rate: int,
) -> None:
    """Spend the nonce of a request that was signed with one of ``secrets``, or raise."""
    time, nonce = headers.get(TIME, ""), headers.get(NONCE, "")
    if not SECONDS.fullmatch(time) or not NONCES.fullmatch(nonce):
        raise Refused(f"{TIME} and {NONCE} are missing or malformed")
    expected = [
        signature(secret, time=time, nonce=nonce, method=method, path=path, body=body)
        for secret in secrets
    ]
    if not _is_any_of(headers.get(SIGNATURE, ""), expected):
        raise Refused(f"{SIGNATURE} does not fit time, nonce, method, path and body")
    now = clock.db_now(alias)
    off = now - datetime.fromtimestamp(int(time), tz=UTC)
    if abs(off) > WINDOW:
        seconds = abs(off.total_seconds())
        raise Refused(f"its time is {seconds:.0f} s away from the database's")
    _spend(alias, nonce, now=now, rate=rate)


def _is_any_of(given: str, expected: Sequence[str]) -> bool:
    """Compare with all of them, in a time that does not depend on what is equal."""
    found = [hmac.compare_digest(given.encode(), each.encode()) for each in expected]
    return any(found)


def _spend(alias: str, nonce: str, *, now: datetime, rate: int) -> None:
    nonces = SpentNonce.objects.using(alias)
    again = Refused("it was sent before")
    if nonces.filter(nonce=nonce).exists():  # a flood of them takes no lock
        raise again
    spent = nonces.exclude(nonce=TURN)

    def spend() -> None:
        recent = spent.filter(spent_at__gt=now - MINUTE).order_by("-spent_at")
        times = list(recent.values_list("spent_at", flat=True)[:rate])
        if len(times) >= rate:
            left = times[-1] + MINUTE - now
            raise TooMany(max(1, math.ceil(left.total_seconds())))
        spent.filter(spent_at__lt=now - KEPT).delete()
        spent.create(nonce=nonce, spent_at=now)

    try:
        in_transaction(alias, spend)
    except IntegrityError:
        raise again from None
