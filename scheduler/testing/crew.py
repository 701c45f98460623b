"""The schedulers of a test: as many as it wants, held back or ended when it says so."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from random import Random
from threading import Barrier

from django.db import connections

from scheduler import conf
from scheduler.process import Scheduler

TIMEOUTS = ("lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout")


class VirtualScheduler(Scheduler):
    """A scheduler without a process of its own: it takes a turn when it is told to."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number
        self.frozen = False

    @property
    def process_name(self) -> str:
        return f"scheduler {self.number} of the test"


class Crew:
    """
    Schedulers 1 to ``size``. Each turn is taken by all that are awake, in a shuffled order.

    The same ``seed`` shuffles alike. With ``threads`` they take it at the same time.
    """

    def __init__(self, size: int, *, seed: int, threads: bool) -> None:
        if size < 1:
            raise ValueError(f"schedulers= is how many there are, at least 1, not {size!r:.80}.")
        if threads:
            _refuse_threads(conf.database())
        self.seed = seed
        self.threads = threads
        self._random = Random(seed)  # noqa: S311  no secret, only an order
        self._members: dict[int, VirtualScheduler | None] = {
            number: VirtualScheduler(number) for number in range(1, size + 1)
        }

    @property
    def awake(self) -> list[VirtualScheduler]:
        return [each for each in self._members.values() if each is not None and not each.frozen]

    def turn(self) -> None:
        """Let each that is awake do what is due."""
        order = self.awake
        self._random.shuffle(order)
        if self.threads and len(order) > 1:
            _at_once([each.run_once for each in order])
            return
        for each in order:
            with _timeouts_kept(conf.database()):
                each.run_once()

    def freeze(self, number: int | None) -> None:
        for each in self._living(number):
            each.frozen = True

    def thaw(self, number: int | None) -> None:
        for each in self._living(number):
            each.frozen = False

    def kill(self, number: int | None) -> None:
        for each in self._chosen(number):
            self._members[each] = None

    def restart(self, number: int | None) -> None:
        for each in self._chosen(number):
            self._members[each] = VirtualScheduler(each)

    def __str__(self) -> str:
        members = ", ".join(map(_state, self._members.items()))
        order = f"; order shuffled with seed={self.seed}" if len(self._members) > 1 else ""
        return f"schedulers: {members}{order}"

    def _chosen(self, number: int | None) -> list[int]:
        if number is None:
            return list(self._members)
        if number not in self._members:
            raise ValueError(
                f"There is no scheduler {number!r:.80}: they are numbered from 1 to "
                f"{len(self._members)}, and schedulers= of travel() says how many there are."
            )
        return [number]

    def _living(self, number: int | None) -> list[VirtualScheduler]:
        chosen = [self._members[each] for each in self._chosen(number)]
        if number is not None and chosen == [None]:
            raise ValueError(f"Scheduler {number} was killed; restart({number}) replaces it.")
        return [each for each in chosen if each is not None]


def _state(member: tuple[int, VirtualScheduler | None]) -> str:
    number, scheduler = member
    if scheduler is None:
        return f"{number} killed"
    return f"{number} frozen" if scheduler.frozen else f"{number} awake"


def _at_once(turns: list[Callable[[], object]]) -> None:
    barrier = Barrier(len(turns))

    def take(turn: Callable[[], object]) -> None:
        try:
            barrier.wait()
            turn()
        finally:
            connections.close_all()  # this thread's own

    with ThreadPoolExecutor(len(turns)) as pool:
        list(pool.map(take, turns))  # asking for the results raises what one of them raised


def _refuse_threads(alias: str) -> None:
    connection = connections[alias]
    if connection.in_atomic_block:
        raise ValueError(
            "threads=True needs a TransactionTestCase (with pytest, django_db(transaction=True)): "
            "other threads do not see what this test has not committed."
        )
    if connection.vendor == "sqlite" and connection.is_in_memory_db():  # type: ignore[attr-defined]
        raise ValueError(
            "threads=True needs a test database in a file: "
            f'DATABASES[{alias!r}]["TEST"] = {{"NAME": "test.sqlite3"}}.'
        )


@contextmanager
def _timeouts_kept(alias: str) -> Iterator[None]:
    """
    Undo that a turn limits its transaction, which in a TestCase is the whole test's.

    PostgreSQL would end the test of somebody who looks around in a debugger for ten seconds.
    """
    connection = connections[alias]
    if connection.vendor != "postgresql" or not connection.in_atomic_block:
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(f'current_setting({name!r})' for name in TIMEOUTS)}")
        before = cursor.fetchone()
    yield
    with connection.cursor() as cursor:
        settings = ", ".join(f"set_config({name!r}, %s, true)" for name in TIMEOUTS)
        cursor.execute(f"SELECT {settings}", before)
