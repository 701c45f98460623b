"""The client in "Tick by URL" is the one that works: it is run as it stands there, by sh."""

import os
import re
import subprocess
from shutil import which

import pytest
from django.core.management import call_command

from scheduler.testing import only_declared
from tests.docpages import ROOT
from tests.scheduler.ticks.site import OTHER, SECRET

PAGE = ROOT / "docs/howto/tick-by-url.md"

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not (which("curl") and which("openssl")), reason="no curl or no openssl"),
]


@pytest.fixture
def shell_script(tmp_path):
    [text] = re.findall(r"```text\n(#!/bin/sh\n.*?)```", PAGE.read_text(), re.DOTALL)
    path = tmp_path / "tick.sh"
    path.write_text(text)
    return path


def run(*command, secret=SECRET):
    return subprocess.run(
        ["sh", *command],
        env=os.environ | {"TICK_SECRET": secret},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("address", ["tick/", "elsewhere/tick/", "tick/?by=the-page&a=1"])
def test_the_script_of_the_page_ticks(shell_script, served, address):
    with only_declared():
        first = run(shell_script, served() + address)
        again = run(shell_script, served() + address)

    assert (first.returncode, first.stderr) == (0, "")
    assert first.stdout.startswith('{"enqueued": 0')
    assert again.returncode == 0  # each call is signed anew


def test_the_script_with_another_secret_does_not(shell_script, served):
    with only_declared():
        refused = run(shell_script, f"{served()}tick/", secret=OTHER)

    assert refused.returncode == 22  # curl's for an answer that is an error
    assert "403" in refused.stderr


def test_what_sign_tick_prints_can_be_pasted_once(served, capsys):
    call_command("schedules", "sign-tick", "--url", f"{served()}tick/?a=1&b=it's")
    command = capsys.readouterr().out

    with only_declared():
        first, again = run("-c", command), run("-c", command)

    assert (first.returncode, again.returncode) == (0, 22)
