"""What each verb does, in a sentence or two, for who is about to do it."""

from django.utils.translation import gettext_lazy as _

RUN = _(
    "Makes one job now, whatever the schedule says. It stays due as it was, and the job is noted "
    "in the ledger as asked for by you."
)
PAUSE = _(
    "What is due before now still becomes jobs. From now on each due time is recorded as skipped, "
    "until the pause ends. A deploy does not end it."
)
PAUSE_UNTIL = _("It stays paused, and runs again by itself from then on.")
RESUME = _("From now on what is due becomes jobs again.")
RELEASE = _("It is tried again at once, with what it missed; look at its error first.")
OVERRIDE = _(
    "Another trigger or other arguments than the code declares, from now on. A deploy keeps "
    "them, until somebody restores what is declared."
)
RESTORE = _("Trigger and arguments are again those that the code declares.")
BACKFILL = _(
    "Makes jobs for due times that are over and have none: those of the schedule as it is now. "
    "The schedule itself stays as it is. Look first: nothing is stored until you confirm."
)
DISABLE = _("Nothing is due, and nothing is recorded, until it is enabled again.")
ENABLE = _("It is due from now on; what was due meanwhile is not caught up.")
BEGIN = _(
    "No due time of any schedule becomes a job from now on: each is recorded as skipped, and "
    "not caught up. What runs goes on, and jobs that are stored still start."
)
END = _("From now on due times become jobs again.")
