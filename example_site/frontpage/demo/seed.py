"""Content to look at: some that is there already, and some whose time comes while you watch."""

from __future__ import annotations

import shutil
from datetime import datetime, timedelta
from itertools import cycle, islice
from pathlib import Path

from contact.forms import ContactForm
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.files.base import ContentFile
from django.core.management import call_command
from pictures.forms import store
from pictures.models import Picture
from publishing import embargo
from publishing.models import Article

from . import scenes, texts

# Seconds from now at which the articles are due: the first as soon as somebody looks.
DUE = (4, 12, 30, 60, 120, 300, 900, 3600)


def forget_everything() -> None:
    """Delete what earlier runs left in the data folder, or in the database server."""
    for name in ("uploads", "remote", "mail", "backups"):
        shutil.rmtree(Path(settings.DATA_DIR) / name, ignore_errors=True)
    (Path(settings.DATA_DIR) / "feed.xml").unlink(missing_ok=True)
    database = settings.DATABASES["default"]
    if database["ENGINE"].endswith("sqlite3"):
        for suffix in ("", "-wal", "-shm"):
            Path(f"{database['NAME']}{suffix}").unlink(missing_ok=True)
    else:
        call_command("migrate", verbosity=0)
        call_command("flush", interactive=False, verbosity=0)


def administrator() -> None:
    """Make the user admin with the password admin: for a demo on this machine only."""
    users = get_user_model().objects
    if not users.filter(username="admin").exists():
        users.create_superuser("admin", "admin@lighthouse.example", "admin")


def articles(*, now: datetime) -> datetime:
    """Store articles that come out one after the other; return when the first is due."""
    if not Article.objects.exists():
        for age, (title, summary, body) in enumerate(texts.PUBLISHED, 1):
            past = now - timedelta(hours=7 * age)
            Article.objects.create(
                title=title, summary=summary, body=body, publish_at=past, published_at=past
            )
    # A second run goes on where the first stopped.
    begin = Article.objects.count() - len(texts.PUBLISHED)
    chosen = islice(cycle(texts.COMING), begin, begin + len(DUE))
    for seconds, (title, summary, body) in zip(DUE, chosen, strict=True):
        due = now + timedelta(seconds=seconds)
        embargo.plan(Article(title=title, summary=summary, body=body, publish_at=due))
    return now + timedelta(seconds=DUE[0])


def messages() -> None:
    """Send the contact form a few times; the second mail is refused once, and tried again."""
    for refusals, (name, email, subject, text) in enumerate(texts.MESSAGES[:2]):
        fields = {"name": name, "email": email, "subject": subject, "text": text}
        form = ContactForm(fields | {"refusals": refusals})
        if not form.is_valid():
            raise ValueError(form.errors.as_text())
        form.save()


def pictures() -> None:
    """Upload pictures, as a visitor would: all of them at first, one more in later runs."""
    there = Picture.objects.count()
    for number in range(there, max(len(texts.SCENES), there + 1)):
        file = ContentFile(scenes.draw(number), name="scene.jpg")
        store(file, title=texts.SCENES[number % len(texts.SCENES)], suffix="jpeg")
