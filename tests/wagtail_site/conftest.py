"""The site's pages, somebody who edits them, and a worker in a process of its own."""

from __future__ import annotations

import os

import pytest

from tests.child import Child


@pytest.fixture
def root(db):
    """Return the page under which the pages of the site are, as Wagtail's migrations make it."""
    from wagtail.models import Locale, Page

    Locale.objects.get_or_create(language_code="en")
    return Page.objects.filter(depth=1).first() or Page.add_root(title="Root", slug="root")


@pytest.fixture
def editor(client, db):
    """Log somebody in who may do everything, and return who that is."""
    from django.contrib.auth.models import User

    user = User.objects.create_superuser("ann", "ann@example.org", "tea")
    client.force_login(user)
    return user


@pytest.fixture
def article(root):
    """Return a published page."""
    from tests.wagtail_site.home.models import ArticlePage

    return root.add_child(instance=ArticlePage(title="Green tea", slug="green-tea", body="Sencha"))


@pytest.fixture
def worker(transactional_db, tmp_path):
    """Let ``run_worker --once`` run in a process of its own, which ends before the call does."""
    from django.db import connection

    def run():
        variables = os.environ | {
            "DJANGO_SETTINGS_MODULE": "tests.wagtail_site.settings",
            "TEST_DATABASE_NAME": str(connection.settings_dict["NAME"]),
        }
        child = Child(["run_worker", "--once"], environment=variables, log=tmp_path / "worker.log")
        assert child.wait() == 0, child.output
        return child.output

    return run
