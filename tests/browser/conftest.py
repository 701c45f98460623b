"""A real Chromium on the example site, or a reason why not."""

from __future__ import annotations

import os
import shutil

import pytest

from tests import services
from tests.child import Child
from tests.example_site.places import environment_of_site

SOON = 60_000  # milliseconds until what a page shall show is given up
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


def pytest_collection_modifyitems(items):
    """Mark everything here, and skip it, saying so, where there is no browser."""
    missing = pytest.mark.skip(reason="There is no Chromium here: apt-get install chromium")
    for item in items:
        if item.path.is_relative_to(__file__.rpartition("/")[0]):
            item.add_marker(pytest.mark.browser)
            if CHROMIUM is None:
                item.add_marker(missing)


@pytest.fixture(params=["light", "dark"])
def scheme(request):
    return request.param


@pytest.fixture
def browser():
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=SOON)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture
def complaints():
    """What the console of the page said: scripts that failed, files refused by the policy."""
    return []


@pytest.fixture
def page(browser, scheme, complaints):
    context = browser.new_context(color_scheme=scheme, viewport={"width": 1360, "height": 900})
    opened = context.new_page()
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on(
        "console", lambda said: complaints.append(said.text) if said.type == "error" else None
    )
    yield opened
    context.close()


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """Run the demo for all tests here, and return its address once it can be looked at."""
    folder, port = tmp_path_factory.mktemp("site"), services.free_port()
    child = Child(
        ["demo", "--port", str(port)],
        environment=os.environ | environment_of_site(folder),
        log=folder / "demo.log",
    )
    child.wait_for("Quit the server")
    child.wait_for("worker │ worker")
    child.wait_for("schedules synchronised")
    child.wait_for(" ended in ")  # there is a job to look at
    yield f"http://127.0.0.1:{port}"
    child.stop()
