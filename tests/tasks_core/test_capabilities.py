"""The page of capabilities says what the conformance suite has found out."""

import subprocess
import sys

import pytest

from tests.joined import has_framework
from tests.tasks_core.capabilities import BACKENDS, PAGE, ROOT, Results, drawn

pytestmark = pytest.mark.vendor("sqlite")


@pytest.mark.skipif(not has_framework(), reason="there is no Tasks framework")
def test_the_page_is_up_to_date():
    done = subprocess.run(
        [sys.executable, "-m", "tests.tasks_core.capabilities", "--print"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.stderr == ""
    assert done.stdout == PAGE.read_text()


def test_what_a_backend_passes_no_longer_is_noticed():
    results = Results()
    suites = [suite for suite, _ in BACKENDS.values()]
    results.outcomes["test_tea"] = dict.fromkeys(suites, "passed") | {suites[1]: "skipped"}

    assert "| tea | yes | - | yes |" in drawn(PAGE.read_text(), results)
