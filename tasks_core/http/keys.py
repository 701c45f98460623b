"""Idempotency-Key: a request that is repeated, since its answer was lost, is done once."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from typing import Any, Generic, NamedTuple, TypeVar
from uuid import UUID

from django.db import IntegrityError, transaction

from tasks_core import clock, conf
from tasks_core.backends.database.transactions import in_transaction
from tasks_core.http import wrongs
from tasks_core.http.models import AnsweredKey
from tasks_core.http.reading import with_whole_numbers

HEADER = "Idempotency-Key"
PATTERN = re.compile(r'"[!#-~]{1,255}"|[!#-~]{1,255}')  # quoted, as the draft has it
FORGOTTEN = 100  # at a time


J = TypeVar("J", UUID, UUID | None)  # a job; or none, where a schedule has declined


class Key(NamedTuple):
    """Who asked with which key, and for what."""

    digest: str
    fingerprint: str


class Answer(NamedTuple, Generic[J]):
    """What was done, whether it was done for the same key before, and whether all of it is done."""

    job_id: J
    was_before: bool
    is_done: bool


def key_of(request: Any, body: bytes) -> Key | None:
    """Return the key of a request, if it has one; raise Refused for what is none."""
    text = request.headers.get(HEADER)
    if text is None:
        return None
    if not PATTERN.fullmatch(text):
        message = "Not 1 to 255 visible ASCII characters, with or without quotes around them."
        cure = 'Send a new UUID for each job: Idempotency-Key: "5b1e\u2026".'
        raise wrongs.refusal(wrongs.at([HEADER], message, cure))
    said = json.dumps(with_whole_numbers(body), sort_keys=True)
    user, address = request.user, request.path.rstrip("/")
    who = f"{user._meta.label}:{user.pk}"
    return Key(_digest(who, text.strip('"')), _digest(request.method, address, said))


def once(key: Key | None, *, alias: str, act: Callable[[], J], is_done: bool = True) -> Answer[J]:
    """
    Do ``act``, or return what it returned for this key before.

    ``is_done`` says that nothing is left to be done then; else ``note`` does, afterwards.

    The key is stored in one transaction on ``alias`` with what ``act`` does there: of several
    who come at once one does it and the others wait for what comes of it. Raises Refused if
    something else was asked with the key.
    """
    if key is None:
        return Answer(act(), was_before=False, is_done=is_done)

    def first() -> J:
        now = clock.StatementNow()  # of all web servers one clock says when keys are old
        row = AnsweredKey(digest=key.digest, fingerprint=key.fingerprint, stored_at=now)
        row.is_done = is_done
        row.save(using=alias, force_insert=True)
        row.job_id = done = act()
        row.save(using=alias, update_fields=["job_id"])
        return done

    try:
        done = in_transaction(alias, first)
    except IntegrityError:
        found = AnsweredKey.objects.using(alias).filter(pk=key.digest).first()
        if found is None:
            raise
        _check_same(found, key)
        before: Any = found.job_id  # as ``act`` returned it
        return Answer(before, was_before=True, is_done=found.is_done)
    # After the commit of whoever has one open, and without a word in what is answered.
    transaction.on_commit(lambda: _forget(alias), using=alias, robust=True)
    return Answer(done, was_before=False, is_done=is_done)


def note(key: Key, job_id: UUID, *, alias: str) -> None:
    """Note that all is done now, and which job it is."""
    AnsweredKey.objects.using(alias).filter(pk=key.digest).update(job_id=job_id, is_done=True)


def _check_same(found: AnsweredKey, key: Key) -> None:
    if found.fingerprint != key.fingerprint:
        message = "Something else was asked with this key before."
        cure = "Send a new key with a new request, and the same key to repeat one."
        raise wrongs.refusal(wrongs.at([HEADER], message, cure))


def _forget(alias: str) -> None:
    """Remove some of the keys that need not be known any more."""
    before = clock.StatementNow() - conf.get("HTTP_KEYS")
    old = AnsweredKey.objects.using(alias).filter(stored_at__lt=before)
    if digests := list(old.order_by("stored_at").values_list("pk", flat=True)[:FORGOTTEN]):
        AnsweredKey.objects.using(alias).filter(pk__in=digests).delete()


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
