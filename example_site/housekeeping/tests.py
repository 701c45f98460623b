"""What is deleted, and what is kept."""

# ruff: noqa: PT009 - these are run by `manage.py test`

import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.test import TestCase, TransactionTestCase, override_settings
from publishing.models import Article, Revision

from . import backups, tasks
from .models import Pulse


class CleanUpTests(TestCase):
    def test_each_article_keeps_its_newest_revisions(self):
        article = Article.objects.create(title="Tides", body="now")
        for number in range(8):
            Revision.objects.create(article=article, title="Tides", body=str(number))

        self.assertEqual(tasks.clean_up_revisions(keep=5), 3)

        kept = article.revisions.values_list("body", flat=True)
        self.assertEqual(list(kept), ["7", "6", "5", "4", "3"])

    def test_the_pulse_counts(self):
        Article.objects.create(title="Draft", body="not yet")

        self.assertEqual(tasks.pulse()["articles"], 0)
        self.assertEqual(Pulse.objects.count(), 1)


class BackupTests(TransactionTestCase):
    def test_a_backup_is_made_and_the_oldest_are_deleted(self):
        Article.objects.create(title="Tides", body="kept")
        start = datetime(2026, 1, 1, 2, 30, tzinfo=UTC)

        with tempfile.TemporaryDirectory() as folder, override_settings(DATA_DIR=folder):
            made = [backups.make(now=start + timedelta(days=day)) for day in range(4)]
            deleted = backups.rotate(keep=2)

            self.assertEqual(deleted, 2)
            self.assertEqual(sorted(Path(folder, "backups").iterdir()), made[2:])
            self.assertGreater(made[3].stat().st_size, 0)
