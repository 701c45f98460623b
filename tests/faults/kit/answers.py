"""A network that loses answers: the server has done what it was asked, and nobody is told."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress

CHUNK = 1 << 20


class DeafLine:
    """Passes on what comes to ``port``, but of each so many answers loses one and hangs up."""

    def __init__(self, target: tuple[str, int], *, every: int) -> None:
        self.target = target
        self.every = every
        self.answers = 0
        self.lost = 0
        self._counting = threading.Lock()
        self._open: set[socket.socket] = set()
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port = self._door.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        with suppress(OSError):
            self._door.shutdown(socket.SHUT_RDWR)
        self._door.close()
        for stream in list(self._open):
            self._end(stream)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._door.accept()
                with suppress(OSError):
                    far = socket.create_connection(self.target)
                    self._open |= {near, far}
                    for one, other, is_answer in ((near, far, False), (far, near, True)):
                        ends = (one, other, is_answer)
                        threading.Thread(target=self._pass_on, args=ends, daemon=True).start()

    def _pass_on(self, one: socket.socket, other: socket.socket, is_answer: bool) -> None:
        with suppress(OSError):
            while piece := one.recv(CHUNK):
                if is_answer and self._loses():
                    break
                other.sendall(piece)
        for stream in (one, other):
            self._end(stream)

    def _loses(self) -> bool:
        with self._counting:
            self.answers += 1
            is_lost = self.answers % self.every == 0
            self.lost += is_lost
            return is_lost

    def _end(self, stream: socket.socket) -> None:
        self._open.discard(stream)
        with suppress(OSError):
            stream.shutdown(socket.SHUT_RDWR)
        stream.close()
