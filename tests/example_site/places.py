"""Where a site of its own lives, for a test."""

from __future__ import annotations

from tests.child import ROOT


def environment_of_site(folder):
    """Return the variables of a site that nobody configured, with its data in ``folder``."""
    return {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "PYTHONPATH": str(ROOT / "example_site"),
        "PYTHONUNBUFFERED": "1",
        "DATA_DIR": str(folder / "var"),
        "DATABASE_URL": f"sqlite:///{folder / 'var' / 'site.sqlite3'}",
        "REDIS_URL": "",
    }
