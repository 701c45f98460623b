"""The named choices of a schedule and of its ledger."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class CatchUp(TextChoices):
    """What to do about due times missed while no scheduler was running."""

    LATEST = "latest", _("Latest")  # one job for the newest; the older ones are coalesced
    ALL = "all", _("All")  # one job for each, at most catch_up_limit of them
    SKIP = "skip", _("Skip")  # none; recorded as missed


class Overlap(TextChoices):
    """What to do when a due time comes while the schedule's previous job has not ended."""

    SKIP = "skip", _("Skip")  # no job; recorded
    ALLOW = "allow", _("Allow")  # a job, beside the other
    QUEUE_ONE = "queue_one", _("Queue one")  # the first waits for the other's end
    CANCEL_PREVIOUS = "cancel_previous", _("Cancel previous")  # a job, and the other is ended


class CalendarAction(TextChoices):
    """What to do about a due time that the schedule's calendar excludes."""

    SKIP = "skip", _("Skip")  # no job; recorded
    NEXT = "next", _("Next allowed")  # moved to the same time of the next day that is allowed
    PREVIOUS = "previous", _("Previous allowed")  # or of the last one before


class Source(TextChoices):
    """Where a schedule is declared."""

    SETTINGS = "settings", _("Settings")  # the SCHEDULE setting
    CODE = "code", _("Code")  # @periodic
    DATABASE = "database", _("Database")  # its row is all there is


class Outcome(TextChoices):
    ENQUEUED = "enqueued", _("Enqueued")  # there is a job
    SKIPPED = "skipped", _("Skipped")  # there is a reason


class Reason(TextChoices):
    """Why a due time became no job."""

    OVERLAP = "overlap", _("Previous job not ended")
    PAUSED = "paused", _("Paused")
    COALESCED = "coalesced", _("Newer due time taken")
    MISSED_WINDOW = "missed_window", _("Too late")
    CAPPED = "capped", _("Over the catch-up limit")
    CALENDAR = "calendar", _("Excluded by calendar")
    MAINTENANCE = "maintenance", _("Maintenance")
    ENVIRONMENT = "environment", _("Not in this environment")
    DECLINED = "declined", _("Declined by its arguments")
    REPLACED = "replaced", _("Definition replaced")
    ENDED = "ended", _("Schedule ended")
    ERROR = "error", _("Error")
