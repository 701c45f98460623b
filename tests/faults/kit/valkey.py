"""A Valkey server of a scenario's own, which may be stopped, killed and started as it pleases."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

import redis

from tests import services


class Valkey:
    """Started when it is made. Words are its settings: ``Valkey(appendonly="yes")``."""

    def __init__(self, **settings: str) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="valkey-", dir=services.folder()))
        self.port = services.free_port()
        self.restarts = 0
        self._settings = {"save": "", "appendonly": "no"} | settings
        self.client = redis.Redis(port=self.port)
        self.start()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    @property
    def options(self) -> dict[str, str]:
        """Return the OPTIONS of a backend that has its jobs here."""
        return self.options_at(self.port)

    def options_at(self, port: int | None) -> dict[str, str]:
        """Return the same by way of another port of this machine."""
        return {"url": f"redis://127.0.0.1:{port or self.port}/0", "prefix": "faults"}

    def start(self) -> None:
        """Start it, and return when it has read what it had written."""
        told = self._settings | {"dir": str(self.folder)}
        words = (word for name, value in told.items() for word in (f"--{name}", value))
        self._process = services.valkey_at(self.port, *words)

    def stop(self) -> None:
        """Let it end in good order, with everything written."""
        with suppress(redis.exceptions.ConnectionError):
            self.client.shutdown(nosave=True)
        self._end()

    def kill(self) -> None:
        """End it as ``kill -9`` does."""
        self._process.kill()
        self._end()

    def log_size(self) -> int:
        return self._log().stat().st_size

    def cut_log(self, size: int) -> None:
        """Take so many bytes off the end of its log, as a machine that crashes may."""
        with self._log().open("r+b") as file:
            file.truncate(self.log_size() - size)

    def _log(self) -> Path:
        return max(self.folder.glob("appendonlydir/*.incr.aof"))

    def remove(self) -> None:
        self.client.close()
        self.kill()
        shutil.rmtree(self.folder)

    def _end(self) -> None:
        self._process.wait(60)
        if self._process.stdout is not None:
            self._process.stdout.close()
