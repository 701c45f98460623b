"""A real Wagtail site: it has settings of its own, so its stories run in a process of their own."""

import os

import pytest

from tests.child import Child

pytest.importorskip("wagtail", reason="Wagtail is not installed")

SITE = "tests/wagtail_site"
STORIES = ("publishing.py", "every_hook.py")


def test_the_stories_of_the_site_hold(tmp_path):
    child = Child(
        ["-q", "-p", "no:cacheprovider", *(f"{SITE}/{story}" for story in STORIES)],
        environment=os.environ | {"DJANGO_SETTINGS_MODULE": f"{SITE.replace('/', '.')}.settings"},
        log=tmp_path / "site.log",
        module="pytest",
    )
    try:
        assert child.wait() == 0, child.output
    finally:
        child.end()
