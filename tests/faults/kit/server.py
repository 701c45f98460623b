"""A PostgreSQL server of a scenario's own, which may be stopped and started as it pleases."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from tests import services

OPTIONS = {
    "listen_addresses": "127.0.0.1",
    "max_connections": 200,
    # The machine goes on, so what the server has written survives its own sudden end.
    "fsync": "off",
}


class Server:
    """Started when it is made; ``settings`` is its entry for DATABASES."""

    def __init__(self, **options: object) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="server-", dir=services.folder()))
        self.folder.chmod(0o700)
        self.port = services._free_port()
        self.restarts = 0
        self._options = OPTIONS | {"unix_socket_directories": self.folder} | options
        self._programs = services._postgres_programs()
        services._give_to_nobody(self.folder)
        wanted = ["-A", "trust", "-U", "postgres", "-E", "UTF8", "--no-sync", "--no-instructions"]
        services._run([self._programs / "initdb", "-D", self.folder, *wanted])
        self.start()

    @property
    def settings(self) -> dict[str, object]:
        return services.database(f"postgres://postgres@127.0.0.1:{self.port}/postgres")

    def start(self) -> None:
        options = " ".join(f"-c {name}={value}" for name, value in self._options.items())
        log = self.folder / "log"
        self._control("-w", "-l", log, "-o", f"-p {self.port} {options}", "start")

    def stop(self, mode: str = "fast") -> None:
        """Stop it; ``immediate`` is as if it had been killed."""
        self._control("-w", "-m", mode, "stop")

    def restart(self, mode: str) -> None:
        self.stop(mode)
        self.start()
        self.restarts += 1

    def remove(self) -> None:
        self.stop("immediate")
        shutil.rmtree(self.folder)

    def _control(self, *words: object) -> None:
        services._run([self._programs / "pg_ctl", "-D", self.folder, *words])
