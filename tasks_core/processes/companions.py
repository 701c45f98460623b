"""Processes of other apps that want to run beside the worker, each in a thread."""

import threading
from collections.abc import Iterable
from typing import Any

from django.apps import apps
from django.utils.module_loading import import_string


class Companions:
    """
    What the installed apps list in ``AppConfig.companion_processes``.

    That attribute holds dotted paths of callables without arguments; each returns an object
    with ``run()``, ``stop()`` and ``run_once()``, which returns how many errors it met.
    """

    def __init__(self, paths: Iterable[str] | None = None) -> None:
        found = _listed() if paths is None else paths
        self.processes: list[Any] = [import_string(path)() for path in found]
        self._threads: list[threading.Thread] = []

    def run_once(self) -> int:
        """Let each do what is due; instead of entering the context, which runs them for good."""
        return sum(process.run_once() for process in self.processes)

    def start(self, *, until: threading.Event) -> None:
        """Run each in a thread; ask them to stop as soon as whom they accompany does."""
        for process in self.processes:
            thread = threading.Thread(target=process.run, name=process.name, daemon=True)
            self._threads.append(thread)
            thread.start()
        if self.processes:
            leaving = threading.Thread(target=self._leave, args=(until,), daemon=True)
            leaving.start()

    def _leave(self, until: threading.Event) -> None:
        until.wait()
        for process in self.processes:
            process.stop()

    def stop(self) -> None:
        for process in self.processes:
            process.stop()
        for thread in self._threads:
            thread.join(timeout=10)


def _listed() -> list[str]:
    return [
        path for app in apps.get_app_configs() for path in getattr(app, "companion_processes", ())
    ]
