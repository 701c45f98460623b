"""A door between a process and its server, which passes on what comes, as far as it is let."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress

CHUNK = 1 << 20


class Line:
    """Passes on what comes to ``port``; ``lets`` says of each piece whether it may go on."""

    def __init__(self, target: tuple[str, int]) -> None:
        self.target = target
        self._streams: set[socket.socket] = set()
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port = self._door.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def lets(self, *, is_answer: bool, begins: bool) -> bool:
        """Say whether a piece may go on; else its connection ends. ``begins``: the other spoke."""
        return True

    def end_all(self) -> None:
        for stream in list(self._streams):
            self._end(stream)

    def close(self) -> None:
        with suppress(OSError):
            self._door.shutdown(socket.SHUT_RDWR)
        self._door.close()
        self.end_all()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._door.accept()
                with suppress(OSError):
                    far = socket.create_connection(self.target)
                    self._streams |= {near, far}
                    spoke: list[socket.socket] = []  # who has the word
                    for ends in ((near, far, False, spoke), (far, near, True, spoke)):
                        threading.Thread(target=self._pass_on, args=ends, daemon=True).start()

    def _pass_on(
        self, one: socket.socket, other: socket.socket, is_answer: bool, spoke: list[socket.socket]
    ) -> None:
        with suppress(OSError):
            while piece := one.recv(CHUNK):
                begins = spoke != [one]
                spoke[:] = [one]
                if not self.lets(is_answer=is_answer, begins=begins):
                    break
                other.sendall(piece)
        for stream in (one, other):
            self._end(stream)

    def _end(self, stream: socket.socket) -> None:
        self._streams.discard(stream)
        with suppress(OSError):
            stream.shutdown(socket.SHUT_RDWR)
        stream.close()
