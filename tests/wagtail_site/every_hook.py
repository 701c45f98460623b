"""For every hook that may run in the background: an editor does what leads to it."""

from collections import Counter

import pytest
import wagtail.hooks
from django.contrib.auth.models import User
from django.urls import reverse
from wagtail.models import Page

from tasks_core.contrib.wagtail import hooks
from tasks_core.contrib.wagtail.eligible import AFTER
from tasks_core.contrib.wagtail.requests import PastRequest
from tasks_core.models import Job
from tasks_core.testing import drain
from tests.wagtail_site.forms import of_page
from tests.wagtail_site.home.models import ArticlePage, Author, Banner, Contact

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("editor")]

given = []


def hear(request, *values):
    given.append((request, *values))


@pytest.fixture
def listen(monkeypatch):
    """Let ``hear`` follow one hook in the background, and no other function any."""
    monkeypatch.setattr(
        wagtail.hooks,
        "_hooks",
        {name: each for name, each in wagtail.hooks._hooks.items() if name not in AFTER},
    )
    given.clear()
    return lambda name, **options: hooks.register(name, hear, background=True, **options)


@pytest.fixture
def post(client):
    def send(view, *args, query="", **fields):
        answer = client.post(reverse(view, args=args) + query, fields)
        assert answer.status_code == 302, answer.text
        return answer

    return send


def heard():
    """Return what came to the function beside its request, and check that."""
    drain()
    assert Counter(Job.objects.filter(task__endswith=".hear").values_list("state", flat=True)) == {
        "successful": len(given)
    }
    [(request, *values)] = given
    assert isinstance(request, PastRequest)
    assert (request.user.username, request.method) == ("ann", "POST")
    return values


class TestPages:
    @pytest.mark.parametrize(
        ("hook", "action"),
        [
            ("after_edit_page", {}),
            ("after_edit_page", {"action-publish": "1"}),
            ("after_publish_page", {"action-publish": "1"}),
        ],
    )
    def test_saved_and_published(self, listen, post, article, hook, action):
        listen(hook)

        post("wagtailadmin_pages:edit", article.pk, **of_page(article), **action)

        [page] = heard()
        assert (type(page), page) == (ArticlePage, article)

    @pytest.mark.parametrize("hook", ["after_create_page", "after_publish_page"])
    def test_created(self, listen, post, root, hook):
        listen(hook)
        new = ArticlePage(title="Matcha", slug="matcha")

        post(
            "wagtailadmin_pages:add",
            "home",
            "articlepage",
            root.pk,
            **of_page(new) | {"action-publish": "1"},
        )

        [page] = heard()
        assert (type(page), page.title, page.live) == (ArticlePage, "Matcha", True)

    def test_unpublished(self, listen, post, article):
        listen("after_unpublish_page")

        post("wagtailadmin_pages:unpublish", article.pk)

        [page] = heard()
        assert (page, page.live) == (article, False)

    def test_copied(self, listen, post, article, root):
        listen("after_copy_page")

        post(
            "wagtailadmin_pages:copy",
            article.pk,
            new_title="Copy",
            new_slug="copy",
            new_parent_page=root.pk,
        )

        [page, copy] = heard()
        assert (page.pk, copy.slug) == (article.pk, "copy")

    def test_moved(self, listen, post, article, root):
        listen("after_move_page")
        other = root.add_child(instance=ArticlePage(title="Teas", slug="teas"))

        post("wagtailadmin_pages:move_confirm", article.pk, other.pk)

        [page] = heard()
        assert page.get_parent().pk == other.pk

    def test_no_longer_an_alias(self, listen, post, article):
        listen("after_convert_alias_page")
        alias = article.create_alias(update_slug="alias")

        post("wagtailadmin_pages:convert_alias", alias.pk)

        [page] = heard()
        assert (page.pk, page.alias_of) == (alias.pk, None)

    def test_deleted(self, listen, post, article):
        listen("after_delete_page")

        post("wagtailadmin_pages:delete", article.pk)

        [page] = heard()
        assert (type(page), page.pk, page.body) == (ArticlePage, article.pk, "Sencha")

    @pytest.mark.parametrize(("action", "still"), [("unpublish", True), ("delete", False)])
    def test_many_at_once(self, listen, post, article, root, action, still):
        listen("after_bulk_action")
        other = root.add_child(instance=ArticlePage(title="Teas", slug="teas"))

        post(
            "wagtail_bulk_action",
            "wagtailcore",
            "page",
            action,
            query=f"?id={article.pk}&id={other.pk}&next=/admin/",
        )

        [done, pages, view] = heard()
        assert (done, view) == (action, None)
        assert sorted(page.title for page in pages) == ["Green tea", "Teas"]
        assert Page.objects.filter(pk=article.pk).exists() == still


class TestSnippets:
    def test_created(self, listen, post):
        listen("after_create_snippet")

        post("wagtailsnippets_home_author:add", name="Okakura")

        assert [author.name for author in heard()] == ["Okakura"]

    def test_edited(self, listen, post):
        listen("after_edit_snippet")
        author = Author.objects.create(name="Okakura")

        post("wagtailsnippets_home_author:edit", author.pk, name="Kakuzo")

        assert [author.name for author in heard()] == ["Kakuzo"]

    def test_deleted(self, listen, post):
        listen("after_delete_snippet")
        author = Author.objects.create(name="Okakura")

        post("wagtailsnippets_home_author:delete", author.pk)

        [[gone]] = heard()
        assert (gone.pk, gone.name) == (None, "Okakura")

    def test_many_deleted(self, listen, post):
        listen("after_delete_snippet")
        author = Author.objects.create(name="Okakura")

        post(
            "wagtail_bulk_action",
            "home",
            "author",
            "delete",
            query=f"?id={author.pk}&next=/admin/",
        )

        [[gone]] = heard()
        assert gone == author

    def test_published(self, listen, post):
        listen("after_publish")
        banner = Banner.objects.create(text="Tea", live=False)

        post(
            "wagtailsnippets_home_banner:edit",
            banner.pk,
            **{"text": "More tea", "action-publish": "1"},
        )

        [banner] = heard()
        assert (banner.text, banner.live) == ("More tea", True)

    def test_unpublished(self, listen, post):
        listen("after_unpublish")
        banner = Banner.objects.create(text="Tea")

        post("wagtailsnippets_home_banner:unpublish", banner.pk)

        assert [banner.live for banner in heard()] == [False]


def test_a_setting_is_edited(listen, post):
    listen("after_edit_setting")
    contact = Contact.load()

    post("wagtailsettings:edit", "home", "contact", contact.pk, email="tea@example.org")

    assert [found.email for found in heard()] == ["tea@example.org"]


class TestUsers:
    form = {"username": "bea", "email": "bea@example.org", "first_name": "B", "last_name": "E"}

    def test_created(self, listen, post):
        listen("after_create_user")

        post("wagtailusers_users:add", **self.form, password1="Gyokuro-1", password2="Gyokuro-1")

        assert [user.username for user in heard()] == ["bea"]

    def test_edited(self, listen, post):
        listen("after_edit_user")
        user = User.objects.create(username="bea")

        post("wagtailusers_users:edit", user.pk, **self.form)

        assert [user.first_name for user in heard()] == ["B"]

    def test_deleted(self, listen, post):
        listen("after_delete_user", snapshot=["username"])
        user = User.objects.create(username="bea", password="secret")

        post("wagtailusers_users:delete", user.pk)

        assert [user.username for user in heard()] == ["bea"]
        assert "secret" not in str(Job.objects.values_list("args"))


def test_every_hook_is_among_these(request):
    source = request.path.read_text()

    assert [name for name in AFTER if f'"{name}"' not in source] == []
