"""Linux tells when a file is written, so that nobody has to look at it again and again."""

import ctypes
import os
import select
import sys
from collections.abc import Sequence

IN_MODIFY = 0x2  # of <sys/inotify.h>
MANY = 65536  # bytes of events, read at once and thrown away: that there are some says it all


class Written:
    """Waits for writes to some files. Raises OSError where the system does not tell of them."""

    def __init__(self, paths: Sequence[str]) -> None:
        if sys.platform != "linux":
            raise OSError("Only Linux has inotify.")
        libc = ctypes.CDLL(None, use_errno=True)
        self._events = _checked(libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC))
        self._poll = select.poll()
        self._poll.register(self._events, select.POLLIN)
        try:
            for path in paths:
                _checked(libc.inotify_add_watch(self._events, os.fsencode(path), IN_MODIFY))
        except OSError:
            self.close()
            raise

    def wait(self, seconds: float) -> bool:
        """Return True as soon as something was written since the last call, else False."""
        if not self._poll.poll(seconds * 1000):
            return False
        os.read(self._events, MANY)
        return True

    def close(self) -> None:
        os.close(self._events)


def _checked(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result
