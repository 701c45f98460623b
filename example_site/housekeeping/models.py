"""What the housekeeping tasks leave behind to be looked at."""

from django.db import models


class Pulse(models.Model):
    """One look at the site: how much there was at that moment."""

    taken_at = models.DateTimeField(db_index=True)
    articles = models.PositiveIntegerField()
    pictures = models.PositiveIntegerField()
    messages = models.PositiveIntegerField()

    class Meta:
        ordering = ["-taken_at"]

    def __str__(self) -> str:
        return f"{self.taken_at:%H:%M:%S}"
