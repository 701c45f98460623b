"""Where claimed jobs run: a thread for each slot, and one event loop for the coroutines."""

from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import NamedTuple
from uuid import UUID

from django.db import connections

from tasks_core import executor
from tasks_core.attempts import Attempt
from tasks_core.outcomes import Outcome
from tasks_core.processes.connections import tidy_connections
from tasks_core.processes.worker.coroutines import Coroutines
from tasks_core.processes.worker.executions import TOLD, Execution, Reason
from tasks_core.processes.worker.notes import NoNotes, Notes
from tasks_core.processes.worker.threads import Exchange, Threads
from tasks_core.signals import job_started

GROUP = 100  # outcomes that are worth a statement before anybody asks for them


class Finished(NamedTuple):
    """How one attempt ended, and the seconds that it ran."""

    attempt: Attempt
    outcome: Outcome
    seconds: float


class Slots:
    """
    Runs up to ``size`` attempts at once and collects their outcomes.

    More may be handed in than there are free slots; they wait, and can be taken back.
    """

    def __init__(
        self,
        size: int,
        *,
        sender: type,
        on_finished: Callable[[], None],
        may_start: Callable[[Attempt], bool] = lambda attempt: True,
        notes: Notes | NoNotes | None = None,
    ) -> None:
        self.size = size
        self.held: dict[tuple[UUID, int], Attempt] = {}  # waiting, running, or finished
        self.running: dict[tuple[UUID, int], Execution] = {}
        self.given_up: set[tuple[UUID, int]] = set()  # running, and not to be stopped
        self.notes = notes or NoNotes()
        self._sender = sender
        self._on_finished = on_finished
        self._may_start = may_start
        self.refused: deque[Attempt] = deque()  # may not start any more, and wait to be taken back
        self._pile: deque[Attempt] = deque()  # best first; every slot takes from it
        self._finished: deque[Finished] = deque()
        self.threads = Threads(size)
        self._coroutines = Coroutines(sender)

    @property
    def is_awaited(self) -> bool:
        """Say whether something is held of which an end can be expected."""
        return not self.given_up.issuperset(self.held)

    @property
    def is_cut_off(self) -> bool:
        """Say whether something runs that nobody had given up before."""
        return not self.given_up.issuperset(self.running)

    @property
    def free(self) -> int:
        """Return how many attempts could start at once."""
        return max(0, self.size - len(self.held))

    @property
    def waiting(self) -> int:
        return len(self._pile) + len(self.refused)

    def run(
        self, attempts: Sequence[Attempt], *, in_turn: bool = False, here: bool = False
    ) -> Exchange | None:
        """
        Start ``attempts``, each in a free slot or as soon as there is one.

        ``in_turn`` they share one slot, which suits jobs so small that threads which take
        turns would cost more than the jobs; ``help_out`` adds another slot if that was wrong.

        The borrowed thread asks to run one of them ``here``; None is returned if no slot sleeps
        that could be borrowed in its place.
        """
        for attempt in attempts:
            self.held[attempt.key] = attempt
        self._pile.extend(attempts)
        stays = here and len(self.held) <= self.size
        for _ in range((1 if in_turn else min(self.size, len(attempts))) - stays):
            self.help_out()
        return partial(self.threads.exchange, self._work) if stays else None

    def help_out(self) -> None:
        """Let one more slot take from the pile, if there is one that sleeps."""
        self.threads.call(self._work)

    def finished(self) -> list[Finished]:
        """Return what has ended since the last call, and free its slots."""
        found = [self._finished.popleft() for _ in range(len(self._finished))]
        # What was handed in while it ran may have come to an end of its own; the first counts.
        return [each for each in found if self.held.pop(each.attempt.key, None) is not None]

    def take_back(self) -> list[Attempt]:
        """Return what has not started; it will not."""
        found: list[Attempt] = []
        for waiting in (self._pile, self.refused):
            with suppress(IndexError):
                while True:
                    found.append(waiting.pop())
        for attempt in found:
            del self.held[attempt.key]
        return found

    def tell(self, key: tuple[UUID, int], reason: Reason) -> bool:
        """Tell a job to stop; return False if it does not run here, or was told before."""
        execution = self.running.get(key)
        if execution is None or not execution.tell(reason):
            return False
        self.notes.tell(*key, TOLD[reason])
        return True

    def end_running(self) -> None:
        """Hand in what still runs as interrupted; only a process that ends may do so."""
        self._finished.extend(
            Finished(each.attempt, each.interrupted(), each.attempt.watch.seconds)
            for each in list(self.running.values())
        )

    def close(self) -> None:
        """Let the threads go; call it when nothing is running."""
        self.threads.close()
        self._coroutines.close()

    def _work(self) -> None:
        with suppress(IndexError):
            while True:
                self._run(self._pile.popleft())

    def _run(self, attempt: Attempt) -> None:
        # Whoever was frozen since the claim may have been taken for dead: another worker may
        # run this job by now.
        if not self._may_start(attempt):
            self.refused.append(attempt)
            self._on_finished()
            return
        key = attempt.key
        self.running[key] = execution = Execution(attempt)
        attempt.watch.start()
        self.notes.start(*key, deadline=attempt.deadline, task=attempt.task)
        try:
            # Asked here and not in the worker's loop: it may import the task's module.
            if executor.is_async(attempt):
                self.threads.replace()
                outcome = self._coroutines.run(execution)
            else:
                outcome = self._execute(execution)
        except BaseException as error:  # noqa: BLE001 - whatever it was, the slot must come back
            outcome = executor.raised(attempt, error)
        del self.running[key]
        self._finished.append(Finished(attempt, outcome, attempt.watch.stop()))
        # While more is waiting, outcomes are collected: the worker's loop looks by itself.
        if not self._pile or len(self._finished) >= GROUP:
            self._on_finished()

    def _execute(self, execution: Execution) -> Outcome:
        job_started.send_robust(self._sender, attempt=execution.attempt)
        self.threads.replace()  # no sooner: two threads that wake up are in each other's way
        outcome = execution.run()
        if execution.told is not None:
            # It may have been in the middle of a statement.
            connections.close_all()
        tidy_connections()
        return outcome
