"""Connections to mail servers that nobody uses just now, until they are used or closed."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from math import inf
from threading import Lock, Timer

from django.core.mail.backends import smtp

from tasks_core import clock

KEPT = 5.0  # seconds without a letter; a server that has enough of it sooner closes it itself


@dataclass
class Idle:
    mailer: str | None
    connection: smtp.EmailBackend
    until: float  # by the monotonic clock


class Idles:
    """Those of this process; who takes one has it alone."""

    def __init__(self) -> None:
        self.forget()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self.forget)

    def forget(self) -> None:
        """Leave them to whoever else has them, such as the process that forked this one."""
        self._idle: list[Idle] = []
        self._lock = Lock()
        self._timer: Timer | None = None

    def put(self, mailer: str | None, connection: smtp.EmailBackend) -> None:
        """Keep a connection of ``mailer`` for a while."""
        with self._lock:
            self._idle.append(Idle(mailer, connection, clock.monotonic() + KEPT))
            self._watch()

    def take(self, mailer: str | None) -> smtp.EmailBackend | None:
        """Return the connection of ``mailer`` that was used last, if there is one."""
        with self._lock:
            found = [each for each in self._idle if each.mailer == mailer]
            if not found:
                return None
            self._idle.remove(found[-1])
            return found[-1].connection

    def close(self, *, now: float = inf) -> None:
        """Close those whose time is over by ``now``; without it, all of them."""
        with self._lock:
            over = [each for each in self._idle if each.until <= now]
            self._idle = [each for each in self._idle if each.until > now]
            self._watch()
        for each in over:
            close(each.connection)

    def _watch(self) -> None:
        """Have a thread that closes them while there are any."""
        if self._idle and self._timer is None:
            timer = Timer(KEPT, self._close_old)
            timer.daemon = True
            with suppress(RuntimeError):  # no thread more; what was sent is sent nevertheless
                timer.start()
                self._timer = timer
        elif self._timer is not None and not self._idle:
            self._timer.cancel()
            self._timer = None

    def _close_old(self) -> None:
        with self._lock:
            self._timer = None
        self.close(now=clock.monotonic())


def close(connection: smtp.EmailBackend) -> None:
    """Close a connection, whatever has become of it."""
    with suppress(OSError):  # of which every SMTPException is one
        connection.close()


idles = Idles()
