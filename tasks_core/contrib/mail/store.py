"""Letters in their table, from where they were written to where they are sent."""

from collections.abc import Collection, Sequence
from datetime import timedelta
from uuid import UUID

from django.db import transaction

from tasks_core import background, clock, job_backends
from tasks_core import conf as conf_of_jobs
from tasks_core.contrib.mail import conf
from tasks_core.contrib.mail.exceptions import LetterGone
from tasks_core.contrib.mail.models import LetterPart
from tasks_core.exceptions import JobDoesNotExist, UnsupportedFeature
from tasks_core.models import Outbox
from tasks_core.states import UNKNOWN

PIECE = 1_000_000  # bytes in one row: MySQL takes 16 MB at a time, and less where it was told so
SWEPT = 10  # letters that are looked at, after one was sent
KNOWN = timedelta(days=1)  # how long it is known that a letter was sent, for who has its job again
LATER = timedelta(days=1)  # until a letter with a job left is looked at again


def database() -> str:
    """
    Return where letters are kept: where their jobs are written down, in one transaction.

    A router is not asked: between two commits who sends could die, and leave a letter alone.
    """
    alias: str = conf_of_jobs.get("OUTBOX_DATABASE")
    return alias


def keep(letters: Sequence[tuple[UUID, bytes]]) -> None:
    """Write the letters down, in the caller's transaction if there is one."""
    using = database()
    keep_until = clock.db_now(using) + conf.get()["RETAIN"]
    with transaction.atomic(using=using):
        for letter, content in letters:
            for number, start in enumerate(range(0, len(content), PIECE)):
                # One by one: together they might be more than the database takes at a time.
                LetterPart.objects.using(using).create(
                    letter=letter,
                    number=number,
                    content=content[start : start + PIECE],
                    keep_until=keep_until,
                )


def find(letter: UUID) -> bytes | None:
    """Return the content of a letter; None if it was sent. Raises LetterGone for an unknown one."""
    using = database()
    parts = LetterPart.objects.using(using).filter(letter=letter).order_by("number")
    found = list(parts.values_list("content", "was_sent"))
    if not found:
        raise LetterGone(using)
    if any(was_sent for _, was_sent in found):
        return None
    return b"".join(bytes(content) for content, _ in found)


def note_sent(letter: UUID) -> None:
    """Forget what was in a letter, and for a while not that it was sent."""
    using = database()
    parts = LetterPart.objects.using(using).filter(letter=letter)
    known_until = clock.db_now(using) + KNOWN
    parts.filter(number=0).update(content=b"", was_sent=True, keep_until=known_until)
    parts.filter(number__gt=0).delete()


def sweep() -> int:
    """
    Forget some letters whose time is over, but for those that a job is left of; return how many.

    Raises what a backend raises that cannot be asked; then nothing is forgotten.
    """
    using = database()
    now = clock.db_now(using)
    parts = LetterPart.objects.using(using)
    over = parts.filter(number=0, keep_until__lt=now)
    some = dict(over.order_by("keep_until").values_list("letter", "was_sent")[:SWEPT])
    if not some:
        return 0
    # First, so that the next sweep looks at others, whatever comes of asking about these.
    over.filter(letter__in=some).update(keep_until=now + LATER)
    gone = some.keys() - _with_a_job([letter for letter, was_sent in some.items() if not was_sent])
    for letter in gone:
        parts.filter(letter=letter).delete()
    return len(gone)


def _with_a_job(letters: Collection[UUID]) -> set[UUID]:
    """
    Return those of which a job is left, wherever that is: JOBS may have said something else.

    A backend that keeps no results says nothing of any; that is what they were kept so long for.
    """
    if not letters:
        return set()
    outbox = Outbox.objects.using(database())
    found = set(outbox.filter(pk__in=letters).values_list("pk", flat=True))
    return found | {
        letter for letter in letters if any(_has(name, letter) for name in job_backends)
    }


def _has(alias: str, job_id: UUID) -> bool:
    try:
        return background.on(alias).get(job_id).status != UNKNOWN
    except (JobDoesNotExist, UnsupportedFeature):
        return False
