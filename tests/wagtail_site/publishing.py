"""An editor of a real Wagtail site works, and a worker does what takes long."""

import pytest
from django.db import transaction
from django.urls import reverse
from modelsearch.tasks import insert_or_update_object_task
from wagtail.models import Page

from tasks_core.contrib.wagtail import hooks
from tasks_core.models import Job
from tasks_core.testing import drain
from tests.wagtail_site.forms import of_page
from tests.wagtail_site.home.models import ArticlePage, Note
from tests.wagtail_site.home.wagtail_hooks import heard, purge, reindex

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("editor")]


@pytest.fixture
def save(client, article):
    """Post the form of the article: ``save("publish", body="…")``; return what was answered."""

    def post(action=None, **fields):
        address = reverse("wagtailadmin_pages:edit", args=[article.pk])
        pressed = {f"action-{action}": "1"} if action else {}
        return client.post(address, of_page(article, **fields) | pressed)

    return post


def notes():
    return [note.what for note in Note.objects.order_by("pk")]


def found(words):
    return [page.title for page in ArticlePage.objects.search(words)]


def jobs(hook):
    return Job.objects.filter(task=hook.task.name)


@pytest.mark.django_db(transaction=True)
def test_who_publishes_waits_for_nothing_and_a_worker_reindexes(save, worker):
    assert save("publish", body="Gyokuro").status_code == 302
    assert (notes(), found("gyokuro")) == ([], [])

    output = worker()

    assert jobs(reindex).get(queue="index").state == "successful", output
    assert notes() == ["ann published <ArticlePage: Green tea>"]
    assert found("gyokuro") == ["Green tea"]


def test_the_site_knows_a_hook_that_is_waited_for(save):
    with hooks.register_temporarily("after_publish_page", reindex.func):
        save("publish", body="Gyokuro")

    assert found("gyokuro") == ["Green tea"]


def test_a_draft_publishes_nothing(save):
    save(body="Gyokuro")

    assert not jobs(reindex).exists()


def test_an_unpublished_page_is_taken_down(client, article, save):
    save("publish", body="Gyokuro")
    drain()
    assert found("gyokuro") == ["Green tea"]

    client.post(reverse("wagtailadmin_pages:unpublish", args=[article.pk]))
    drain()

    assert notes()[1:] == ["ann unpublished <ArticlePage: Green tea>"]
    assert found("gyokuro") == []


def test_a_deleted_page_is_still_known(client, article):
    client.post(reverse("wagtailadmin_pages:delete", args=[article.pk]))
    assert not Page.objects.filter(pk=article.pk).exists()
    drain()

    assert notes() == ["ann deleted Green tea at /green-tea/"]


@pytest.mark.django_db(transaction=True)
class TestRollback:
    @pytest.fixture(autouse=True)
    def _fails(self, client):
        heard.clear()

        def fail(request, page):
            raise ZeroDivisionError

        client.raise_request_exception = False
        with hooks.register_temporarily("after_delete_page", fail, order=1):
            yield

    def delete(self, client, article):
        return client.post(reverse("wagtailadmin_pages:delete", args=[article.pk]))

    @pytest.mark.parametrize("alias", ["default", "immediate"])
    def test_what_was_not_deleted_has_no_job(self, client, article, alias, monkeypatch):
        monkeypatch.setattr(purge.task, "backend", alias)

        assert self.delete(client, article).status_code == 500

        assert Page.objects.filter(pk=article.pk).exists()
        assert not jobs(purge).exists()
        assert heard == []

    def test_it_would_be_seen(self, client, article, monkeypatch):
        monkeypatch.setattr(transaction, "on_commit", lambda run, using: run())
        monkeypatch.setattr(purge.task, "backend", "immediate")
        with pytest.raises(AssertionError):
            self.test_what_was_not_deleted_has_no_job(client, article, "immediate", monkeypatch)


def test_a_hook_in_the_foreground_is_wagtails(client):
    assert "Reports" not in client.get(reverse("wagtailadmin_home")).text


def test_what_wagtail_does_in_tasks_goes_to_the_same_queue(save, settings):
    settings.WAGTAILSEARCH_BACKENDS = {
        "default": {"BACKEND": "wagtail.search.backends.database", "AUTO_UPDATE": True}
    }
    with hooks.register_temporarily("after_publish_page", lambda request, page: None):
        save("publish", body="Gyokuro")
    waiting = set(Job.objects.values_list("task", flat=True))
    jobs(reindex).delete()
    assert found("gyokuro") == []
    drain()

    assert insert_or_update_object_task.module_path in waiting
    assert found("gyokuro") == ["Green tea"]
