"""What may keep the due times of a batch of schedules from becoming jobs for a while."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Q

from scheduler.choices import CalendarAction, Reason
from scheduler.due.gates import Always, Gate, Windows
from scheduler.due.protocol import told
from scheduler.exceptions import InvalidSchedule
from scheduler.models import Maintenance
from scheduler.turn.due import Row
from scheduler.turn.rebuild import calendar_of, computed_of


class Gates:
    """The gates of several schedules, each asked once; one query for the maintenance."""

    def __init__(self, alias: str, rows: Sequence[Row], *, now: datetime) -> None:
        self.maintenance = maintenance(alias, since=_oldest(rows, now), until=now)
        self._open: dict[str, bool] = {}

    def of(self, row: Row) -> tuple[Gate, ...]:
        """Return them in the order of their weight; this may call the project's own code."""
        gates = []
        if row.enabled_if and not self._is_open(row):
            gates.append(Gate(Reason.ENVIRONMENT, Always()))
        if self.maintenance:
            gates.append(Gate(Reason.MAINTENANCE, self.maintenance))
        if row.calendar_rules and row.calendar_action == CalendarAction.SKIP:
            gates.append(Gate(Reason.CALENDAR, calendar_of(row)))
        return tuple(gates)

    def _is_open(self, row: Row) -> bool:
        if row.enabled_if not in self._open:
            self._open[row.enabled_if] = _answer(row)
        return self._open[row.enabled_if]


def _answer(row: Row) -> bool:
    condition = computed_of(row, row.enabled_if)
    try:
        return bool(condition())
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        raise InvalidSchedule(f"enabled={row.enabled_if} raised {told(error)}") from error


def maintenance(alias: str, *, since: datetime, until: datetime) -> Windows:
    """Return the times of maintenance that touch (since, until]."""
    touching = Maintenance.objects.using(alias).filter(
        Q(ended_at=None) | Q(ended_at__gt=since), began_at__lte=until
    )
    return Windows(list(touching.values_list("began_at", "ended_at")))


def _oldest(rows: Sequence[Row], now: datetime) -> datetime:
    return min((row.watermark for row in rows), default=now)
