"""A hook that takes long: for the benchmark, which registers it in either way."""

from urllib.request import urlopen

from django.conf import settings
from wagtail.search.backends import get_search_backend

from tests.wagtail_site.home.models import ArticlePage


def reindex_section_and_purge(request, page):
    """Index all articles anew, which may link to the page, and tell a cache that it has changed."""
    backend = get_search_backend()
    for article in ArticlePage.objects.live():
        backend.add(article)
    with urlopen(f"{settings.CACHE_TO_PURGE}{page.slug}") as answer:
        answer.read()
