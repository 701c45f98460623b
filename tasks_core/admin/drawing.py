"""Small pictures for the admin. No inline style: a content security policy refuses it."""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import accumulate
from typing import Any

from django.db.models import DateTimeField
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from tasks_core import clock
from tasks_core.models import Job
from tasks_core.presentation import ago, duration, notes, progress
from tasks_core.states import FINAL, JobState

NOTHING = "-"
WIDTH = 1000  # of a picture, in its own units


def state(job: Job) -> SafeString:
    """Return the state with its reason, and what is special about the job below it."""
    text = job.get_state_display()
    if job.parked and job.state == JobState.READY:
        text = _("Parked")
    reason = f" ({job.reason})" if job.reason else ""
    return format_html(
        '<span class="job-state job-state-{}">{}{}</span>{}',
        "parked" if job.parked and job.state == JobState.READY else job.state,
        text,
        reason,
        format_html('<div class="job-note">{}</div>', notes(job)) if notes(job) else "",
    )


def bar(job: Job) -> SafeString | str:
    """Return how far the job has come; without a total, a number is all there is to show."""
    if job.progress_done is None:
        return NOTHING
    if not job.progress_total:
        return progress(job)
    return format_html(
        '<progress class="job-progress" max="{}" value="{}"></progress> '
        '<small class="job-when">{}</small>',
        job.progress_total,
        job.progress_done,
        progress(job),
    )


def instant(moment: datetime | None) -> SafeString | str:
    """Return how far away a moment is, and when exactly for who asks."""
    if moment is None:
        return NOTHING
    exact = f"{moment:%Y-%m-%d %H:%M:%S} UTC"
    return format_html(
        '<time class="job-when" title="{}">{}</time>', exact, ago(moment, clock.now())
    )


def life(job: Job) -> SafeString:
    """Return the job's way from its enqueue to its end as one line: deferred, waited, ran."""
    spans = [(name, words, max(0.0, size)) for name, words, size in _spans(job, clock.now())]
    told = [(name, words, duration(seconds)) for name, words, seconds in spans]
    return format_html(
        '{}<ul class="job-key">{}</ul>',
        _stack("job-life", [(name, seconds) for name, _words, seconds in spans]),
        format_html_join("", '<li class="job-is-{}">{} <b>{}</b></li>', told),
    )


def shares(counts: dict[str, int]) -> SafeString:
    """Return counts as one stacked bar."""
    return _stack("job-shares", list(counts.items()))


def _stack(name: str, parts: Sequence[tuple[str, float]]) -> SafeString:
    whole = sum(size for _part, size in parts) or 1.0
    ends = list(accumulate(WIDTH * size / whole for _part, size in parts))
    starts = [0.0, *ends]
    rectangles = [
        (part, f"{start:.0f}", f"{end - start:.0f}")
        for (part, _size), start, end in zip(parts, starts, ends, strict=False)
    ]
    return format_html(
        '<svg class="{}" viewBox="0 0 {} 12" preserveAspectRatio="none" aria-hidden="true">'
        "{}</svg>",
        name,
        WIDTH,
        format_html_join("", '<rect class="job-is-{}" x="{}" width="{}" height="12"/>', rectangles),
    )


def _spans(job: Job, now: datetime) -> Iterator[tuple[str, str, float]]:
    end = job.finished_at or now
    begin = job.started_at or end
    if job.started_at is None or job.run_after <= job.started_at:
        due = min(max(job.run_after, job.enqueued_at), begin)
        words = _("deferred") if job.attempts <= 1 else _("earlier attempts")
        yield "deferred", words, (due - job.enqueued_at).total_seconds()
        yield "waited", _("waited"), (begin - due).total_seconds()
    else:  # it waits for its next attempt, or was moved since
        yield "waited", _("waited and tried before"), (begin - job.enqueued_at).total_seconds()
    if job.started_at and (job.state in FINAL or job.state == JobState.RUNNING):
        words = _("runs") if job.state == JobState.RUNNING else _("ran")
        yield job.state, words, (end - begin).total_seconds()


def moments(job: Job) -> SafeString:
    """Return every instant that the job knows, to the second, and how far away it is."""
    told = ((field.value_from_object(job), field.verbose_name) for field in _instants())
    known = sorted((moment, str(name)) for moment, name in told if moment)
    return format_html(
        '<table class="job-moments">{}</table>',
        format_html_join(
            "",
            '<tr><th scope="row">{}</th><td>{}</td><td>{}</td></tr>',
            ((name, _exact(moment), ago(moment, clock.now())) for moment, name in known),
        ),
    )


def _instants() -> list[Any]:
    return [field for field in Job._meta.concrete_fields if isinstance(field, DateTimeField)]


def _exact(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def pretty(value: Any) -> SafeString:
    return format_html("<pre>{}</pre>", json.dumps(value, indent=2, ensure_ascii=False))
