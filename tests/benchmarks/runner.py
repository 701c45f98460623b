"""Take the measurements, one after another, and keep each as a line of JSON."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import time
from argparse import Namespace
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.benchmarks import environments, processes, servers
from tests.benchmarks.peers import peer_named
from tests.benchmarks.plan import ONCE, OURS, PLAN, QUICK_SHARE, Cell, Entry, cells
from tests.benchmarks.stage import CACHE, ROOT

ROUNDS = 3
NO_RESULT = 900  # seconds
TELLING = ("rate", "single", "p95", "cpu_percent", "seconds", "few", "some", "all", "error")


def run(options: Namespace) -> Path:
    """Measure what is asked for; return the file of results."""
    folder = servers.folder_on_disk()
    (folder / "logs").mkdir()
    os.environ.update(BENCH_FOLDER=str(folder))
    os.environ |= servers.start_postgres(folder) | servers.start_redis()
    file = CACHE / "results" / f"{datetime.now(UTC):%Y-%m-%d-%H%M%S}.jsonl"
    file.parent.mkdir(parents=True, exist_ok=True)
    record(file, {"about": about(options, folder)})
    runner = Runner(file=file, folder=folder, options=options)
    for measure in options.only:
        usual = 1 if options.quick or measure in ONCE else ROUNDS
        for number in range(options.rounds or usual):
            for cell in runner.chosen(measure):
                runner.measure(cell, number=number)
    last = file.with_name("last.jsonl")
    last.unlink(missing_ok=True)
    last.symlink_to(file.name)
    return file


def about(options: Namespace, folder: Path) -> dict[str, Any]:
    """Tell what the figures are worth: when, where, and what was installed."""
    peers = [name for name in environments.REQUIREMENTS if name != "picture"]
    chosen = [name for name in peers if not options.peers or name in options.peers]
    named = {name: name.replace("_", "-") for name in peers}
    installed = {name: environments.versions(name) for name in chosen}
    ours = environments.versions("tasks_core")
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": shlex.join(["make", "bench", f"ARGS={shlex.join(sys.argv[1:])}"]),
        "commit": _output("git", "describe", "--always", "--dirty", "--exclude", "*"),
        "python": sys.version.split()[0],
        "versions": {name: installed[name].get(named[name], "?") for name in chosen},
        "django": ours["django"],
        "psycopg": ours["psycopg"],
        "postgres": os.environ["BENCH_POSTGRES_VERSION"],
        "machine": servers.machine(folder),
    }


def record(file: Path, line: dict[str, Any]) -> None:
    with file.open("a") as results:
        results.write(json.dumps(line) + "\n")


class Runner:
    """Knows what earlier cells have found: the size of our groups, which the raw loop repeats."""

    def __init__(self, *, file: Path, folder: Path, options: Namespace) -> None:
        self.file, self.folder, self.options = file, folder, options
        self.groups: dict[str, float] = {}

    def chosen(self, measure: str) -> Iterator[Cell]:
        options = self.options
        for entry in PLAN[measure]:
            is_wanted = not options.peers or entry.peer in {*OURS, *options.peers}
            if is_wanted and (not options.stores or entry.store in options.stores):
                yield from cells(
                    measure,
                    entry,
                    is_quick=options.quick,
                    idle_transaction=options.idle_transaction,
                )

    def measure(self, cell: Cell, *, number: int) -> None:
        began, before = time.monotonic(), processes.busy_cores_of_others(self._roots, None)
        found = self._drive(cell)
        if "error" in found:
            words = self._last_words()
            if words not in found["error"]:
                found["error"] += f"; {words}"
        others = processes.busy_cores_of_others(self._roots, before)
        entry = cell.entry
        if found.get("group") and entry.peer == "tasks_core":
            self.groups[entry.store] = found["group"]
        line = {
            "measure": cell.measure,
            "peer": entry.peer,
            "store": entry.store,
            "profile": entry.profile,
            "label": cell.label,
            "round": number,
            "others": others,
            **found,
        }
        record(self.file, line)
        told = ", ".join(f"{name} {_told(found[name])}" for name in TELLING if name in found)
        what = f"{cell.measure:8} {entry.peer}/{entry.store}/{entry.profile} {cell.label}"
        sys.stderr.write(f"{what:52} {told} ({time.monotonic() - began:.0f} s)\n")

    def _drive(self, cell: Cell) -> dict[str, Any]:
        entry, result = cell.entry, self.folder / "result.json"
        result.unlink(missing_ok=True)
        driver = [environments.python_of(entry.peer), "-m", "tests.benchmarks.driver"]
        command: list[Any] = [*driver, cell.measure, json.dumps(self._options(cell)), result]
        with (self.folder / "logs" / "drivers.log").open("ab") as log:
            running = subprocess.Popen(
                command, cwd=ROOT, env=self._environment(cell), stdout=log, stderr=log
            )
            try:
                running.wait(NO_RESULT + self.options.idle_transaction)
            except subprocess.TimeoutExpired:
                return {"error": f"no result within {NO_RESULT} s"}
            finally:
                running.terminate()
                running.wait()
        return json.loads(result.read_text()) if result.exists() else {"error": "no result"}

    def _options(self, cell: Cell) -> dict[str, Any]:
        if cell.measure != "drain":
            return cell.options
        jobs = peer_named(cell.entry.peer).drained
        options = {**cell.options, "jobs": jobs // QUICK_SHARE if self.options.quick else jobs}
        if cell.entry.peer == "raw":
            options["group"] = self.groups.get(cell.entry.store)
        return options

    def _environment(self, cell: Cell) -> dict[str, str]:
        entry: Entry = cell.entry
        return os.environ | {
            "PYTHONPATH": str(ROOT),
            "BENCH_PEER": entry.peer,
            "BENCH_STORE": entry.store,
            "BENCH_PROFILE": entry.profile,
        }

    def _last_words(self) -> str:
        """Return the last line of the newest log, where a worker or a driver says why it ended."""
        logs = [*self.folder.glob("*.log"), *self.folder.glob("logs/*.log")]
        newest = max(logs, key=lambda log: log.stat().st_mtime)
        return (newest.read_text(errors="replace").rstrip().splitlines() or [""])[-1][:200]

    @property
    def _roots(self) -> list[int]:
        return [os.getpid(), int(os.environ["BENCH_POSTGRES_PID"])]


def _told(value: Any) -> Any:
    return value["last_s"] if isinstance(value, dict) else value


def _output(*command: str) -> str:
    try:
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""
