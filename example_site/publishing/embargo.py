"""
An article and the deferred job that will publish it: planned together, changed together.

The job carries the article's id and nothing else. When it runs it looks at the row, so a job that
comes too early (the writer moved the date), twice, or after the sweep has no effect.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from tasks_core import background, job_backends

from .models import Article


@transaction.atomic
def plan(article: Article) -> None:
    """Save ``article``, and see to it that exactly one job waits for its ``publish_at``."""
    if article.pk:
        catch_up(article)
    article.save()
    withdraw(article)
    if article.publish_at and not article.published_at:
        from .tasks import publish_article  # tasks.py needs this module, too

        # In the same transaction: no article without its job, and no job without its article.
        job = background.defer(
            publish_article, args=[article.pk], when=article.publish_at, label=article.title[:60]
        )
        article.publish_job = job.id
        article.save(update_fields=["publish_job"])


def catch_up(article: Article) -> None:
    """Take over what a job or another writer stored since ``article`` was read."""
    row = Article.objects.select_for_update().get(pk=article.pk)
    article.published_at, article.publish_job = row.published_at, row.publish_job


def withdraw(article: Article) -> None:
    """Cancel the job that was waiting for this article, if there is one."""
    if article.publish_job:
        job_backends["default"].cancel([article.publish_job])
        article.publish_job = None


def publish(articles: list[int], *, now: datetime) -> int:
    """Publish those of ``articles`` whose time has come. Return how many were published now."""
    due = Article.objects.filter(pk__in=articles, published_at__isnull=True, publish_at__lte=now)
    return due.update(published_at=now, publish_job=None)


def overdue(*, now: datetime) -> list[int]:
    """Return the articles whose time has come and that no job has published."""
    missed = Article.objects.embargoed().filter(publish_at__lte=now)
    return list(missed.values_list("pk", flat=True))
