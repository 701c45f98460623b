"""Mount it with ``path("api/jobs/", include("tasks_core.http.urls"))``."""

from tasks_core.http.mounting import mounted
from tasks_core.http.views import CancelView, JobsView, JobView, RetryView, TaskView

app_name = "tasks_core_http"
urlpatterns = mounted(
    "Jobs",
    {
        "": ("jobs", JobsView),
        "tasks/<str:name>": ("task", TaskView),
        "<uuid:id>": ("job", JobView),
        "<uuid:id>/cancel": ("cancel", CancelView),
        "<uuid:id>/retry": ("retry", RetryView),
    },
)
