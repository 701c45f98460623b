"""Mount the dashboard with ``path("jobs/", include("scheduler.urls"))``."""

from django.urls import path

from scheduler import views

app_name = "tasks_scheduler"
urlpatterns = [
    path("", views.index, name="dashboard"),
    path("live.json", views.live, name="live"),
    path("snapshot.json", views.data, name="snapshot"),
]
