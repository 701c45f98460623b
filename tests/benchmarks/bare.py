"""A site whose views do what the API does over HTTP, and check nothing."""

import json

from django.http import HttpRequest, JsonResponse
from django.urls import path

from tasks_core.http.shapes import JobLine
from tasks_core.models import Job
from tests.tasks_core.http import site
from tests.tasks_core.http.tasks import brew

LISTED = 50


def bare_list(request: HttpRequest) -> JsonResponse:
    assert request.user.is_authenticated
    columns = [name for name in JobLine.model_fields if hasattr(Job, name)]
    return JsonResponse({"jobs": list(Job.objects.order_by("-pk").values(*columns)[:LISTED])})


def bare_store(request: HttpRequest) -> JsonResponse:
    said = json.loads(request.body)["arguments"]
    stored = brew.using(creator=request.user).enqueue(**said)
    return JsonResponse({"id": stored.id}, status=201)


urlpatterns = [
    path("api/bare/list", bare_list),
    path("api/bare/store", bare_store),
    *site.urlpatterns,
]
