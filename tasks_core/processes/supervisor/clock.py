"""Time without Django: the supervisor measures waits, like its children, and decides nothing."""

import time


def monotonic() -> float:
    """Return seconds that only ever grow; the same number in every process of the machine."""
    return time.monotonic()


def sleep(seconds: float) -> None:
    """Pause, for real."""
    time.sleep(seconds)


def stamp() -> str:
    """Return the local time as log lines begin with it."""
    seconds = time.time()
    day = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(seconds))
    return f"{day},{int(seconds * 1000) % 1000:03d}"
