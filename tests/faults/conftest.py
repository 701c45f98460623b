"""Fixtures of the fault scenarios: workers of a backend, and the tally of what was counted."""

import os
import sys
from pathlib import Path

import pytest

from tests.faults.kit import load
from tests.faults.kit.tally import Tally

ONLY_WARNINGS = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "loggers": {"tasks_core": {"handlers": ["console"], "level": "WARNING"}},
}


@pytest.fixture
def worker_of(manage_process):
    """Return a function that starts one worker of a backend; other words are keys of TASKS_CORE."""

    def starter(backend=load.FENCED, *, command="run_worker", **tuning):
        told = {
            "INSTALLED_APPS": load.APPS,
            "JOBS": {"BACKEND": backend},
            "LOGGING": ONLY_WARNINGS,
            "TASKS_CORE": {"POLL": 0.2} | tuning,
        }
        return lambda: manage_process(command, settings=told)

    return starter


@pytest.fixture
def tally(capsys):
    """Take down what a scenario counted: on the terminal, and in FAULT_RESULTS if that is set."""

    def say(words):
        with capsys.disabled():
            sys.stdout.write(f"\n{words}\n")

    path = os.environ.get("FAULT_RESULTS")
    return Tally(say, Path(path) if path else None)
