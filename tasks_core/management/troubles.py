"""A store that is away, or not migrated, in a sentence instead of a traceback."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management.base import CommandError

from tasks_core.exceptions import InvalidJobBackend
from tasks_core.troubles import in_words


@contextmanager
def told_in_a_sentence() -> Iterator[None]:
    """Leave the command with a sentence where that says all; ``--traceback`` shows the rest."""
    try:
        yield
    except InvalidJobBackend as error:  # found out at its first use: its library is missing
        raise CommandError(str(error), returncode=2) from error
    except Exception as error:
        words = in_words(error)
        if words is None:
            raise
        raise CommandError(f"{words[0].upper()}{words[1:]}") from error
