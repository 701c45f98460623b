"""What was found, as words for a person."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from scheduler.importing import explaining
from scheduler.importing.jobs import ReviewedJob
from scheduler.importing.reviewing import Entry, Reviewed
from scheduler.importing.seconds import in_words
from scheduler.triggers import zone_of
from tasks_core import masking
from tasks_core.words import counted

STEP = "  "
LONGEST = 80  # characters of arguments


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that a source holds, and what was found out about it."""

    notes: tuple[str, ...]
    schedules: list[Reviewed]
    jobs: list[ReviewedJob]

    @property
    def blocked(self) -> int:
        """How many stand in the way of the others."""
        counts = (each.is_blocked for each in self.schedules)
        return sum(counts) + sum(each.is_blocked for each in self.jobs)

    def entries(self) -> dict[str, Entry]:
        """Return those to be pasted by key, also where the task is not there yet."""
        return {
            each.key: each.entry
            for each in self.schedules
            if each.entry
            and not (each.is_skipped or each.has_other_times or each.is_over or each.reading.keep)
        }

    def wanted(self) -> dict[str, Entry]:
        """Return the entries to be stored; what belongs elsewhere goes there itself."""
        return {
            each.key: each.entry
            for each in self.schedules
            if each.is_importable and not each.reading.keep
        }

    def refused(self) -> dict[str, str]:
        """Return why no schedule could be made of some, by key."""
        blocked = [each for each in self.schedules if each.is_blocked]
        return {each.key: each.problem for each in blocked if not each.entry}

    def problems(self) -> dict[str, str]:
        """Return why some of these would be refused, by key."""
        return {each.key: each.problem for each in self.schedules if each.problem}

    def lines(self) -> Iterator[str]:
        """Yield the report line by line: each schedule, each job, and how many come along."""
        yield from self.notes
        common = self._common()
        yield from (f"{mark} {note}" for note, mark in common.items())
        for each in self.schedules:
            yield from ("", f"{each.key}: {state(each)}")
            yield from (f"{STEP}{text}" for text in _brief(told(each), common))
        for job in self.jobs:
            yield from ("", f"{job.key}: {_state_of_job(job)}")
            yield from (f"{STEP}{text}" for text in _brief(_told_of_job(job), common))
        if self.schedules or self.jobs:
            yield from ("", self.summary())

    def _common(self) -> dict[str, str]:
        """Return what is to be said of several, once, and how each points there."""
        every = Counter(note for each in self.schedules for note in each.reading.notes)
        every.update(note for job in self.jobs for note in job.notes)
        notes = [note for note, count in every.items() if count > 1]
        return {note: f"({number})" for number, note in enumerate(notes, start=1)}

    def summary(self) -> str:
        ready = sum(each.is_importable for each in self.schedules)
        jobs = sum(each.is_importable for each in self.jobs)
        told = f" and {jobs} of {counted(len(self.jobs), 'job')}" if self.jobs else ""
        text = f"{ready} of {counted(len(self.schedules), 'schedule')}{told} can be imported."
        are = "it is" if self.blocked == 1 else "they are"
        cure = f"cannot as {are}: --skip KEY leaves one out."
        return f"{text} {self.blocked} {cure}" if self.blocked else text


def state(each: Reviewed) -> str:
    if each.is_over:
        return "nothing to import"
    if each.is_skipped:
        return "skipped, as you said"
    if each.problem:
        return "cannot be imported as it is"
    return "the same, but for what is said here" if _has_more_to_say(each) else "the same"


def _has_more_to_say(each: Reviewed) -> bool:
    found = each.comparison
    return bool(each.reading.notes or (found and (found.only_there or found.only_here)))


def told(each: Reviewed) -> Iterator[str]:
    """Yield what there is to say about one: when it is due, what differs, what keeps it out."""
    trigger = each.reading.trigger
    if trigger is not None:
        yield f"{each.reading.task_here}, {in_words(trigger)}"
    yield from each.reading.notes
    if each.comparison and trigger is not None:
        yield from explaining.sentences(each.comparison, zone_of(trigger))
    if each.problem:
        yield each.problem


def _brief(texts: Iterable[str], common: Mapping[str, str]) -> Iterator[str]:
    """Yield the texts, those that are said above by their numbers."""
    texts = list(texts)
    yield from (text for text in texts if text not in common)
    if marks := [common[text] for text in texts if text in common]:
        yield f"See {', '.join(marks)} above."


def _told_of_job(job: ReviewedJob) -> Iterator[str]:
    yield f"{called(job)}, at {job.call.when:%Y-%m-%d %H:%M:%S} UTC"
    yield from job.notes
    if job.problem:
        yield job.problem


def called(job: ReviewedJob) -> str:
    """Return a call as it is written, with what tells it from others of its task."""
    call, seen = job.call, shown(job)
    named = (f"{name}={value!r}" for name, value in seen["kwargs"].items())
    said = [*map(repr, seen["args"]), *named]
    label = f" ({call.label})" if call.label else ""
    return f"{call.func}({_cut(', '.join(said))}){label}"


def shown(job: ReviewedJob) -> dict[str, Any]:
    return masking.shown(str(job.call.func), list(job.call.args), dict(job.call.kwargs))


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _state_of_job(job: ReviewedJob) -> str:
    if job.is_skipped:
        return "skipped, as you said"
    return "cannot be imported as it is" if job.problem else "waits to run once"
