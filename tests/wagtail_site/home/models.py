"""A page, snippets and a setting, as sites have them; and what hooks did to be seen from outside."""

from django.db import models
from wagtail.admin.panels import FieldPanel
from wagtail.contrib.settings.models import BaseGenericSetting, register_setting
from wagtail.fields import RichTextField
from wagtail.models import DraftStateMixin, Page, RevisionMixin
from wagtail.search import index
from wagtail.snippets.models import register_snippet


class ArticlePage(Page):
    body = RichTextField(blank=True)

    content_panels = [*Page.content_panels, FieldPanel("body")]
    search_fields = [*Page.search_fields, index.SearchField("body")]


@register_snippet
class Author(models.Model):
    name = models.CharField(max_length=80)

    def __str__(self):
        return self.name


@register_snippet
class Banner(DraftStateMixin, RevisionMixin, models.Model):
    text = models.CharField(max_length=80)

    def __str__(self):
        return self.text


@register_setting
class Contact(BaseGenericSetting):
    email = models.EmailField()


class Note(models.Model):
    what = models.TextField()

    def __str__(self):
        return self.what
