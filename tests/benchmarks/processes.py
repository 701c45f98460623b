"""Workers as whole sessions: started, stopped, and what they cost, read from /proc."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

TICK = os.sysconf("SC_CLK_TCK")
PROC = Path("/proc")


class Session:
    """A command with a session of its own; its children, and theirs, belong to it."""

    def __init__(self, argv: list[str], *, log: Path, folder: Path) -> None:
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                argv, stdout=output, stderr=subprocess.STDOUT, cwd=folder, start_new_session=True
            )

    @property
    def leader(self) -> int:
        return self.process.pid

    def pids(self) -> list[int]:
        return [pid for pid, fields in _stats() if int(fields[3]) == self.leader]

    def cpu(self) -> float:
        """Return the CPU seconds of all its processes, ended children included."""
        return sum(_cpu(fields) for _, fields in _stats() if int(fields[3]) == self.leader)

    def memory(self) -> dict[str, Any]:
        """Return the proportional set sizes in MiB: of the leader, and of each of its children."""
        sizes = {pid: size for pid in self.pids() if (size := _pss(pid))}
        leader = sizes.pop(self.leader, None)
        children = sorted(sizes.values(), reverse=True)
        if leader is not None and not children:  # it does the work itself
            leader, children = None, [leader]
        return {"supervisor": leader, "children": children}

    def resident(self) -> tuple[float, float]:
        """Return the resident set of its largest process in MiB: now, and at its most."""
        return max((_resident(pid) for pid in self.pids()), default=(0.0, 0.0))

    def stop(self, grace: float = 5) -> None:
        """Ask it to stop, as an operator would; then make sure that nothing is left."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(grace)
        for pid in self.pids():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()


@contextmanager
def sessions(commands: list[list[str]], *, name: str, folder: Path) -> Iterator[list[Session]]:
    from tests.benchmarks.stage import ROOT

    started = [
        Session(argv, log=folder / f"{name}-{number}.log", folder=ROOT)
        for number, argv in enumerate(commands)
    ]
    try:
        yield started
    finally:
        for session in started:
            session.stop()


def cpu(started: list[Session]) -> float:
    return sum(session.cpu() for session in started)


def seconds_until_calm(started: list[Session], *, timeout: float = 10) -> float | None:
    """Return for how long they still use more than a third of a core; None if they never stop."""
    began, used = time.monotonic(), cpu(started)
    while (elapsed := time.monotonic() - began) < timeout:
        time.sleep(0.25)
        now = cpu(started)
        if (now - used) / 0.25 < 0.35:
            return round(elapsed, 2)
        used = now
    return None


def busy_cores_of_others(own_roots: list[int], since: tuple[float, float, float] | None) -> Any:
    """
    Return (time, busy seconds of the machine, of our process trees), for a second call.

    With ``since``, return how many cores others have kept busy from then to now.
    """
    fields = (PROC / "stat").read_text().split(maxsplit=9)[1:9]
    user, nice, system, _, _, interrupts, soft, _ = (int(field) / TICK for field in fields)
    found = (time.monotonic(), user + nice + system + interrupts + soft, tree_cpu(own_roots))
    if since is None:
        return found
    wall, machine, own = (now - then for now, then in zip(found, since, strict=True))
    return round(max(0.0, machine - own) / wall, 2)


def tree_cpu(roots: list[int]) -> float:
    """Return the CPU seconds of these processes and of all that descend from them."""
    stats = dict(_stats())
    parents = {pid: int(fields[1]) for pid, fields in stats.items()}

    def is_ours(pid: int) -> bool:
        while pid in parents:
            if pid in roots:
                return True
            pid = parents[pid]
        return False

    return sum(_cpu(fields) for pid, fields in stats.items() if is_ours(pid))


def _stats() -> Iterator[tuple[int, list[str]]]:
    """Yield the pid of each process and its stat after the name: state, parent, group, session…"""
    for folder in PROC.iterdir():
        if folder.name.isdigit():
            with suppress(OSError):
                yield int(folder.name), (folder / "stat").read_text().rpartition(")")[2].split()


def _cpu(fields: list[str]) -> float:
    return sum(int(ticks) for ticks in fields[11:15]) / TICK


def _resident(pid: int) -> tuple[float, float]:
    with suppress(OSError):
        lines = (PROC / str(pid) / "status").read_text().splitlines()
        sizes = {line.split(":")[0]: line.split()[1] for line in lines if line.startswith("Vm")}
        return tuple(round(int(sizes[name]) / 1024, 1) for name in ("VmRSS", "VmHWM"))  # type: ignore[return-value]
    return 0.0, 0.0


def _pss(pid: int) -> float | None:
    with suppress(OSError):
        for line in (PROC / str(pid) / "smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return round(int(line.split()[1]) / 1024, 1)
    return None
