"""What each scheduler process goes by, noted so that somebody can say when they disagree."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

from scheduler import conf
from scheduler.definitions.entry import Declaration
from scheduler.due import tzdata
from scheduler.models import ProcessFacts
from tasks_core import clock
from tasks_core.backends.database.questions.diagnosis import skew

KEPT = timedelta(days=1)  # of processes that are gone
EVERY = 60.0  # seconds between two notes


def fingerprint(
    declared: Mapping[str, Declaration], *, known: Mapping[str, str] | None = None
) -> str:
    """
    Return what tells these declarations from others, in every process.

    ``known`` are the hashes of some, which take the most of the time to compute.
    """
    digest, hashes = hashlib.sha256(), known or {}
    for key in sorted(declared):
        each = declared[key]
        digest.update(
            f"{key}\0{hashes.get(key) or each.definition_hash}\0{each.enabled}\n".encode()
        )
    return digest.hexdigest()


def note(process_id: UUID, *, declarations: str) -> None:
    """Write down what this process goes by, and forget those that noted nothing for a day."""
    alias = conf.database()
    facts = ProcessFacts.objects.using(alias)
    now = clock.db_now(alias)
    known = {
        "release": conf.tuning().release or "",
        "declarations": declarations,
        "tzdata": tzdata.version(),
        "skew": skew(alias),
        "noted_at": now,
    }
    facts.update_or_create(pk=process_id, defaults=known)
    facts.filter(noted_at__lt=now - KEPT).delete()
