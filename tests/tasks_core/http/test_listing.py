"""Lists are turned page by page, in an order that an index has."""

from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tasks_core import background
from tasks_core.models import Job
from tasks_core.testing import drain
from tests.app.tasks import take

pytestmark = pytest.mark.django_db


def ids(answer):
    assert answer.status_code == 200, answer.content
    return [job["id"] for job in answer.json()["jobs"]]


def all_pages(caller, **asked):
    pages, cursor = [], ""
    while cursor is not None:
        answer = caller.get("jobs/", limit=2, cursor=cursor, **asked)
        pages.append(ids(answer))
        cursor = answer.json()["next"]
    return pages


def test_pages_follow_each_other_although_jobs_are_added(ada):
    stored = [str(background.enqueue(take, [number]).id) for number in range(5)]
    first = ada.get("jobs/", limit=2)
    background.enqueue(take, [5])

    second = ada.get("jobs/", limit=2, cursor=first.json()["next"])

    assert ids(first) + ids(second) == stored[:0:-1]


def test_each_job_is_on_one_page(ada):
    stored = [str(background.enqueue(take, [number]).id) for number in range(5)]

    assert all_pages(ada) == [stored[4:2:-1], stored[2:0:-1], stored[:1]]


def test_of_one_final_state_the_last_to_end_is_the_first(ada):
    stored = [str(background.enqueue(take, [number]).id) for number in range(5)]
    drain()
    at = datetime(2030, 1, 1, tzinfo=UTC)
    Job._base_manager.filter(pk__in=stored[1:4]).update(finished_at=at)  # and three at one moment
    Job._base_manager.filter(pk=stored[0]).update(finished_at=at.replace(day=2))
    Job._base_manager.filter(pk=stored[4]).update(finished_at=at.replace(year=2029))

    pages = all_pages(ada, state="successful")

    assert pages == [[stored[0], stored[3]], [stored[2], stored[1]], [stored[4]]]


def test_the_jobs_of_one_creator_are_in_the_order_of_their_ids_in_each_state(ada, eve):
    stored = [str(background.enqueue(take, [number], creator=eve.user).id) for number in range(3)]
    drain()
    at = datetime(2030, 1, 1, tzinfo=UTC)
    Job._base_manager.filter(pk=stored[0]).update(finished_at=at)

    newest_first = [stored[:0:-1], stored[:1]]
    assert all_pages(eve, state="successful") == newest_first
    assert all_pages(ada, state="successful", creator=f"auth.User:{eve.user.pk}") == newest_first
    assert all_pages(ada, state="successful") != newest_first


def test_of_a_line_no_more_is_read_than_it_shows(ada):
    background.enqueue(take, [1])

    with CaptureQueriesContext(connection) as queries:
        ada.get("jobs/")

    [sql] = [each["sql"] for each in queries if "tasks_core_job" in each["sql"]]
    assert "max_attempts" in sql
    assert not any(name in sql for name in ("args", "return_value", "errors", "context"))


def test_lists_are_narrowed(ada):
    mail = background.enqueue(take, [1], queue="mail", creator="eve")
    late = background.defer(take, [1], when=datetime(2100, 1, 1, tzinfo=UTC))
    Job._base_manager.filter(pk=late.id).update(enqueued_at=datetime(2029, 1, 1, tzinfo=UTC))

    assert ids(ada.get("jobs/", queue="mail")) == [str(mail.id)]
    assert ids(ada.get("jobs/", creator="eve")) == [str(mail.id)]
    assert ids(ada.get("jobs/", state="scheduled")) == [str(late.id)]
    assert ids(ada.get("jobs/", since="2028-12-31T23:00:00Z")) == [str(late.id)]
    assert ids(ada.get("jobs/", until="2028-12-31T23:00:00Z")) == [str(mail.id)]
    assert ids(ada.get("jobs/", task="nobody's")) == []


def test_nothing_is_counted(ada, django_assert_max_num_queries):
    background.enqueue(take, [1])

    with django_assert_max_num_queries(3):  # session, user, jobs
        ada.get("jobs/")


def test_the_jobs_of_others_are_not_for_everybody(eve):
    background.enqueue(take, [1], creator="ada")

    assert ids(eve.get("jobs/")) == []
    assert eve.get("jobs/", creator="ada").status_code == 403


@pytest.mark.parametrize("cursor", ["x", "W10", "bnVsbA", "WyJ4Il0", "\u00e9", "a" * 255])
def test_a_cursor_of_nowhere_is_no_page(ada, cursor):
    assert ada.get("jobs/", cursor=cursor).status_code == 404


def test_a_cursor_of_another_list_is_no_page(ada):
    for number in range(3):
        background.enqueue(take, [number])
    cursor = ada.get("jobs/", limit=1).json()["next"]

    assert ada.get("jobs/", state="failed", cursor=cursor).status_code == 404


def test_a_backend_that_is_none_is_named(ada):
    answer = ada.get("jobs/", backend="nowhere")

    assert answer.status_code == 404
    assert "default" in answer.json()["errors"][0]["cure"]
    assert ada.get("jobs/", backend="dummy").status_code == 409


def test_what_backends_there_are_is_for_those_who_may_view_jobs(eve):
    answer = eve.get("jobs/", backend="nowhere")

    assert answer.status_code == 404
    assert "default" not in answer.content.decode()


@pytest.mark.parametrize("asked", ["backend", "queue", "task", "creator", "cursor"])
def test_text_that_no_database_looks_for_is_refused(ada, asked):
    assert ada.get("jobs/", **{asked: "a\0b"}).status_code == 422
    assert ada.client.get(f"/api/jobs/?{asked}=%ED%A0%80").status_code in (200, 404)


@pytest.mark.parametrize("creator", ["1", "ada", "auth.user:1", "auth.User:", "User:1"])
def test_a_creator_in_another_form_is_told_the_form(ada, creator):
    answer = ada.get("jobs/", creator=creator)

    assert answer.status_code == 404
    [wrong] = answer.json()["errors"]
    assert (wrong["field"], "auth.User:1" in wrong["cure"]) == ("creator", True)


def test_a_creator_that_has_no_jobs_of_this_kind_has_an_empty_page(ada):
    background.enqueue(take, [1], creator="cron")

    assert ids(ada.get("jobs/", creator="auth.User:999999")) == []
    assert ids(ada.get("jobs/", creator="cron", state="failed")) == []
