"""A site whose only page fails."""

from django.urls import path


def fail(request):
    raise RuntimeError("a page that fails")


urlpatterns = [path("", fail)]
