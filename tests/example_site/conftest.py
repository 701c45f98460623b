"""The example site in processes of its own, on throw-away data."""

from __future__ import annotations

import os

import pytest

from tests import services
from tests.child import Child
from tests.example_site.places import environment_of_site


@pytest.fixture
def free_port():
    return services.free_port()


@pytest.fixture
def manage(tmp_path):
    """Start a management command of the site: ``manage("demo", "--seconds", "9", BREAK="1")``."""
    children = []

    def start(*arguments, **environment):
        log = tmp_path / f"{arguments[0]}-{len(children)}.log"
        chosen = os.environ | environment_of_site(tmp_path) | environment
        children.append(Child([*arguments], environment=chosen, log=log))
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
