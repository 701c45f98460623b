"""The newest articles, as an Atom file for readers and as a mail for the editors."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.core.mail import send_mail
from django.utils.feedgenerator import Atom1Feed

from .models import Article


def path() -> Path:
    return Path(settings.DATA_DIR) / "feed.xml"


def write(*, limit: int = 20) -> int:
    """Write the feed of the newest articles. Return how many are in it."""
    atom = Atom1Feed(title="The Lighthouse", link="/", description="Notes on time and tide")
    newest = list(Article.objects.published()[:limit])
    for article in newest:
        atom.add_item(
            title=article.title,
            link=article.get_absolute_url(),
            description=article.summary,
            pubdate=article.published_at,
        )
    unfinished = path().with_suffix(f".{os.getpid()}.part")
    unfinished.write_text(atom.writeString("utf-8"), encoding="utf-8")
    unfinished.replace(path())  # a reader sees the old feed or the new one, never half of one
    return len(newest)


def digest(*, since: datetime) -> int:
    """Mail the titles published after ``since``. Return how many there were."""
    titles = list(
        Article.objects.published().filter(published_at__gt=since).values_list("title", flat=True)
    )
    if titles:
        send_mail("Published since yesterday", "\n".join(titles), None, settings.EDITORS)
    return len(titles)
