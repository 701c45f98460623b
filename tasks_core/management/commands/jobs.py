"""``manage.py jobs <verb>``: look at jobs and decide about them."""

import sys
from argparse import ArgumentParser, ArgumentTypeError, RawDescriptionHelpFormatter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from tasks_core import Call, background, job_backends
from tasks_core.backends.database import DatabaseBackend
from tasks_core.exceptions import InvalidCall, InvalidJobBackend, UnsupportedFeature
from tasks_core.management.arguments import add_filters, age, json_value, moment, verb_parser
from tasks_core.models import Job
from tasks_core.outcomes import Succeeded
from tasks_core.presentation import COLUMNS, ago, as_dict, as_json, as_lines, as_table
from tasks_core.processes.foreground import run_ready
from tasks_core.states import FINAL, JobState

EPILOG = """
examples:
  jobs list --state failed --limit 5
  jobs show 0197c0de-…                      everything about one job, tracebacks included
  jobs run blog.tasks.backup --kwargs '{"keep": 7}'   store a call and run it here and now
  jobs run 0197c0de-…                       run this waiting job here and now
  jobs retry --state failed --task blog.tasks.send    every failed job of one task
  jobs reschedule 0197c0de-… --when "2026-12-24 18:00"
  jobs prune --older-than 7d --state successful

Exit codes: 0 done, 1 nothing was changed or the job did not succeed, 2 wrong arguments.
"""
WAITING = (JobState.SCHEDULED, JobState.READY)


class Command(BaseCommand):
    help = "Look at background jobs and decide about them."

    def create_parser(self, *args: Any, **kwargs: Any) -> Any:
        kwargs.update(formatter_class=RawDescriptionHelpFormatter, epilog=EPILOG)
        return super().create_parser(*args, **kwargs)

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True, metavar="verb")
        listing = verb_parser(verbs, "list", "the newest jobs first")
        add_filters(listing)
        listing.add_argument("--limit", type=_count, default=20, help="default: %(default)s")
        verb_parser(verbs, "show", "everything about one job").add_argument("id", type=UUID)
        run = verb_parser(verbs, "run", "run a waiting job, or a new call of a task, here and now")
        run.add_argument("what", help="a job's id or a task's dotted name")
        run.add_argument("--args", dest="call_args", type=json_value, default=[], help="JSON list")
        run.add_argument(
            "--kwargs", dest="call_kwargs", type=json_value, default={}, help="JSON object"
        )
        for name, words in (
            ("retry", "failed or cancelled -> ready, with all attempts"),
            ("cancel", "never run what has not been claimed"),
            ("reschedule", "change when or where an unclaimed job will run"),
            ("delete", "remove jobs that are not running"),
        ):
            verb = verb_parser(verbs, name, words)
            verb.add_argument("id", nargs="*", type=UUID)
            add_filters(verb)
            if name == "reschedule":
                verb.add_argument(
                    "--when", type=moment, help="ISO date and time, or 5m, 2h, 1d from now"
                )
                verb.add_argument("--to-queue")
                verb.add_argument("--priority", type=int)
        prune = verb_parser(verbs, "prune", "remove old jobs that have ended, batch by batch")
        prune.add_argument("--state", choices=sorted(FINAL), help="default: all final states")
        prune.add_argument("--older-than", type=age, help="7d, 12h, 30m; default: the retention")

    def handle(self, *args: Any, verb: str, **options: Any) -> None:
        self.json = options.pop("output") == "json"
        self.backend = _backend(options.pop("backend"))
        try:
            getattr(self, f"do_{verb}")(**options)
        except (InvalidCall, UnsupportedFeature) as error:
            raise CommandError(str(error), returncode=2) from error

    def do_list(self, limit: int, **options: Any) -> None:
        jobs = list(_filtered(self.backend, **options).order_by("-enqueued_at", "-pk")[:limit])
        rows = [[getattr(job, name) for name in COLUMNS] for job in jobs]
        self.say(list(map(as_dict, jobs)), as_table(rows, COLUMNS) if rows else "No jobs.")

    def do_show(self, id: UUID, **options: Any) -> None:  # noqa: A002 - the word of the user
        job = self._jobs().filter(pk=id).first()
        if job is None:
            raise CommandError(f"No job {id} in {self.backend}; it may have been pruned.")
        told = as_dict(job)
        if not self.json:
            now = self.backend.now()
            for name, value in told.items():
                if isinstance(value, datetime):
                    told[name] = f"{value:%Y-%m-%d %H:%M:%S} UTC ({ago(value, now)})"
            errors = told.pop("errors")
            traces = (f"\nattempt {each['attempt']}\n{each['traceback']}" for each in errors)
            self.stdout.write(as_lines(told) + "\n" + "".join(traces))
            return
        self.say(told, "")

    def do_run(self, what: str, call_args: Any, call_kwargs: Any, **options: Any) -> None:
        job_id = self._run_id(what, call_args, call_kwargs)
        ended = list(run_ready(self.backend, ids=[job_id]))
        if not ended:
            raise CommandError(self._why_not(job_id))
        _, outcome = ended[-1]
        self.do_show(job_id)
        if not isinstance(outcome, Succeeded):
            sys.exit(1)

    def _why_not(self, job_id: UUID) -> str:
        state = self._jobs().filter(pk=job_id).values_list("state", flat=True).first()
        cure = {
            JobState.SCHEDULED: f"Its time comes first: jobs reschedule {job_id} --when 0s",
            JobState.RUNNING: "A worker has it.",
            None: "It may have been pruned.",
        }.get(state, f"To run it again: jobs retry {job_id}")
        return f"Job {job_id} is {state or 'gone'}, not ready. {cure}"

    def do_retry(self, **options: Any) -> None:
        ended = (JobState.FAILED, JobState.CANCELLED)
        self._change("retry", options, done="will run again", states=ended)

    def do_cancel(self, **options: Any) -> None:
        self._change("cancel", options, done="cancelled", states=WAITING)

    def do_delete(self, **options: Any) -> None:
        idle = [state for state in JobState if state != JobState.RUNNING]
        self._change("delete", options, done="deleted", states=idle)

    def do_reschedule(self, when: Any, to_queue: str, priority: int, **options: Any) -> None:
        changes: dict[str, Any] = {"queue": to_queue, "priority": priority}
        given = {name: value for name, value in changes.items() if value is not None}
        Call(None, **given).checked()  # the rules of a call
        if when is not None:
            changes["when"] = self.backend.now() + when if isinstance(when, timedelta) else when
        if all(value is None for value in changes.values()):
            raise CommandError(
                "Say what to change: --when, --to-queue or --priority.", returncode=2
            )
        self._change("reschedule", options, done="rescheduled", states=WAITING, **changes)

    def do_prune(self, state: str | None, older_than: timedelta | None, **options: Any) -> None:
        removed = 0
        for each in [JobState(state)] if state else sorted(FINAL):
            for count in self.backend.prune(JobState(each), older_than=older_than):
                removed += count
                if not self.json and self.stdout.isatty():
                    self.stdout.write(f"  {removed} removed", ending="\r")
                    self.stdout.flush()
        self.say({"removed": removed}, f"{removed} jobs removed.")

    def say(self, value: Any, text: str) -> None:
        self.stdout.write(as_json(value) if self.json else text)

    def _change(
        self,
        verb: str,
        options: dict[str, Any],
        *,
        done: str,
        states: Sequence[str],
        **changes: Any,
    ) -> None:
        ids: list[UUID] = options["id"] or self._selected(options, states)
        count = getattr(self.backend, verb)(ids, **changes) if ids else 0
        self.say({verb: count, "of": len(ids)}, f"{count} of {len(ids)} jobs {done}.")
        if not count:
            sys.exit(1)

    def _selected(self, options: dict[str, Any], states: Sequence[str]) -> list[UUID]:
        filters = {name: options[name] for name in ("state", "queue", "task")}
        if not any(filters.values()):
            raise CommandError(
                "Name jobs by id, or select them: --state, --queue, --task.", returncode=2
            )
        found = _filtered(self.backend, **filters).filter(state__in=states)
        return list(found.values_list("pk", flat=True))

    def _run_id(self, what: str, args: Any, kwargs: Any) -> UUID:
        try:
            return UUID(what)
        except ValueError:
            stored = background.on(self.backend.alias).enqueue(what, args, kwargs)
            return cast("UUID", stored.id)

    def _jobs(self) -> Any:
        return Job.objects.using(self.backend.database)


def _count(text: str) -> int:
    if not text.isdecimal():
        raise ArgumentTypeError(f"{text!r} is not a whole number of at least 0")
    return int(text)


def _backend(alias: str) -> DatabaseBackend:
    try:
        backend = job_backends[alias]
    except InvalidJobBackend as error:
        raise CommandError(str(error), returncode=2) from error
    if not isinstance(backend, DatabaseBackend):
        raise CommandError(f"{backend} keeps no jobs that could be listed.", returncode=2)
    return backend


def _filtered(backend: DatabaseBackend, *, state: Any, queue: Any, task: Any, **_: Any) -> Any:
    told = {"state": state, "queue": queue, "task": task}
    return Job.objects.using(backend.database).filter(
        **{name: value for name, value in told.items() if value}
    )
