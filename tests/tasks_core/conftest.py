"""Fixtures of these tests: workers in processes of their own."""

import pytest

LINES_ON_STDERR = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"short": {"format": "%(levelname)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "short"}},
    "loggers": {"tasks_core": {"handlers": ["console"], "level": "INFO", "propagate": False}},
}


@pytest.fixture
def run_worker(manage_process):
    """Start ``run_worker`` with these arguments; other words are keys of TASKS_CORE, in seconds."""

    def start(*arguments, settings=None, environment=None, **tuning):
        settings = {"LOGGING": LINES_ON_STDERR, "TASKS_CORE": {"POLL": 0.2} | tuning} | (
            settings or {}
        )
        return manage_process("run_worker", *arguments, settings=settings, environment=environment)

    return start
