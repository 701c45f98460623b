"""The example site in processes of its own, on throw-away data."""

from __future__ import annotations

import os
import socket

import pytest

from tests.child import ROOT, Child


@pytest.fixture
def site_environment(tmp_path):
    """Return the environment of a site that nobody configured, with its data in ``tmp_path``."""
    chosen = {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "PYTHONPATH": str(ROOT / "example_site"),
        "PYTHONUNBUFFERED": "1",
        "DATA_DIR": str(tmp_path / "var"),
        "DATABASE_URL": f"sqlite:///{tmp_path / 'var' / 'site.sqlite3'}",
        "REDIS_URL": "",
    }
    return os.environ | chosen


@pytest.fixture
def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def manage(site_environment, tmp_path, free_port):
    """Start a management command of the site: ``manage("demo", "--seconds", "9", BREAK="1")``."""
    children = []

    def start(*arguments, **environment):
        log = tmp_path / f"{arguments[0]}-{len(children)}.log"
        children.append(Child([*arguments], environment=site_environment | environment, log=log))
        return children[-1]

    yield start
    for child in children:
        child.stop()


@pytest.fixture
def demo(manage, free_port):
    """Start the demo on a free port."""

    def start(*arguments, **environment):
        return manage("demo", "--port", str(free_port), *arguments, **environment)

    return start
