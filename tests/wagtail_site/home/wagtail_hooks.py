"""Hooks of the site. Those that take long run in the background."""

from wagtail.search.backends import get_search_backend

from tasks_core.contrib.wagtail import hooks
from tests.wagtail_site.home.models import Note

heard: list[str] = []  # what no rollback takes back


def note(what):
    heard.append(what)
    Note.objects.create(what=what)  # for who looks from another process


@hooks.register("after_publish_page", background=True, queue="index")
def reindex(request, page):
    get_search_backend().add(page)
    note(f"{request.user} published {page!r}")


@hooks.register("after_unpublish_page", background=True)
def take_down(request, page):
    get_search_backend().delete(page)
    note(f"{request.user} unpublished {page!r}")


@hooks.register("after_delete_page", background=True, snapshot=["title", "url_path"])
def purge(request, page):
    note(f"{request.user} deleted {page.title} at {page.url_path}")


@hooks.register("construct_main_menu")
def hide_reports(request, menu_items):
    menu_items[:] = [item for item in menu_items if item.name != "reports"]
