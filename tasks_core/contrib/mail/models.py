"""Letters on their way, in pieces that every database takes."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _


class LetterPart(models.Model):
    """Some bytes of a letter. The letter has the id of the job that sends it."""

    letter = models.UUIDField(_("letter"))
    number = models.PositiveIntegerField(_("number"))
    content = models.BinaryField(_("content"))
    # Then nothing is in it any more: who is given its job once more need only know that.
    was_sent = models.BooleanField(_("was sent"), default=False)
    # From then on it goes, unless a job of it is left.
    keep_until = models.DateTimeField(_("keep until"), db_index=True)

    class Meta:
        verbose_name = _("part of a letter")
        verbose_name_plural = _("parts of letters")
        constraints: ClassVar = [
            models.UniqueConstraint(name="letter_part_once", fields=["letter", "number"])
        ]

    def __str__(self) -> str:
        return f"{self.letter} {self.number}"
