"""A network between a process and its database: slow, unreliable, and sometimes silent."""

from __future__ import annotations

import random
import socket
import struct
import threading
from contextlib import suppress

RESET = struct.pack("ii", 1, 0)  # SO_LINGER: no good-bye, as when a machine is gone
CHUNK = 65_536


class Network:
    """
    Passes on what comes to ``port``: late by up to ``latency`` seconds, and not always.

    A question or an answer is late, and may end its connection, once, however many pieces it
    comes in; ``resets`` says how many of them do. While it is silent it takes what comes, and
    passes nothing on: neither side is told.
    """

    def __init__(self, target: tuple[str, int], *, latency: float = 0.0, resets: float = 0.0):
        self.target = target
        self.latency = latency
        self.resets = resets
        self.cut = 0  # connections that it has ended
        self._passes = threading.Event()
        self._passes.set()
        self._streams: set[socket.socket] = set()
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port = self._door.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def place(self) -> dict[str, str]:
        """Return where a database is reached through it, as in its entry of DATABASES."""
        return {"HOST": "127.0.0.1", "PORT": str(self.port)}

    def fall_silent(self) -> None:
        self._passes.clear()

    def heal(self) -> None:
        """Pass on again; what was open meanwhile is ended, as a router does that forgot it."""
        self.latency = self.resets = 0.0
        for stream in list(self._streams):
            self._end(stream)
        self._passes.set()

    def close(self) -> None:
        with suppress(OSError):
            self._door.shutdown(socket.SHUT_RDWR)
        self._door.close()
        self.heal()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._door.accept()
                with suppress(OSError):
                    far = socket.create_connection(self.target)
                    self._streams |= {near, far}
                    spoke: list[socket.socket] = []  # who has the word
                    for one, other in ((near, far), (far, near)):
                        ends = (one, other, spoke)
                        threading.Thread(target=self._pass_on, args=ends, daemon=True).start()

    def _pass_on(
        self, one: socket.socket, other: socket.socket, spoke: list[socket.socket]
    ) -> None:
        chance = random.Random()
        with suppress(OSError):
            while piece := one.recv(CHUNK):
                begins = spoke != [one]
                spoke[:] = [one]
                if begins:
                    threading.Event().wait(chance.uniform(0, self.latency))  # the fault itself
                self._passes.wait()
                if begins and chance.random() < self.resets:
                    self.cut += 1
                    break
                other.sendall(piece)
        for stream in (one, other):
            self._end(stream)

    def _end(self, stream: socket.socket) -> None:
        self._streams.discard(stream)
        with suppress(OSError):
            stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            stream.shutdown(socket.SHUT_RDWR)
        stream.close()
