"""What the publishing app does in the background."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from scheduler import periodic
from tasks_core import task

from . import embargo, feed


@task
def publish_article(article_id: int) -> str:
    """Publish one article, if it still wants to be published now."""
    published = embargo.publish([article_id], now=timezone.now())
    return "published" if published else "nothing to do"


@periodic(every=timedelta(seconds=15), key="publish-sweep")
def sweep() -> int:
    """Publish what its own job did not: the safety net, which normally finds nothing."""
    now = timezone.now()
    return embargo.publish(embargo.overdue(now=now), now=now)


@periodic(every=timedelta(seconds=20), key="feed")
def write_feed() -> str:
    """Write the Atom feed to a file, so that no reader has to wait for it."""
    return f"{feed.write()} entries"


@periodic("0 8 * * mon-fri", key="digest", timezone="Europe/London")
def digest() -> str:
    """Mail the editors what was published since yesterday morning."""
    titles = feed.digest(since=timezone.now() - timedelta(days=1))
    return f"{titles} articles"
