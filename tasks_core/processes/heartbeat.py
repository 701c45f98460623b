"""A thread that keeps this process's lease alive, on a connection of its own."""

import logging
import threading
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import connections

from tasks_core import clock, conf
from tasks_core.attempts import Attempt
from tasks_core.leases import Leases, Renewal
from tasks_core.processes.output import log_failure
from tasks_core.signals import process_started, process_stopped

if TYPE_CHECKING:
    from tasks_core.models import Process

logger = logging.getLogger("tasks_core")

STOP = 5.0  # seconds: a renewal that hangs in the database must not keep the process from ending


class Heartbeat:
    """Registers a process and renews its lease every third of it until stopped."""

    def __init__(
        self,
        leases: Leases,
        *,
        kind: str,
        queues: Sequence[str] | None = None,
        concurrency: int = 1,
    ) -> None:
        self.leases = leases
        self.kind = kind
        self.queues = queues
        self.concurrency = concurrency
        self.process: Process | None = None
        self._owner: UUID | None = None  # its key: asked before each job
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._contact_since: float | None = None
        self._last_contact = 0.0
        self._fresh_until = 0.0

    @property
    def owner(self) -> UUID:
        """Return the id under which this process owns jobs; a presumed death changes it."""
        if self._owner is None:
            raise RuntimeError("the heartbeat has not been started")
        return self._owner

    def start(self) -> None:
        """Register, then renew in the background. Raises what the database raises."""
        self._register()
        self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop renewing and note the orderly end."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(timeout=STOP)
        if self.process is None:
            return
        try:
            self.leases.end(self.process.pk)
        except Exception:  # noqa: BLE001 - whatever keeps the leases; and an end is no failure
            log_failure("the end of %s could not be noted; its lease will end", self.process)
        process_stopped.send_robust(type(self), process=self.process)

    @property
    def is_fresh(self) -> bool:
        """Say whether the last renewal is so recent that nobody can have taken us for dead."""
        return clock.monotonic() <= self._fresh_until  # asked before each job: no setting is read

    def owns(self, attempt: Attempt) -> bool:
        """Say whether nobody else can have this job: we are alive, and still who claimed it."""
        return self.is_fresh and attempt.owner == self.owner

    def contact(self) -> timedelta:
        """Return for how long the database has answered without a break."""
        if self._contact_since is None or not self.is_fresh:
            return timedelta(0)
        return timedelta(seconds=self._last_contact - self._contact_since)

    def beat(self) -> None:
        """Renew once. A process that was taken for dead comes back under a new id."""
        lease: timedelta = conf.get("LEASE")
        began = clock.monotonic()
        if began - self._last_contact > lease.total_seconds() / 2:
            self._contact_since = None  # too long since the last answer to call it unbroken
        found = self.leases.renew(self.owner)
        if found is not Renewal.KEPT:
            # The database's clock went further than ours: it jumped, or this machine slept.
            self._contact_since = None
        if found is Renewal.LOST:
            logger.warning("%s was taken for dead; its jobs were given away", self.process)
            self._register()
        self._touch(began)

    def _register(self) -> None:
        began = clock.monotonic()
        self.process = self.leases.register(
            kind=self.kind, queues=self.queues, concurrency=self.concurrency
        )
        self._owner = self.process.pk
        self._touch(began)
        process_started.send_robust(type(self), process=self.process)

    def _touch(self, began: float) -> None:
        self._last_contact = began
        lease: timedelta = conf.get("LEASE")
        self._fresh_until = began + lease.total_seconds() * 2 / 3
        if self._contact_since is None:
            self._contact_since = began

    def _run(self) -> None:
        interval = conf.get("LEASE").total_seconds() / 3
        wait = interval
        while not self._stopping.wait(wait):
            try:
                self.beat()
                wait = interval
            except Exception:  # noqa: BLE001 - as in Loop: an outage is no reason to end
                # The database is away. Again soon, so that the lease survives a short outage.
                log_failure("heartbeat failed")
                self._contact_since = None
                wait = min(interval, 1.0)
                connections.close_all()
        connections.close_all()
