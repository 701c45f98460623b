"""Letters in their table, from where they were written to where they are sent."""

import random
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from django.db import router, transaction

from tasks_core import background, clock
from tasks_core.contrib.mail.models import LetterPart
from tasks_core.exceptions import JobDoesNotExist, UnsupportedFeature
from tasks_core.models import Outbox

PIECE = 1_000_000  # bytes in one row: MySQL takes 16 MB at a time, and less where it was told so
SWEPT = 10  # letters whose job is looked for, after one was sent
WAITED = timedelta(days=1)  # until a letter without a job is taken for one that was given up


def database() -> str:
    """Return where letters are kept."""
    return router.db_for_write(LetterPart)


def keep(letters: Sequence[tuple[UUID, bytes]]) -> None:
    """Write the letters down, in the caller's transaction if there is one."""
    using = database()
    now = clock.db_now(using)
    with transaction.atomic(using=using):
        for letter, content in letters:
            for number, start in enumerate(range(0, len(content), PIECE)):
                # One by one: together they might be more than the database takes at a time.
                LetterPart.objects.using(using).create(
                    letter=letter,
                    number=number,
                    content=content[start : start + PIECE],
                    queued_at=now,
                )


def find(letter: UUID) -> bytes | None:
    """Return the content of a letter; None if it was sent already."""
    parts = LetterPart.objects.using(database()).filter(letter=letter).order_by("number")
    contents = [bytes(content) for content in parts.values_list("content", flat=True)]
    return b"".join(contents) if contents else None


def forget(letter: UUID) -> None:
    LetterPart.objects.using(database()).filter(letter=letter).delete()


def sweep() -> int:
    """Forget some letters that no job is left of: it was deleted, or failed long ago."""
    using = database()
    old = LetterPart.objects.using(using).filter(
        queued_at__lt=clock.db_now(using) - WAITED, number=0
    )
    # Anywhere among them: the oldest may all be of jobs that failed and are kept.
    start = random.randrange(max(1, old.count() - SWEPT + 1))  # noqa: S311 - no secret
    some = old.order_by("queued_at").values_list("letter", flat=True)[start : start + SWEPT]
    left = [letter for letter in some if _is_alone(letter)]
    for letter in left:
        forget(letter)
    return len(left)


def _is_alone(letter: UUID) -> bool:
    if Outbox.objects.filter(pk=letter).exists():  # its backend is away
        return False
    try:
        background.get(letter)
    except JobDoesNotExist:
        return True
    except UnsupportedFeature:  # nobody can tell; it is old enough
        return True
    return False
