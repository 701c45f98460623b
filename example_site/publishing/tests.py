"""An article comes out at its time, once, whatever its writer changes meanwhile."""

# ruff: noqa: PT009 - these are run by `manage.py test`

from datetime import timedelta

from django.test import TestCase
from django.urls import reverse
from django.utils import timezone

from tasks_core import JobState, job_backends
from tasks_core.testing import drain

from . import embargo, tasks
from .forms import ArticleForm
from .models import Article, Revision

HOUR = timedelta(hours=1)


def article(**fields):
    return Article(**{"title": "Tides", "body": "They come.", **fields})


def state_of_job(job_id):
    return job_backends["default"].get(job_id).status


class EmbargoTests(TestCase):
    def test_a_job_publishes_the_article_when_its_time_has_come(self):
        planned = article(publish_at=timezone.now())
        embargo.plan(planned)

        drain()

        planned.refresh_from_db()
        self.assertEqual(planned.state, "published")
        self.assertIsNone(planned.publish_job)

    def test_nothing_is_published_before_its_time(self):
        planned = article(publish_at=timezone.now() + HOUR)
        embargo.plan(planned)

        drain()
        told = tasks.publish_article(planned.pk)  # even if the job came too early

        planned.refresh_from_db()
        self.assertEqual((planned.state, told), ("embargoed", "nothing to do"))

    def test_another_date_means_another_job_and_the_old_one_is_cancelled(self):
        planned = article(publish_at=timezone.now() + HOUR)
        embargo.plan(planned)
        old = planned.publish_job

        planned.publish_at += HOUR
        embargo.plan(planned)

        self.assertEqual(state_of_job(old), JobState.CANCELLED)
        self.assertEqual(state_of_job(planned.publish_job), JobState.SCHEDULED)

    def test_without_a_date_it_is_a_draft_without_a_job(self):
        planned = article(publish_at=timezone.now() + HOUR)
        embargo.plan(planned)

        planned.publish_at = None
        embargo.plan(planned)

        self.assertEqual((planned.state, planned.publish_job), ("draft", None))

    def test_whoever_saves_an_old_copy_does_not_take_the_article_back(self):
        planned = article(publish_at=timezone.now())
        embargo.plan(planned)
        copy = Article.objects.get(pk=planned.pk)
        drain()

        copy.title = "Tides, again"
        embargo.plan(copy)

        copy.refresh_from_db()
        self.assertEqual((copy.state, copy.title), ("published", "Tides, again"))

    def test_the_sweep_publishes_what_no_job_did(self):
        missed = article(publish_at=timezone.now() - HOUR)
        missed.save()

        self.assertEqual(tasks.sweep(), 1)
        self.assertEqual(tasks.sweep(), 0)

    def test_changed_text_is_kept_as_a_revision(self):
        written = article()
        embargo.plan(written)

        form = ArticleForm({"title": "Tides", "body": "They go."}, instance=written)
        form.save()

        self.assertEqual(Revision.objects.get().body, "They come.")


class PageTests(TestCase):
    def test_the_public_sees_only_what_is_published(self):
        hidden = article(title="Hidden", publish_at=timezone.now() + HOUR)
        embargo.plan(hidden)
        article(title="Seen", published_at=timezone.now()).save()

        shown = self.client.get(reverse("publishing:articles"))

        self.assertContains(shown, "Seen")
        self.assertNotContains(shown, "Hidden")
        self.assertEqual(self.client.get(hidden.get_absolute_url()).status_code, 404)

    def test_the_feed_is_a_file_that_a_task_writes(self):
        article(title="Seen", published_at=timezone.now()).save()

        tasks.write_feed()

        feed = b"".join(self.client.get(reverse("publishing:feed")).streaming_content)
        self.assertIn(b"<title>Seen</title>", feed)
