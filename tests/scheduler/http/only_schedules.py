"""A site that tells of schedules, and not of jobs."""

from django.urls import include, path

urlpatterns = [path("api/schedules/", include("scheduler.http.urls"))]
