"""Mount it with ``path("api/schedules/", include("scheduler.http.urls"))``."""

from tasks_core.http.mounting import mounted  # first: it says what is missing

from scheduler.http.views import (  # isort: skip
    HistoryView,
    NextView,
    PauseView,
    ResumeView,
    RunView,
    ScheduleView,
    SchedulesView,
)

app_name = "tasks_scheduler_http"
urlpatterns = mounted(
    "Schedules",
    {
        "": ("schedules", SchedulesView),
        # A key may contain slashes, so that what follows it is looked for first.
        "<path:key>/next": ("next", NextView),
        "<path:key>/history": ("history", HistoryView),
        "<path:key>/run": ("run", RunView),
        "<path:key>/pause": ("pause", PauseView),
        "<path:key>/resume": ("resume", ResumeView),
        "<path:key>": ("schedule", ScheduleView),
    },
)
