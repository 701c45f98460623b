"""What a sync would do about one declaration, and why not; nothing is written here."""

from __future__ import annotations

from scheduler import conf
from scheduler.choices import Source
from scheduler.definitions import overrides, releases
from scheduler.definitions.entry import Declaration
from scheduler.due.questions import first_due
from scheduler.models import Schedule
from scheduler.turn.rebuild import shaped

# What a sync must know of a row to leave it alone.
KNOWN = (
    *("key", "declared_hash", "enabled", "source", "release", "retired_at", "quarantined_at"),
    *("next_due_at", "watermark", "max_runs", "runs", "override", "calendar_rules", "renamed_to"),
)
CREATED, RENAMED, CHANGED = "created", "renamed", "changed"
RESTORED, RETIRED, UNCHANGED = "restored", "retired", "unchanged"


def is_current(row: Schedule, declaration: Declaration, *, force: bool = False) -> bool:
    """Say whether there is nothing to write; needs no lock, and of the row only ``KNOWN``."""
    return _says_the_same(row, declaration, force=force) and not is_newer_than(row)


def verdict(row: Schedule, declaration: Declaration, *, force: bool = False) -> str:
    """Return what ``declaration`` does to its row: changed, restored, unchanged, or why nothing."""
    if _says_the_same(row, declaration, force=force):
        return UNCHANGED
    if why := _refusal(row, declaration, force=force):
        return why
    return CHANGED if row.retired_at is None else RESTORED


def retirement(row: Schedule, *, force: bool = False) -> str:
    """Return what becomes of a row whose declaration is gone: retired, or why not."""
    if row.retired_at is not None:
        return UNCHANGED
    release = conf.tuning().release
    if not force and releases.is_older(release, row.release):
        return f"release {release} does not declare it, but is older than {row.release}."
    return RETIRED


def may_become(former: Schedule, declaration: Declaration) -> bool:
    """Say whether a new declaration goes on with what is known of ``former``."""
    named = former.key in declaration.previous_keys
    return named and not former.renamed_to and former.source != Source.DATABASE


def columns(row: Schedule, declaration: Declaration) -> dict[str, object]:
    """Return what the row says once ``declaration`` is written: an operator's word counts more."""
    return overrides.applied(row, written(declaration))


def written(declaration: Declaration) -> dict[str, object]:
    return {
        **declaration.definition(),
        "declared_hash": declaration.definition_hash,
        "source": declaration.source,
        "release": conf.tuning().release or "",
    }


def is_newer_than(row: Schedule) -> bool:
    """Say whether this is a later release than the one that wrote ``row``."""
    mine = conf.tuning().release
    return bool(mine) and (not row.release or releases.is_older(row.release, mine))


def _refusal(row: Schedule, declaration: Declaration, *, force: bool) -> str:
    if row.source == Source.DATABASE:
        return "a schedule with this key was made in the database; rename one of the two."
    release = conf.tuning().release
    if force or is_newer_than(row):
        return ""
    if releases.is_older(release, row.release):
        return f"release {release} is older than {row.release}, which wrote it."
    if row.renamed_to:
        return f"it was renamed to {row.renamed_to!r}; `schedules sync --force` brings it back."
    is_other = declaration.definition_hash != row.declared_hash
    if is_other and declaration.definition_hash in row.replaced_hashes:
        return (
            "this definition was replaced before by the one that runs now; "
            "`schedules sync --force` brings it back."
        )
    return ""


def _says_the_same(row: Schedule, declaration: Declaration, *, force: bool) -> bool:
    return (
        row.declared_hash == declaration.definition_hash
        and row.calendar_rules == declaration.calendar_rules
        and row.enabled == declaration.enabled
        and row.source == declaration.source
        and row.retired_at is None
        and not (force and row.quarantined_at is not None)
        and not _stands_still(row, declaration)
    )


def _stands_still(row: Schedule, declaration: Declaration) -> bool:
    """Say whether nobody waits for a schedule that is due again."""
    if row.next_due_at is not None or not row.enabled or row.quarantined_at is not None:
        return False
    if row.override or (row.max_runs is not None and row.runs >= row.max_runs):
        return False
    return first_due(shaped(declaration.trigger, declaration), row.watermark) is not None
