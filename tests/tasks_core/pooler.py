"""A connection pooler in transaction mode: many clients, one session of the server."""

from __future__ import annotations

import socket
import struct
import threading
from contextlib import suppress

READY = b"Z"
ENDS_A_TURN = frozenset(b"QS")  # Query, Sync
TERMINATE = ord("X")
ANOTHER_PID = struct.pack("!cIII", b"K", 12, 4242, 4242)


class Pooler:
    """Passes each client's turns to the one session, and nothing to clients that are silent."""

    def __init__(self, *, host: str, port: int, user: str, database: str) -> None:
        self._turn = threading.Lock()
        self._server = socket.create_connection((host, port))
        words = b"".join(word.encode() + b"\0" for word in ("user", user, "database", database, ""))
        self._server.sendall(struct.pack("!II", len(words) + 8, 196608) + words)
        self._greeting = self._answer()
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port = self._door.getsockname()[1]
        self._clients: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._door.shutdown(socket.SHUT_RDWR)
        for each in (self._door, self._server, *self._clients):
            each.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._door.accept()
                self._clients.append(client)
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with suppress(OSError, EOFError):
            self._greet(client)
            while True:
                self._pass_on_a_turn(client)

    def _greet(self, client: socket.socket) -> None:
        while True:
            length, code = struct.unpack("!II", read(client, 8))
            read(client, length - 8)
            if code == 196608:
                break
            client.sendall(b"N")  # no encryption
        for kind, message in self._greeting:
            client.sendall(ANOTHER_PID if kind == b"K" else message)

    def _pass_on_a_turn(self, client: socket.socket) -> None:
        request = b""
        while True:
            kind, message = read_message(client)
            if kind[0] == TERMINATE:
                raise EOFError
            request += message
            if kind[0] in ENDS_A_TURN:
                break
        with self._turn:
            self._server.sendall(request)
            answer = self._answer()
        client.sendall(b"".join(message for _, message in answer))

    def _answer(self) -> list[tuple[bytes, bytes]]:
        found = [read_message(self._server)]
        while found[-1][0] != READY:
            found.append(read_message(self._server))
        return found


def read_message(stream: socket.socket) -> tuple[bytes, bytes]:
    kind, size = read(stream, 1), read(stream, 4)
    return kind, kind + size + read(stream, struct.unpack("!I", size)[0] - 4)


def read(stream: socket.socket, count: int) -> bytes:
    found = b""
    while len(found) < count:
        more = stream.recv(count - len(found))
        if not more:
            raise EOFError
        found += more
    return found
