"""Schedules: listed, shown, run, paused, resumed, and what became of their due times."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from http import HTTPStatus
from typing import Any, ClassVar

from django.http import Http404, HttpResponse

from scheduler import conf, listing, operations
from scheduler.exceptions import SchedulerError, UnknownSchedule
from scheduler.http import ledger, runs
from scheduler.http.shapes import (
    DueQuery,
    DueTime,
    DueTimes,
    Ledger,
    LedgerQuery,
    LedgerRow,
    Pause,
    Resume,
    Run,
    ScheduleLine,
    ScheduleQuery,
    Schedules,
    ScheduleWhole,
    Started,
)
from scheduler.models import Schedule
from scheduler.operations.locking import row_of
from scheduler.turn.rebuild import trigger_of
from tasks_core import clock, masking
from tasks_core.exceptions import InvalidCall
from tasks_core.http import keys
from tasks_core.http.cursors import cursor, place
from tasks_core.http.door import Door, reply, stored
from tasks_core.http.kinds import moment_or_delay, to_name
from tasks_core.http.operations import Operation

OPERATE = "tasks_scheduler.change_schedule"
VIEW = ("tasks_scheduler.view_schedule", OPERATE)  # as in the admin

shows = partial(Operation, needs=VIEW)
operates = partial(Operation, needs=(OPERATE,), refuses=(HTTPStatus.CONFLICT,))


class ScheduleDoor(Door):
    statuses: ClassVar[Mapping[type[Exception], HTTPStatus]] = {
        UnknownSchedule: HTTPStatus.NOT_FOUND,
        SchedulerError: HTTPStatus.CONFLICT,
        InvalidCall: HTTPStatus.CONFLICT,  # what was said is fine, but the task takes another
    }

    def initial(self, request: Any, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if "\0" in kwargs.get("key", ""):  # which no database would look for
            raise Http404("No schedule has such a key.")


class SchedulesView(ScheduleDoor):
    GET = shows(
        name="list_schedules",
        summary="List schedules by their keys",
        asks=ScheduleQuery,
        answers={200: Schedules},
        refuses=(HTTPStatus.NOT_FOUND,),
    )

    def get(self, request: Any) -> HttpResponse:
        now, asked = clock.db_now(conf.database()), self.asked
        rows = Schedule.objects.using(conf.database()).order_by("key")
        if asked.state:
            rows = rows.filter(listing.in_state(asked.state, now=now))
        narrowed = {"task": asked.task, "source": asked.source}
        rows = rows.filter(**{name: value for name, value in narrowed.items() if value})
        if asked.cursor:
            rows = rows.filter(key__gt=place(asked.cursor, to_name)[0])
        found = list(rows[: asked.limit + 1])
        following = cursor(found[-2].key) if len(found) > asked.limit else None
        lines = [ScheduleLine(**_told(row, now)) for row in found[: asked.limit]]
        return reply(Schedules(schedules=lines, next=following))


class ScheduleView(ScheduleDoor):
    GET = shows(
        name="show_schedule",
        summary="Show a schedule",
        answers={200: ScheduleWhole},
    )

    def get(self, request: Any, key: str) -> HttpResponse:
        return reply(_whole(key))


class NextView(ScheduleDoor):
    GET = shows(
        name="next_due_times",
        summary="Tell the next due times of a schedule",
        description="What its trigger says; a pause or a calendar may make less of them.",
        asks=DueQuery,
        answers={200: DueTimes},
        refuses=(HTTPStatus.CONFLICT,),
    )

    def get(self, request: Any, key: str) -> HttpResponse:
        trigger, now = trigger_of(row_of(key)), clock.db_now(conf.database())
        found = listing.coming(trigger, now=now, number=self.asked.limit)
        due = [
            DueTime(due_at=each["utc"], local=each["local"], note=each["note"]) for each in found
        ]
        return reply(DueTimes(due=due))


class HistoryView(ScheduleDoor):
    GET = shows(
        name="history_of_schedule",
        summary="Tell what became of the due times of a schedule, the newest first",
        asks=LedgerQuery,
        answers={200: Ledger},
    )

    def get(self, request: Any, key: str) -> HttpResponse:
        found, following = ledger.page(key, self.asked)
        rows = list(map(LedgerRow.model_validate, found))
        return reply(Ledger(occurrences=rows, next=following))


class RunView(ScheduleDoor):
    POST = operates(
        name="run_schedule",
        summary="Make one job of a schedule now, beside what it does itself",
        description="Whoever asks may see the job, as one that they asked for themselves.",
        takes=Run,
        takes_key=True,
        answers={200: Started, 201: Started},
    )

    def post(self, request: Any, key: str) -> HttpResponse:
        act = partial(runs.run, key, self.said(Run), user=request.user)
        asked = keys.key_of(request, self.body)
        job_id, was_before, _ = keys.once(asked, alias=conf.database(), act=act)
        is_new = job_id is not None and not was_before
        told = Started(schedule=key, job_id=job_id)
        return stored(told, is_new=is_new, was_before=was_before, where=runs.address(job_id))


class PauseView(ScheduleDoor):
    POST = operates(
        name="pause_schedule",
        summary="Let due times be recorded as skipped from now on",
        takes=Pause,
        answers={200: ScheduleWhole},
    )

    def post(self, request: Any, key: str) -> HttpResponse:
        said = self.said(Pause)
        row_of(key)  # or what is wrong with it first
        until = runs.to_come(moment_or_delay(said.until), what="until")
        operations.pause(key, user=request.user, reason=said.reason, until=until)
        return reply(_whole(key))


class ResumeView(ScheduleDoor):
    POST = operates(
        name="resume_schedule",
        summary="Let due times become jobs again",
        takes=Resume,
        answers={200: ScheduleWhole},
    )

    def post(self, request: Any, key: str) -> HttpResponse:
        said = self.said(Resume)
        told = {"reason": said.reason, "catch_up": said.catch_up}
        operations.resume(key, user=request.user, **told)
        return reply(_whole(key))


def _whole(key: str) -> ScheduleWhole:
    return ScheduleWhole(**_told(row_of(key), clock.db_now(conf.database())))


def _told(row: Schedule, now: Any) -> dict[str, Any]:
    line = listing.line(row, now=now)
    columns = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}
    seen = masking.shown(row.task, row.args, row.kwargs)
    return {**columns, **seen, "state": line["state"], "when": line["when"]}
