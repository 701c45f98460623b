"""The work that keeps the site in order. When it is done stands in SCHEDULE, and below."""

from __future__ import annotations

from datetime import timedelta

from contact.models import Message
from django.conf import settings
from django.core.management import call_command
from django.db.models import Count
from django.utils import timezone
from pictures.models import Picture
from publishing.models import Article, Revision

from scheduler import periodic
from tasks_core import JobContext, task

from . import backups
from .models import Pulse


@task(takes_context=True)
def backup(context: JobContext, *, keep: int) -> str:
    """Back the database up and delete old backups."""
    # Named after its due time: an attempt after a crash replaces the file, and makes no second.
    path = backups.make(now=context.scheduled_for or timezone.now())
    deleted = backups.rotate(keep=keep)
    return f"{path.name}, {path.stat().st_size // 1024} KiB; {deleted} old ones deleted"


@task
def clean_up_revisions(*, keep: int) -> int:
    """Delete all revisions but the newest ``keep`` of each article. Return how many went."""
    crowded = Article.objects.annotate(count=Count("revisions")).filter(count__gt=keep)
    deleted = 0
    for article in crowded:
        oldest = list(article.revisions.values_list("pk", flat=True)[keep:])
        deleted += Revision.objects.filter(pk__in=oldest).delete()[0]
    return deleted


@task
def clean_up_sessions() -> None:
    """Delete sessions that have ended."""
    call_command("clearsessions")


@periodic(every=timedelta(seconds=5), key="pulse")
def pulse() -> dict[str, int]:
    """Note how much there is on the site; the first page draws it."""
    if settings.BREAK_PULSE:
        raise RuntimeError("BREAK_PULSE asks this task to fail.")
    counts = {
        "articles": Article.objects.published().count(),
        "pictures": Picture.objects.count(),
        "messages": Message.objects.filter(sent_at__isnull=False).count(),
    }
    now = timezone.now()
    Pulse.objects.create(taken_at=now, **counts)
    Pulse.objects.filter(taken_at__lt=now - timedelta(hours=1)).delete()
    return counts
