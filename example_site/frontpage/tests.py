"""The first page, and the demo's own judgement."""

# ruff: noqa: PT009 - these are run by `manage.py test`

from datetime import timedelta

from django.test import TestCase
from django.urls import reverse
from django.utils import timezone
from publishing import embargo
from publishing.models import Article

from scheduler.sync import sync
from tasks_core.testing import drain

from .demo import seed, verdict


class FrontPageTests(TestCase):
    def test_an_empty_site_says_how_to_fill_it(self):
        page = self.client.get(reverse("frontpage:home"))

        self.assertContains(page, "Write an article")
        self.assertContains(page, "Upload one")

    def test_nothing_is_loaded_from_elsewhere_or_run_inline(self):
        page = self.client.get(reverse("frontpage:home"))

        self.assertIn("default-src 'self'", page.headers["Content-Security-Policy"])
        self.assertNotContains(page, "style=")
        self.assertNotContains(page, "onclick=")

    def test_the_live_answer_changes_when_an_article_comes_out(self):
        embargo.plan(Article(title="Tides", body="…", publish_at=timezone.now()))
        before = self.client.get(reverse("frontpage:live"))

        same = self.client.get(reverse("frontpage:live"), headers={"if-none-match": before["ETag"]})
        drain()
        after = self.client.get(
            reverse("frontpage:live"), headers={"if-none-match": before["ETag"]}
        )

        self.assertEqual((same.status_code, after.status_code), (304, 200))
        self.assertIn("published", after.json()["parts"]["articles"])


class DemoTests(TestCase):
    def test_a_due_time_that_nobody_recorded_is_a_problem(self):
        sync()
        now = timezone.now()

        lines = verdict.judge(since=now, until=now + timedelta(seconds=11))

        pulse = next(line for line in lines if line.name == "pulse")
        self.assertEqual(pulse.due, len(pulse.problems))
        self.assertIn("not in the ledger", pulse.problems[0])

    def test_a_second_run_goes_on_where_the_first_stopped(self):
        seed.articles(now=timezone.now())
        seed.articles(now=timezone.now())

        titles = Article.objects.values_list("slug", flat=True)
        self.assertEqual(len(titles), len(set(titles)))
