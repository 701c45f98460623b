"""A site with the API."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("api/jobs/", include("tasks_core.http.urls")),
    path("api/schedules/", include("scheduler.http.urls")),
    path("admin/", admin.site.urls),
]
