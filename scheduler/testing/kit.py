"""What a test says about schedules: ``from scheduler.testing import schedules``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.apps import apps
from django.core.exceptions import ImproperlyConfigured

from scheduler.testing.declared import only_declared
from scheduler.testing.moments import Moment, instant, zone_of

if TYPE_CHECKING:
    from scheduler.models import Occurrence
    from scheduler.testing.expectations import Expectations
    from scheduler.testing.travel import TravelClock
    from tasks_core.models import Job


class Schedules:
    """
    Travel in time, then ask what was due and say what ought to have been.

    Questions and assertions are about the journey under way: what was decided since it began.
    Where a method takes a moment, text without an offset is wall time of the journey's zone.
    """

    def __init__(self) -> None:
        self._clock: TravelClock | None = None

    @contextmanager
    def travel(
        self,
        start: Moment,
        *,
        tz: str | ZoneInfo | None = None,
        fold: int | None = None,
        only: Mapping[str, Any] | None = None,
        jobs: bool = True,
        schedulers: int = 1,
        seed: int = 0,
        threads: bool = False,
    ) -> Iterator[TravelClock]:
        """
        Begin a journey at ``start``, wall time in ``tz`` (TIME_ZONE if not given).

        ``only`` are the entries of SCHEDULE for this journey, instead of the project's. With
        ``jobs=False`` jobs are stored and not run; then the second overlaps the first. Several
        ``schedulers`` take each turn in an order shuffled with ``seed``; with ``threads=True``
        at the same time, which needs a TransactionTestCase. Raises InvalidSchedule for an entry.
        """
        _require_app()
        from scheduler.testing.crew import Crew
        from scheduler.testing.travel import TravelClock

        if self._clock is not None:
            raise RuntimeError(f"A journey is under way already: {self._clock}. Move its clock.")
        zone = zone_of(tz)
        began = instant(start, zone, fold=fold)
        crew = Crew(schedulers, seed=seed, threads=threads)
        clock = TravelClock(began, zone=zone, crew=crew, jobs=jobs)
        with nullcontext() if only is None else _only(only), clock:
            self._clock = clock
            try:
                yield clock
            except Exception as error:
                if str(clock) not in str(error):  # as our own assertions tell it
                    error.add_note(f"schedules.travel(): {clock}")
                raise
            finally:
                self._clock = None

    def due_times(self, key: str) -> list[datetime]:
        """Return the due times that became jobs, in UTC, oldest first."""
        return self._expect().findings.due_times(key)

    def ledger(self, key: str | None = None) -> list[Occurrence]:
        """Return the occurrences of one schedule, or of all, oldest first."""
        return self._expect().findings.ledger(key)

    def jobs(self, key: str | None = None) -> list[Job]:
        """Return the jobs of one schedule, or of all, in the order of their due times."""
        return self._expect().findings.jobs(key)

    def assert_due(self, key: str, expected: Moment | Iterable[Moment]) -> None:
        """Fail unless exactly these due times became jobs."""
        __tracebackhide__ = True
        # A moment alone is one of them; text is no list of letters.
        alone = isinstance(expected, (str, date))
        moments: Iterable[Any] = [expected] if alone else expected  # type: ignore[assignment]
        self._expect().due(key, self._instants(moments))

    def assert_not_due(self, key: str, *moments: Moment) -> None:
        """Fail if the schedule was due at one of these moments or, without any, at all."""
        __tracebackhide__ = True
        self._expect().not_due(key, self._instants(moments))

    def assert_skipped(self, key: str, at: Moment, *, reason: str | None = None) -> Occurrence:
        """Return the occurrence that says why the due time ``at`` became no job; else fail."""
        __tracebackhide__ = True
        return self._expect().skipped(key, self._instants([at])[0], reason=reason)

    def assert_job(self, key: str, at: Moment, **expected: Any) -> Job:
        """
        Return the job of the due time ``at``; fail if there is none.

        ``expected`` are fields of a job: ``kwargs={"keep": 7}``, ``queue="ops"``, ``state=…``.
        """
        __tracebackhide__ = True
        return self._expect().job(key, self._instants([at])[0], **expected)

    def assert_nothing_twice(self, key: str | None = None) -> None:
        """Fail if a due time, of one schedule or of any, was decided or became a job twice."""
        __tracebackhide__ = True
        self._expect().nothing_twice(key)

    def _expect(self) -> Expectations:
        from scheduler.testing.expectations import Expectations

        return Expectations(self._under_way())

    def _under_way(self) -> TravelClock:
        if self._clock is None:
            raise RuntimeError(
                "No journey is under way: ask inside `with schedules.travel(…) as clock:`."
            )
        return self._clock

    def _instants(self, moments: Iterable[Moment]) -> list[datetime]:
        clock = self._under_way()
        return [clock.instant(moment) for moment in moments]


schedules = Schedules()


@contextmanager
def _only(entries: Mapping[str, Any]) -> Iterator[None]:
    from scheduler.definitions.trial import refusals
    from scheduler.exceptions import InvalidSchedule

    with only_declared(entries):
        # A scheduler would log them and go on; here they are a mistake of the test.
        if problems := refusals():
            raise InvalidSchedule(" ".join(problems.values()))
        yield


def _require_app() -> None:
    if not apps.is_installed("scheduler"):
        raise ImproperlyConfigured('Schedules need the app: INSTALLED_APPS += ["scheduler"].')
