"""The verbs that have a button and a page."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from scheduler import operations
from scheduler.admin.forms import verbs as forms
from scheduler.admin.rows import job_link
from scheduler.admin.verbs import told
from scheduler.admin.verbs.verb import Said, Verb
from scheduler.choices import Source
from scheduler.models import Schedule


def _is_alive(row: Schedule, now: datetime) -> bool:
    return row.enabled and row.retired_at is None


def _is_own(row: Schedule) -> bool:
    return row.source == Source.DATABASE and row.retired_at is None


def _run(key: str, user: Any, said: Said) -> Any:
    args, kwargs = said.get("args"), said.get("kwargs")
    ran = operations.run(key, user=user, reason=said["reason"], args=args, kwargs=kwargs)
    if ran.is_declined:
        return _("The arguments of %s declined; that is recorded.") % key
    return format_html(_("{} runs now, beside its schedule: {}."), key, job_link(ran.job_id, "job"))


def _pause(key: str, user: Any, said: Said) -> Any:
    until = said["until"] or None
    if operations.pause(key, user=user, reason=said["reason"], until=until):
        return _("%s is paused.") % key
    return ""


def _pause_until(key: str, user: Any, said: Said) -> Any:
    told = {"reason": said["reason"], "until": said["until"]}
    if operations.pause(key, user=user, only_paused=True, **told):
        return _("%s stays paused until then.") % key
    return ""


def _resume(key: str, user: Any, said: Said) -> Any:
    done = operations.resume(key, user=user, reason=said["reason"], catch_up=said["catch_up"])
    if not done.was_paused:
        return ""
    jobs = ngettext("%d job", "%d jobs", done.enqueued) % done.enqueued
    return _("%(key)s runs again, with %(jobs)s for the pause.") % {"key": key, "jobs": jobs}


def _release(key: str, user: Any, said: Said) -> Any:
    done = operations.release(key, user=user, reason=said["reason"])
    return _("%s is out of quarantine, and tried again at once.") % key if done else ""


def _restore(key: str, user: Any, said: Said) -> Any:
    done = operations.restore(key, user=user, reason=said["reason"])
    return _("%s is again as it is declared.") % key if done else ""


def _backfill(key: str, user: Any, said: Said) -> Any:
    done = operations.backfill(key, user=user, **said)
    return ngettext("%d job was stored.", "%d jobs were stored.", done.enqueued) % done.enqueued


def _look(key: str, said: Said) -> dict[str, Any]:
    found = operations.backfill(key, user="", **{**said, "dry_run": True})
    return {"backfill": found, "first": found.due[:5], "more": max(0, len(found.due) - 5)}


def _switch(key: str, user: Any, said: Said, *, enabled: bool) -> Any:
    operations.change(key, user=user, reason=said["reason"], enabled=enabled)
    return (_("%s is enabled.") if enabled else _("%s is disabled.")) % key


VERBS = {
    verb.name: verb
    for verb in (
        Verb(
            name="run",
            title=gettext_lazy("Run now"),
            told=told.RUN,
            form=forms.RunForm,
            act=_run,
            fits=lambda row, now: not row.renamed_to,
        ),
        Verb(
            name="pause",
            title=gettext_lazy("Pause"),
            told=told.PAUSE,
            form=forms.PauseForm,
            act=_pause,
            fits=lambda row, now: _is_alive(row, now) and not row.is_paused_at(now),
        ),
        Verb(
            name="pause-until",
            title=gettext_lazy("Change when the pause ends"),
            told=told.PAUSE_UNTIL,
            form=forms.PauseEndForm,
            act=_pause_until,
            fits=lambda row, now: _is_alive(row, now) and row.is_paused_at(now),
            is_for_many=False,
        ),
        Verb(
            name="resume",
            title=gettext_lazy("Resume"),
            told=told.RESUME,
            form=forms.ResumeForm,
            act=_resume,
            fits=lambda row, now: row.is_paused_at(now),
        ),
        Verb(
            name="release",
            title=gettext_lazy("Release from quarantine"),
            told=told.RELEASE,
            act=_release,
            fits=lambda row, now: row.quarantined_at is not None,
        ),
        Verb(
            name="restore",
            title=gettext_lazy("Restore"),
            told=told.RESTORE,
            form=forms.RestoreForm,
            act=_restore,
            fits=lambda row, now: bool(row.override) and row.retired_at is None,
        ),
        Verb(
            name="backfill",
            title=gettext_lazy("Backfill"),
            told=told.BACKFILL,
            form=forms.BackfillForm,
            act=_backfill,
            look=_look,
            fits=lambda row, now: not row.renamed_to,
            is_for_many=False,
        ),
        Verb(
            name="disable",
            title=gettext_lazy("Disable"),
            told=told.DISABLE,
            act=lambda key, user, said: _switch(key, user, said, enabled=False),
            fits=lambda row, now: _is_own(row) and row.enabled,
        ),
        Verb(
            name="enable",
            title=gettext_lazy("Enable"),
            told=told.ENABLE,
            act=lambda key, user, said: _switch(key, user, said, enabled=True),
            fits=lambda row, now: _is_own(row) and not row.enabled,
        ),
    )
}
