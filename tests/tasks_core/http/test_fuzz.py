"""Schemathesis sends what the documents allow, and what they do not: nothing ends in a 500."""

import pytest
from django.http import JsonResponse

from scheduler import sync
from tasks_core.http.views import JobsView
from tests.tasks_core.http.fuzzing import fuzz

BREW = "jobs/tasks/tests.tasks_core.http.tasks.brew"
EXAMPLES = 4
ELSEWHERE = "_in_redis"  # this needs no server


@pytest.fixture(autouse=True)
def unlimited(settings):
    settings.TASKS_CORE = {"HTTP_RATE": "", "HTTP_STRANGERS_RATE": ""}


@pytest.fixture
def jobs(ada):
    """Return the document of the jobs, with the ids of some that there are."""
    ids = [ada.post(BREW, {"arguments": {"cup": "oolong"}}).json()["id"] for _ in range(4)]
    return known(ada.get("jobs/openapi.json").json(), ids)


@pytest.fixture
def schedules(ada, settings):
    """Return the document of the schedules, with the keys of some that there are."""
    # What the tasks of schedules take is not for the document to say.
    anything = {"task": "tests.app.tasks.anything", "every": 60}
    settings.SCHEDULE = {"http/fuzz": anything, "http-fuzz": {**anything, "overlap": "allow"}}
    sync.sync()
    return known(ada.get("schedules/openapi.json").json(), [*settings.SCHEDULE, "nowhere"])


def known(document, names):
    here = {path: told for path, told in document["paths"].items() if ELSEWHERE not in path}
    document["paths"] = here
    for operations in here.values():
        for operation in operations.values():
            for parameter in operation["parameters"]:
                if parameter["in"] == "path":
                    parameter["schema"] = {"enum": names}
    return document


@pytest.mark.parametrize("document", ["jobs", "schedules"])
def test_whoever_may_do_all_is_answered_as_the_document_says(document, ada, request):
    found = fuzz(request.getfixturevalue(document), ada, examples=EXAMPLES)

    assert list(found) == []


@pytest.mark.parametrize("document", ["jobs", "schedules"])
def test_a_stranger_is_answered_as_the_document_says(document, stranger, request):
    found = fuzz(request.getfixturevalue(document), stranger, examples=2)

    assert list(found) == []


def test_a_broken_view_is_noticed(jobs, ada, monkeypatch):
    def broken(self, request):
        return JsonResponse({"jobs": [1 // (len(self.asked.queue) % 3)]})

    monkeypatch.setattr(JobsView, "get", broken)
    jobs["paths"] = {"/": jobs["paths"]["/"]}

    found = "".join(fuzz(jobs, ada, examples=EXAMPLES))

    assert "Server error" in found
    assert "Response violates schema" in found
