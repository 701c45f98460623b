"""Articles, and every earlier version of them."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.urls import reverse
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _


class ArticleQuerySet(models.QuerySet["Article"]):
    def published(self) -> ArticleQuerySet:
        return self.filter(published_at__isnull=False).order_by("-published_at", "-pk")

    def embargoed(self) -> ArticleQuerySet:
        waiting = self.filter(published_at__isnull=True, publish_at__isnull=False)
        return waiting.order_by("publish_at", "pk")

    def drafts(self) -> ArticleQuerySet:
        return self.filter(published_at__isnull=True, publish_at__isnull=True).order_by("-pk")


class Article(models.Model):
    """Seen by readers from ``published_at`` on; ``publish_at`` is what its writer wished."""

    title = models.CharField(max_length=120)
    slug = models.SlugField(max_length=140, unique=True, editable=False)
    summary = models.CharField(max_length=240, blank=True)
    body = models.TextField()
    publish_at = models.DateTimeField(
        _("publish at"), null=True, blank=True, help_text=_("Leave empty to keep it as a draft.")
    )
    published_at = models.DateTimeField(null=True, blank=True, editable=False)
    # The job that will publish it, to cancel when the writer changes publish_at.
    publish_job = models.UUIDField(null=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ArticleQuerySet.as_manager()

    def __str__(self) -> str:
        return self.title

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self.slug:
            self.slug = free_slug(self.title)
        super().save(*args, **kwargs)

    def get_absolute_url(self) -> str:
        return reverse("publishing:article", args=[self.slug])

    @property
    def state(self) -> str:
        if self.published_at:
            return "published"
        return "embargoed" if self.publish_at else "draft"


class Revision(models.Model):
    """What an article was before it was changed; the clean-up schedule keeps the newest few."""

    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="revisions")
    title = models.CharField(max_length=120)
    body = models.TextField()
    saved_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-saved_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.title}, {self.saved_at:%Y-%m-%d %H:%M}"


def free_slug(title: str) -> str:
    """Return a slug for ``title`` that no article has yet."""
    base = slugify(title)[:120] or "article"
    taken = set(Article.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    numbered = (f"{base}-{number}" for number in range(2, len(taken) + 3))
    return next(slug for slug in (base, *numbered) if slug not in taken)
