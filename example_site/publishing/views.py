"""Reading articles is for everybody; writing them is for staff."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.admin.views.decorators import staff_member_required
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from . import embargo, feed
from .forms import ArticleForm
from .models import Article


def articles(request: HttpRequest) -> HttpResponse:
    """Show what is published; to staff also what is waiting."""
    shown = {"published": Article.objects.published()[:50]}
    if request.user.is_staff:
        shown |= {"embargoed": Article.objects.embargoed(), "drafts": Article.objects.drafts()}
    return render(request, "publishing/articles.html", shown)


def article(request: HttpRequest, slug: str) -> HttpResponse:
    found = get_object_or_404(Article, slug=slug)
    if not found.published_at and not request.user.is_staff:
        raise Http404("This article is not published yet.")
    return render(request, "publishing/article.html", {"article": found})


@staff_member_required(login_url="admin:login")
def write(request: HttpRequest, slug: str | None = None) -> HttpResponse:
    """Write a new article, or change the one with ``slug``."""
    instance = get_object_or_404(Article, slug=slug) if slug else None
    form = ArticleForm(request.POST or None, instance=instance)
    if request.method == "POST" and form.is_valid():
        saved = form.save()
        messages.success(request, f"“{saved.title}” is {saved.state}.")
        return redirect("publishing:articles")
    return render(request, "publishing/write.html", {"form": form, "article": instance})


@require_POST
@staff_member_required(login_url="admin:login")
def publish_now(request: HttpRequest, slug: str) -> HttpResponse:
    """Move the embargo to this moment; the article's job does the rest."""
    found = get_object_or_404(Article, slug=slug, published_at__isnull=True)
    found.publish_at = timezone.now()
    embargo.plan(found)
    return redirect("publishing:articles")


def atom(request: HttpRequest) -> FileResponse:
    """Serve the file that the schedule ``feed`` writes."""
    if not feed.path().exists():
        raise Http404("The feed is written by a schedule, which has not run yet.")
    return FileResponse(feed.path().open("rb"), content_type="application/atom+xml")
