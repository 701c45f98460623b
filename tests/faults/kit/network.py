"""A network between a process and its database: slow, unreliable, and sometimes silent."""

from __future__ import annotations

import random
import socket
import struct
import threading
from contextlib import suppress

from tests.faults.kit.line import Line

RESET = struct.pack("ii", 1, 0)  # SO_LINGER: no good-bye, as when a machine is gone


class Network(Line):
    """
    Passes on what comes to ``port``: late by up to ``latency`` seconds, and not always.

    A question or an answer is late, and may end its connection, once, however many pieces it
    comes in; ``resets`` says how many of them do. While it is silent it takes what comes, and
    passes nothing on: neither side is told.
    """

    def __init__(self, target: tuple[str, int], *, latency: float = 0.0, resets: float = 0.0):
        self.latency = latency
        self.resets = resets
        self.cut = 0  # connections that it has ended
        self._passes = threading.Event()
        self._passes.set()
        super().__init__(target)

    @property
    def place(self) -> dict[str, str]:
        """Return where a database is reached through it, as in its entry of DATABASES."""
        return {"HOST": "127.0.0.1", "PORT": str(self.port)}

    def fall_silent(self) -> None:
        self._passes.clear()

    def heal(self) -> None:
        """Pass on again; what was open meanwhile is ended, as a router does that forgot it."""
        self.latency = self.resets = 0.0
        self.end_all()
        self._passes.set()

    def close(self) -> None:
        super().close()
        self.heal()

    def lets(self, *, is_answer: bool, begins: bool) -> bool:
        if begins:
            threading.Event().wait(random.uniform(0, self.latency))  # the fault itself
        self._passes.wait()
        is_cut = begins and random.random() < self.resets
        self.cut += is_cut
        return not is_cut

    def _end(self, stream: socket.socket) -> None:
        with suppress(OSError):
            stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        super()._end(stream)
