"""Hooks of Wagtail in the background, without a site: what travels, and what is refused."""

import importlib
import sys

import pytest
from django.contrib.auth.models import AnonymousUser, Group, User

pytest.importorskip("wagtail", reason="Wagtail is not installed")

from wagtail import hooks as wagtail_hooks

from tasks_core.contrib.wagtail import hooks
from tasks_core.exceptions import InvalidCall, MissingExtra
from tasks_core.models import Job
from tasks_core.outcomes import Errored
from tasks_core.testing import drain

pytestmark = pytest.mark.django_db

given = []


def hear(request, *values):
    given.append((request, *values))


def hear_nothing(page):
    given.append(page)


async def hear_in_coroutine(request, *values):
    given.append((request, *values))


@pytest.fixture(autouse=True)
def _hooks_of_this_test_only(monkeypatch):
    monkeypatch.setattr(wagtail_hooks, "_hooks", {})
    given.clear()


@pytest.fixture
def request_of(rf):
    def make(user=None):
        request = rf.post("/admin/pages/3/edit/")
        if user is not None:
            request.user = user
        return request

    return make


def run_hooks(name, *values):
    for function in hooks.get_hooks(name):
        assert function(*values) is None
    return [outcome for _, outcome in drain()]


class TestRequests:
    def test_a_hook_learns_who_asked_for_what(self, request_of):
        hooks.register("after_edit_user", hear, background=True)
        ann = User.objects.create(username="ann")
        run_hooks("after_edit_user", request_of(ann), ann)

        [(request, user)] = given
        assert (request.user, request.method, request.path) == (ann, "POST", "/admin/pages/3/edit/")
        assert user == ann

    def test_who_is_gone_is_nobody(self, request_of):
        hooks.register("after_delete_user", hear, background=True)
        ann = User.objects.create(username="ann")
        [delete] = hooks.get_hooks("after_delete_user")
        delete(request_of(ann), ann)
        User.objects.all().delete()
        drain()

        [(request, user)] = given
        assert (request.user, user.username) == (AnonymousUser(), "ann")

    @pytest.mark.parametrize("user", [None, AnonymousUser()])
    def test_nobody_is_nobody(self, request_of, user):
        hooks.register("after_edit_setting", hear, background=True)
        run_hooks("after_edit_setting", request_of(user), Group.objects.create(name="tea"))

        assert given[0][0].user == AnonymousUser()

    def test_what_else_a_request_has_is_over(self, request_of):
        hooks.register("after_edit_setting", hear, background=True)
        run_hooks("after_edit_setting", request_of(), Group.objects.create(name="tea"))

        [(request, _)] = given
        assert not hasattr(request, "session")
        with pytest.raises(AttributeError, match=r"request.POST is over: .* request.user"):
            _ = request.POST


class TestRows:
    def test_they_are_read_anew(self, request_of):
        hooks.register("after_edit_snippet", hear, background=True)
        group = Group.objects.create(name="tea")
        [edit] = hooks.get_hooks("after_edit_snippet")
        edit(request_of(), group)
        Group.objects.update(name="more tea")
        drain()

        assert given[0][1].name == "more tea"

    def test_one_that_is_gone_is_an_error_that_says_so(self, request_of):
        hooks.register("after_edit_snippet", hear, background=True)
        [edit] = hooks.get_hooks("after_edit_snippet")
        edit(request_of(), Group.objects.create(name="tea"))
        Group.objects.all().delete()
        [(_, outcome)] = drain()

        assert isinstance(outcome, Errored)
        assert "is gone since the job was stored" in outcome.error.message

    def test_of_a_snapshot_the_named_fields_travel(self, request_of):
        hooks.register("after_delete_user", hear, background=True, snapshot=["username"])
        ann = User.objects.create(username="ann", password="secret")
        run_hooks("after_delete_user", request_of(), ann)

        [(_, user)] = given
        assert (user.pk, user.username) == (ann.pk, "ann")
        assert user.get_deferred_fields() > {"password"}
        assert "secret" not in str(Job.objects.values_list("kwargs"))

    def test_a_reference_to_what_is_deleted_may_be_asked_for(self, request_of):
        hooks.register("after_delete_user", hear, background=True, snapshot=False)
        run_hooks("after_delete_user", request_of(), User.objects.create(username="ann"))

        assert "snapshot" not in str(Job.objects.values_list("kwargs"))

    def test_what_cannot_travel_is_refused_where_the_hook_is_called(self, request_of):
        hooks.register("after_bulk_action", hear, background=True)
        with pytest.raises(InvalidCall, match="after_bulk_action is a QuerySet, which cannot"):
            run_hooks("after_bulk_action", request_of(), "publish", User.objects.all(), None)

        assert not Job.objects.exists()

    def test_what_is_too_much_is_refused_where_the_hook_is_called(self, request_of):
        hooks.register("after_delete_snippet", hear, background=True)
        with pytest.raises(InvalidCall, match=r"what after_delete_snippet is given: .* more than"):
            run_hooks("after_delete_snippet", request_of(), [Group(name="x" * 70_000)])


class TestRegistering:
    def test_a_decorator_says_the_options_of_the_job(self):
        made = hooks.register("after_edit_user", background=True, queue="mail", max_attempts=3)(
            hear
        )

        assert (made.func, made.__name__) == (hear, "hear")
        assert made.task.name == f"{__name__}.hear"
        assert made.task.options == {"queue": "mail", "max_attempts": 3}
        assert hooks.get_hooks("after_edit_user") == [made]

    def test_hooks_are_called_in_their_order(self):
        last = hooks.register("after_edit_user", hear_in_coroutine, order=2, background=True)
        first = hooks.register("after_edit_user", hear, 1, background=True)

        assert hooks.get_hooks("after_edit_user") == [first, last]

    def test_one_function_follows_several_hooks(self, request_of):
        upper = hooks.register("after_delete_user", background=True)
        lower = hooks.register("after_edit_user", background=True, queue="mail")
        upper(lower(hear))
        ann = User.objects.create(username="ann")
        run_hooks("after_edit_user", request_of(), ann)
        run_hooks("after_delete_user", request_of(), ann)

        [edited, deleted] = Job.objects.filter(queue="mail").order_by("pk").values_list("kwargs")
        assert ("snapshot" in str(edited), "snapshot" in str(deleted)) == (False, True)
        assert len(given) == 2

    def test_a_coroutine_is_awaited(self, request_of):
        hooks.register("after_edit_user", hear_in_coroutine, background=True)
        ann = User.objects.create(username="ann")
        run_hooks("after_edit_user", request_of(ann), ann)

        assert given[0][0].user == ann

    def test_without_background_it_is_that_of_wagtail(self):
        made = hooks.register("construct_main_menu")(hear)
        hooks.register("construct_main_menu", made, -1)

        assert made is hear
        assert wagtail_hooks.get_hooks("construct_main_menu") == [hear, hear]

    def test_what_else_is_wagtails_is_there(self):
        assert hooks.get_hooks is wagtail_hooks.get_hooks
        with hooks.register_temporarily("construct_main_menu", hear):
            assert hooks.get_hooks("construct_main_menu") == [hear]
        with pytest.raises(AttributeError, match="no attribute 'tea'"):
            _ = hooks.tea


class TestRefusals:
    @pytest.mark.parametrize(
        ("name", "words"),
        [
            ("register_admin_urls", "Wagtail uses what it returns: URLs"),
            ("register_settings_menu_item", "menu items"),
            ("construct_main_menu", "changes a menu"),
            ("construct_page_chooser_queryset", "a queryset"),
            ("before_publish_page", "may forbid what comes next"),
            ("insert_editor_js", "part of the page"),
            ("after_publishpage", "Did you mean 'after_publish_page'"),
            ("of_another_package", "another package's"),
        ],
    )
    def test_hooks_that_no_job_may_follow(self, name, words):
        with pytest.raises(InvalidCall, match=words):
            hooks.register(name, background=True)

    @pytest.mark.parametrize(
        ("options", "words"),
        [
            ({"queu": "mail"}, "Did you mean 'queue'"),
            ({"takes_context": True}, "takes_context"),
            ({"snapshot": "title"}, "list of names of fields, not 'title'"),
            ({"snapshot": [1]}, "list of names of fields"),
        ],
    )
    def test_options_that_do_not_exist(self, options, words):
        with pytest.raises(InvalidCall, match=words):
            hooks.register("after_edit_user", hear, background=True, **options)

        assert hooks.get_hooks("after_edit_user") == []

    def test_functions_that_do_not_take_what_the_hook_gives(self):
        with pytest.raises(
            InvalidCall, match=r"take what after_move_page gives: \(request, page\)"
        ):
            hooks.register("after_move_page", hear_nothing, background=True)

    @pytest.mark.parametrize("options", [{"queue": "mail"}, {"snapshot": True}])
    def test_options_of_jobs_in_the_foreground(self, options):
        with pytest.raises(InvalidCall, match=r"takes (queue|snapshot)= together with background"):
            hooks.register("after_edit_user", hear, **options)

    def test_a_function_that_no_worker_would_find(self):
        with pytest.raises(InvalidCall, match="not at the top of a module"):

            @hooks.register("after_edit_user", background=True)
            def nested(request, user):
                pass

    def test_options_of_the_upper_of_two(self):
        made = hooks.register("after_edit_user", hear, background=True)
        with pytest.raises(InvalidCall, match="the lowest says the options"):
            hooks.register("after_create_user", made, background=True, queue="mail")

    def test_background_that_only_the_lower_of_two_says(self):
        made = hooks.register("after_edit_user", hear, background=True)
        with pytest.raises(InvalidCall, match="say so here, too"):
            hooks.register("construct_main_menu")(made)


def test_without_wagtail_it_says_what_to_install(monkeypatch):
    monkeypatch.delitem(sys.modules, "tasks_core.contrib.wagtail")
    monkeypatch.delitem(sys.modules, "tasks_core.contrib.wagtail.hooks")
    monkeypatch.setitem(sys.modules, "wagtail", None)

    with pytest.raises(MissingExtra, match=r"pip install django-tasks-core\[wagtail\]"):
        importlib.import_module("tasks_core.contrib.wagtail")
