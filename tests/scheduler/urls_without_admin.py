"""URLs of a project that mounts the dashboard and has no admin."""

from django.urls import include, path

urlpatterns = [path("jobs/", include("scheduler.urls"))]
