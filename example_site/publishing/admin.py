"""Articles in the admin; saving there plans the publish job as the site's own form does."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from . import embargo
from .models import Article, Revision


class RevisionInline(admin.TabularInline):
    model = Revision
    extra = 0
    can_delete = False
    readonly_fields = ("title", "saved_at")
    fields = ("title", "saved_at")


@admin.register(Article)
class ArticleAdmin(admin.ModelAdmin):
    list_display = ("title", "state", "publish_at", "published_at")
    list_filter = ("published_at",)
    search_fields = ("title", "body")
    readonly_fields = ("published_at", "publish_job")
    inlines = [RevisionInline]

    def save_model(self, request: HttpRequest, obj: Article, *_: Any) -> None:
        embargo.plan(obj)
