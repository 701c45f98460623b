"""What a process shows of itself when nobody has configured logging."""

import logging
import sys

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
