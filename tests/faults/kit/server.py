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
    """
    Started when it is made; ``settings`` is its entry for DATABASES.

    ``folder`` is where it keeps its data, and ``log_folder`` its write-ahead log, if that shall
    be elsewhere.
    """

    def __init__(
        self, folder: Path | None = None, log_folder: Path | None = None, **options: object
    ) -> None:
        self.folder = folder or Path(tempfile.mkdtemp(prefix="server-", dir=services.folder()))
        self.folder.mkdir(mode=0o700, exist_ok=True)
        self.folder.chmod(0o700)
        self.log_folder = log_folder
        self.port = services.free_port()
        self.restarts = 0
        self._options = OPTIONS | {"unix_socket_directories": self.folder} | options
        self._programs = services._postgres_programs()
        services._give_to_nobody(self.folder)
        wanted = ["-A", "trust", "-U", "postgres", "-E", "UTF8", "--no-sync", "--no-instructions"]
        if log_folder is not None:
            log_folder.mkdir(mode=0o700)
            services._give_to_nobody(log_folder)
            wanted += ["-X", log_folder]
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
        if self.log_folder is not None:
            shutil.rmtree(self.log_folder)

    def _control(self, *words: object) -> None:
        services._run([self._programs / "pg_ctl", "-D", self.folder, *words])
