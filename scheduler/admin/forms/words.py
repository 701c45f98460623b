"""The help beside the fields, in plain words, with the defaults."""

from django.utils.translation import gettext_lazy as _

from scheduler import conf
from scheduler.admin.forms.fields import in_words

KEY = _("Its name, for good: the ledger, the logs and the address of this page are by it.")
TASK = _("A function that may run in the background. Type to search.")
ARGS = _('A JSON list, such as [7, "north"]; empty for none.')
KWARGS = _('A JSON object, such as {"keep": 7}; empty for none.')
KIND = _("How it is said when the schedule is due.")
CRON = _(
    "Minute, hour, day of month, month, weekday: “30 2 * * *”, “*/5 8-17 * * MON-FRI”, "
    "“0 9 L * *”, or @daily."
)
EVERY = _("Elapsed time, whatever the clocks do; it never drifts.")
COUNTED_FROM = _("Empty: 1970. Otherwise due then, and every whole number of intervals from it.")
AT = _("In the time zone below.")
MONTH_DAYS = _("“15”, “last day”, “2nd FRI”, “last business day”; several with commas.")
SOME_MONTH_DAYS = [
    *("1", "15", "last day", "first business day", "last business day"),
    *("3rd last business day", "first MON", "2nd FRI", "last FRI"),
]
TIMES = _("A time of day, “09:00”, or several with commas.")
NTH = _("1: each. 2: every other one, and so on.")
DAYS_FROM = _("A day that counts. Empty: 1 January 1970.")
SPEC = _(
    "Triggers made of triggers, as their text: what spec() gives in Python, for example of "
    "AnyOf, Between or Except."
)
TIMEZONE = _("Whose clocks these times are read from. Summer time is heeded.")

CATCH_UP = _(
    "After an outage. Latest: one job for the newest missed due time. All: one for each. "
    "Skip: none. What becomes no job is recorded with its reason. Usually: latest."
)
CATCH_UP_LIMIT = _("At most so many jobs are caught up, the newest. Usually: %d.") % (
    conf.CATCH_UP_LIMIT
)
CATCH_UP_WINDOW = _("What was due longer ago is recorded as too late. Empty: no limit.")
OVERLAP = _(
    "When the previous job has not ended. Skip: no job, recorded. Allow: one beside the other. "
    "Queue one: it waits. Cancel previous: the other is asked to stop. Usually: skip."
)
OVERLAP_TIMEOUT = _(
    "A previous job that has waited for its next attempt for so long counts as ended. Usually: %s."
) % in_words(conf.OVERLAP_TIMEOUT)
SPLAY = _(
    "Start up to so much later, always as much for one schedule: many at one minute spread "
    "out. Usually: none."
)
START_AT = _("Not due before this moment, in the site's time zone. Empty: from now on.")
END_AT = _("Not due after this moment. Empty: for good.")
MAX_RUNS = _("After so many jobs it ends. Empty: it does not.")
CALENDAR = _("Named times that are excluded: holidays, weekends, freezes.")
CALENDAR_ACTION = _(
    "What becomes of a due time that the calendar excludes. Skip: recorded as skipped. Next, "
    "previous: moved to the same time of the nearest day that is allowed."
)
QUEUE = _("Where its jobs wait. Usually: the one that the task declares, or “default”.")
NEW_QUEUE = _("A queue that nothing uses yet. A worker has to be told to serve it.")
BACKEND = _("Where its jobs are kept: an alias in JOBS.")
PRIORITY = _("From -100 to 100, higher first. Usually: 0.")
MAX_ATTEMPTS = _("How often a job is tried. Empty: as the task or the settings say.")
FRESHNESS = _("Warn when no job has succeeded for so long. Empty: never.")
ENABLED = _("Otherwise nothing is due, and nothing is recorded.")
REASON = _("Why, for those who read the history.")
AS_THE_TASK = _("As the task declares")

OVERRIDE_REASON = _("Shown beside the override as long as it lasts, with your name.")
COMPUTED = _("Computed by %s for each job; what is written here takes its place.")
NOTHING_DIFFERS = _("This is what runs already. Change the trigger or the arguments.")

PAUSE_END = _("When the pause ends by itself, in the site's time zone.")
PAUSE_UNTIL = _("When the pause ends by itself, in the site's time zone. Empty: when you end it.")
RESUME_CHOICES = [
    ("drop", _("Drop: no jobs; it stays recorded as skipped")),
    ("latest", _("Latest: one job, for the newest")),
    ("all", _("All: a job for each, within the schedule's catch-up limits")),
]
RUN_ARGUMENTS = _("Empty: those of the schedule, %s.")
SINCE = _("Due times later than this, in the site's time zone.")
UNTIL = _("Due times up to and including this.")
LIMIT = _("The oldest so many. Empty: all of them.")
RATE = _("Let one job start after the other, such as “10/m”. Empty: all at once.")
AGAIN = _("Make jobs also of due times that have become jobs before.")
MAINTENANCE_UNTIL = _(
    "When it ends by itself, in the site's time zone. Empty: when somebody ends it."
)

CALENDAR_NAME = _("What schedules know it by.")
CALENDAR_WEEKDAYS = _("Excluded in every week.")
CALENDAR_DATES = _("A line for each: “2026-12-24”, or “12-25” for every year.")
CALENDAR_RANGES = _(
    "First and last, both excluded: “2026-08-03 to 2026-08-21”, or “12-24 to 01-01” in every year."
)
CALENDAR_WINDOWS = _("From a moment until another: “2026-12-20T18:00 to 2027-01-02T08:00”.")
CALENDAR_TIMEZONE = _("Whose days and wall times these are. Empty: the site's.")
CALENDAR_ALSO = _("What these calendars exclude, this one does, too.")
NO_OTHER_CALENDAR = _("There is no other calendar to unite with.")
