"""What a process shows of itself when nobody has configured logging."""

import logging
import sys
from typing import Any

from tasks_core.troubles import in_words

logger = logging.getLogger("tasks_core")

LOGGERS = ("tasks_core", "scheduler")
FORMAT = "%(asctime)s %(levelname)-7s %(message)s"


def show_log_lines() -> None:
    """Write a line for each start and end of a job to stderr, unless LOGGING decides otherwise."""
    for name in LOGGERS:
        logger = logging.getLogger(name)
        if logger.hasHandlers() or logger.level != logging.NOTSET:
            continue
        lines = logging.StreamHandler(sys.stderr)
        lines.setFormatter(logging.Formatter(FORMAT))
        logger.addHandler(lines)
        logger.setLevel(logging.INFO)


def log_failure(message: str, *args: Any) -> None:
    """
    Log the exception that is being handled.

    What is wrong with the database is told in a line, since it is told again and again while
    that lasts; the level DEBUG brings the traceback.
    """
    error = sys.exc_info()[1]
    words = None if error is None else in_words(error)
    if words is None:
        logger.exception(message, *args)  # noqa: LOG004 - called while it is handled
    else:
        traceback = logger.isEnabledFor(logging.DEBUG)
        logger.error(f"{message}: %s", *args, words, exc_info=traceback)  # noqa: G004
