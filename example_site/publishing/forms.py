"""The form with which an article is written and changed."""

from __future__ import annotations

from typing import Any

from django import forms

from . import embargo
from .models import Article, Revision


class ArticleForm(forms.ModelForm):
    class Meta:
        model = Article
        fields = ("title", "summary", "body", "publish_at")
        widgets = {
            "body": forms.Textarea(attrs={"rows": 10}),
            "publish_at": forms.DateTimeInput(
                attrs={"type": "datetime-local", "step": 1}, format="%Y-%m-%dT%H:%M:%S"
            ),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.before = (self.instance.title, self.instance.body)
        if self.instance.published_at:
            del self.fields["publish_at"]  # what readers have seen cannot be embargoed again

    def save(self, *, commit: bool = True) -> Article:
        article = super().save(commit=False)
        changed = article.pk and self.before != (article.title, article.body)
        embargo.plan(article)
        if changed:
            title, body = self.before
            Revision.objects.create(article=article, title=title, body=body)
        return article
