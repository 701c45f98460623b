"""Each product in a virtual environment of its own, made once under the cache folder."""

from __future__ import annotations

import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from tests.benchmarks.stage import CACHE

# Newest versions, resolved for our own interpreter, so that all run on the same Python and Django.
REQUIREMENTS = {
    "procrastinate": ["procrastinate[django]", "psycopg[binary]"],
    "django_tasks_db": ["django-tasks-db[compat]", "psycopg[binary]"],
    "django_q2": ["django-q2", "croniter", "psycopg[binary]"],
    "huey": ["huey", "redis"],
    "celery": ["celery[redis]"],
    "dramatiq": ["dramatiq[redis]"],
    "apscheduler": ["apscheduler<4", "sqlalchemy", "psycopg[binary]"],
    "picture": ["matplotlib"],
}


def python_of(name: str) -> Path:
    """Return the interpreter of this environment; make the environment if it is not there."""
    if name not in REQUIREMENTS:  # ours, and the limits: the environment that runs this
        return Path(sys.executable)
    folder = CACHE / "environments" / name
    ready = folder / "requirements.txt"
    wanted = "\n".join(REQUIREMENTS[name])
    if not ready.exists() or ready.read_text() != wanted:
        _make(folder, REQUIREMENTS[name])
        ready.write_text(wanted)
    return folder / "bin" / "python"


def versions(name: str) -> dict[str, str]:
    """Return what is installed there, by name."""
    listed = subprocess.run(
        [_uv(), "pip", "list", "--quiet", "--format=freeze", "--python", python_of(name)],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return dict(line.split("==", 1) for line in listed.splitlines() if "==" in line)


def _make(folder: Path, requirements: list[str]) -> None:
    sys.stderr.write(f"Making the environment {folder.name} …\n")
    shutil.rmtree(folder, ignore_errors=True)
    subprocess.run([_uv(), "venv", "--quiet", "--python", sys.executable, folder], check=True)
    install = [_uv(), "pip", "install", "--quiet", "--python", folder / "bin" / "python"]
    subprocess.run([*install, *requirements], check=True)


def _uv() -> str:
    beside = Path(sys.executable).parent / "uv"
    if beside.exists():
        return str(beside)
    if find_spec("uv") is None:
        raise RuntimeError("uv is not installed: run `make setup`.")
    return str(shutil.which("uv"))
