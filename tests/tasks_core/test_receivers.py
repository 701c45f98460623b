"""Receivers in the background: when a job is stored, what it is given, and what is refused."""

import gc
import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from types import FunctionType
from typing import NamedTuple
from uuid import uuid4

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth import authenticate
from django.contrib.auth.models import Group, User
from django.contrib.auth.signals import user_login_failed
from django.core import signals as core
from django.db import connection, models, transaction
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.db.models.expressions import DatabaseDefault
from django.db.models.functions import Upper
from django.db.models.signals import m2m_changed, post_init, post_migrate, post_save, pre_save
from django.dispatch import Signal
from django.utils.translation import gettext_lazy

from tasks_core import background, job_backends, receiver, registry, task
from tasks_core.carrying import pack, unpack
from tasks_core.exceptions import InvalidCall, RowGone
from tasks_core.models import Job, Outbox, Process
from tasks_core.outcomes import Errored
from tasks_core.processes.foreground import run_ready
from tasks_core.signals import job_settled
from tasks_core.testing import assert_enqueued, drain, enqueued
from tests.app import received, tasks
from tests.app.models import Effect, Sample
from tests.app.received import (
    Kettle,
    Member,
    brewed,
    half_declared,
    heard,
    kettle_whistled,
    poured,
    stirred,
)
from tests.tasks_core.rows import make_process

pytestmark = pytest.mark.django_db

VALUES = [
    None,
    True,
    7,
    1.5,
    "tea",
    [1, [2]],
    {"a": {"b": 1}, "_kind": "mine"},
    (1, (2, 3)),
    {1, 2},
    frozenset({"a"}),
    datetime(2026, 3, 29, 1, 30, 0, 5, tzinfo=UTC),
    date(2026, 3, 29),
    timedelta(days=-1, microseconds=3),
    Decimal("0.10"),
    uuid4(),
    b"\x00\xff",
    User,
    Kettle,
]


@pytest.fixture(autouse=True)
def _quiet():
    heard.clear()


@pytest.fixture
def connected():
    """Connect something to a signal for one test."""
    made = []

    def connect(signal, function, **options):
        signal.connect(function, **options)
        made.append((signal, function, options))

    yield connect
    for signal, function, options in made:
        signal.disconnect(function, **options)


def undeclared(known):
    """Return another function under the name of one that was declared."""
    return FunctionType(known.func.__code__, known.func.__globals__, known.func.__name__)


def ran(name):
    drain()
    return [sent for each, sent in heard if each == name]


class TestModels:
    def test_a_saved_row_is_read_anew(self):
        user = Member.objects.create(username="ann")
        User.objects.filter(pk=user.pk).update(first_name="Ann")

        [sent] = ran("saved")

        assert (sent["instance"], sent["instance"].first_name) == (user, "Ann")
        assert (sent["sender"], sent["signal"], sent["created"]) == (Member, post_save, True)
        assert (sent["raw"], sent["using"], sent["update_fields"]) == (False, "default", None)

    def test_the_job_has_the_name_and_the_options_of_the_receiver(self):
        Member.objects.create(username="ann")

        job = Job.objects.get(queue="index")

        assert (job.task, job.label) == ("tests.app.received.user_saved", "Index")

    def test_before_a_save_it_is_as_it_was(self):
        user = Member.objects.create(username="ann", first_name="Ann")
        user.first_name = "Bea"
        user.save(update_fields=["first_name"])

        new, old = ran("before")

        assert (new["instance"].pk, new["instance"]._state.adding) == (None, True)
        assert old["instance"].first_name == "Bea"
        assert old["instance"].date_joined == user.date_joined
        assert old["update_fields"] == frozenset({"first_name"})

    @pytest.mark.parametrize("by_query", [False, True])
    def test_a_deleted_row_is_as_it_was(self, by_query):
        user = Member.objects.create(username="ann")
        key = user.pk
        Member.objects.all().delete() if by_query else user.delete()

        [sent] = ran("deleted")

        assert (sent["instance"].pk, sent["instance"].username) == (key, "ann")
        assert (sent["origin"] is None) == by_query

    def test_of_a_snapshot_the_named_fields_travel(self, monkeypatch):
        monkeypatch.setattr(received.user_deleted, "snapshot", ["username"])
        Member.objects.create(username="ann", password="secret").delete()

        [sent] = ran("deleted")

        assert sent["instance"].username == "ann"
        assert "password" in sent["instance"].get_deferred_fields()

    def test_a_row_that_is_gone_is_an_error_that_says_so(self):
        Member.objects.create(username="ann")
        Member.objects.all().delete()

        outcomes = {attempt.task.rpartition(".")[2]: outcome for attempt, outcome in drain()}

        outcome = outcomes["user_saved"]
        assert isinstance(outcome, Errored)
        assert "is gone since the job was stored" in outcome.error.message
        assert "snapshot=True" in outcome.error.message
        assert outcome.retry_in is None  # it stays gone

    def test_changed_relations_are_told(self, connected):
        connected(m2m_changed, received.groups_changed, sender=User.groups.through)
        user, group = Member.objects.create(username="ann"), Group.objects.create(name="tea")
        user.groups.add(group)

        before, after = ran("groups")

        assert (before["action"], after["action"]) == ("pre_add", "post_add")
        assert (after["pk_set"], after["model"], after["sender"]) == (
            {group.pk},
            Group,
            User.groups.through,
        )


def as_it_was(row, names=True):
    return unpack(pack(row, what="it", snapshot=names))


class TestSnapshots:
    def test_what_a_database_has_yet_to_make_is_left_out(self):
        Sample.objects.create(name="tea", count=2)

        [sent] = ran("sample before")

        row = sent["instance"]
        assert (row.pk, row.name, row.count, row.data) == (None, "tea", 2, {})
        assert row.get_deferred_fields() == {"twice"}
        assert isinstance(row.at, DatabaseDefault)

    def test_a_row_that_came_back_can_be_saved(self):
        row = as_it_was(Sample(name="tea"))
        row.save()

        assert Sample.objects.get().at is not None

    def test_what_was_generated_travels(self):
        row = Sample.objects.create(name="tea", count=2)
        row.refresh_from_db()

        assert as_it_was(row).twice == 4

    def test_text_that_a_field_accepts_is_read_as_the_field_reads_it(self):
        row = as_it_was(Sample(at="2026-01-01T00:00Z", lasts="1:00:00", count="3", name=Leaf.GREEN))

        assert row.at == datetime(2026, 1, 1, tzinfo=UTC)
        assert (row.lasts, row.count, row.name) == (timedelta(hours=1), 3, "green")

    def test_what_a_field_cannot_hold_is_refused_by_its_name(self):
        with pytest.raises(InvalidCall, match=r"app\.Sample\.count cannot hold 'many': .* integer"):
            as_it_was(Sample(count="many"))

    def test_an_expression_is_read_from_the_database_when_it_is_asked_for(self):
        row = Sample.objects.create(name="tea", count=2)
        row.count, row.name = models.F("count") + 1, Upper("name")
        row.save()

        carried = ran("sample before")[1]["instance"]

        assert carried.get_deferred_fields() == {"count", "name"}
        assert (carried.count, carried.name) == (3, "TEA")

    def test_a_deferred_field_stays_deferred(self, django_assert_num_queries):
        Sample.objects.create(name="tea")
        row = Sample.objects.defer("data").get()
        with django_assert_num_queries(0):
            assert as_it_was(row).get_deferred_fields() == {"data"}

        row.delete()

        [sent] = ran("sample deleted")
        assert sent["instance"].name == "tea"

    def test_json_and_bytes_come_back_as_the_database_has_them(self):
        data = {1: "one", "at": datetime(2026, 1, 1, tzinfo=UTC), "_kind": [None, 1.5, "tea"]}
        row = Sample.objects.create(data=data, content=b"\x00\xff")
        stored = Sample.objects.get()

        carried = as_it_was(row)

        assert carried.data == stored.data
        assert carried.data["1"] == "one"
        assert (as_it_was(stored).content, type(carried.content)) == (b"\x00\xff", bytes)

    def test_no_hash_of_a_password_travels_unasked(self):
        user = User.objects.create_user("ann", password="secret")

        assert "password" in as_it_was(user).get_deferred_fields()
        assert as_it_was(user, ["password"]).check_password("secret")

    def test_a_deleted_row_travels_once(self):
        Sample.objects.create(name="tea", data={"text": "x" * 40_000}).delete()

        [sent] = ran("sample deleted")

        assert sent["origin"] is sent["instance"]

    def test_one_that_is_too_large_is_refused_with_what_helps(self):
        [row] = Sample.objects.bulk_create([Sample(data={"text": "x" * 70_000})])

        with pytest.raises(InvalidCall) as caught:
            row.delete()

        told = str(caught.value)
        assert told.startswith("what post_delete sends to tests.app.received.sample_deleted: ")
        assert 'snapshot=["name", …]' in told
        assert "snapshot=False" in told


def test_a_failed_login_is_told_without_its_request(rf, connected):
    connected(user_login_failed, received.login_failed)
    assert authenticate(rf.get("/"), username="ann", password="wrong") is None

    [sent] = ran("login")

    assert (sent["credentials"]["username"], sent["request"]) == ("ann", None)


class TestTransactions:
    @pytest.fixture(params=["default", "immediate"])
    def backend(self, request, monkeypatch):
        monkeypatch.setattr(kettle_whistled.task, "backend", request.param)

    @pytest.mark.django_db(transaction=True)
    @pytest.mark.usefixtures("backend")
    def test_nothing_runs_before_the_commit(self):
        with transaction.atomic():
            brewed.send(sender=None, cup=1)
            assert [name for name, _ in heard] == []

        assert [sent["cup"] for sent in ran("tea")] == [1]

    @pytest.mark.django_db(transaction=True)
    @pytest.mark.usefixtures("backend")
    def test_nothing_runs_after_a_rollback(self):
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            brewed.send(sender=None, cup=1)
            raise ZeroDivisionError

        assert ran("tea") == []

    @pytest.mark.django_db(transaction=True)
    @pytest.mark.parametrize(("options", "written"), [({"durable": True}, 1), ({}, 0)])
    def test_what_is_durable_is_written_down_in_the_transaction(
        self, monkeypatch, options, written
    ):
        monkeypatch.setattr(kettle_whistled.task, "backend", "redis")
        monkeypatch.setattr(kettle_whistled.task, "options", options)

        with pytest.raises(ZeroDivisionError), transaction.atomic():
            poured.send(sender=None, cup=1)
            assert Outbox.objects.count() == written
            raise ZeroDivisionError

        assert not Outbox.objects.exists()

    @pytest.mark.django_db(transaction=True, databases=["default", "queue"])
    @pytest.mark.parametrize("alias", ["redis", "queue"])
    def test_what_is_durable_waits_for_a_commit_in_another_database(
        self, monkeypatch, settings, alias
    ):
        settings.TASKS_CORE = {"DURABLE": [alias]}
        monkeypatch.setattr(kettle_whistled.task, "backend", alias)
        user = User(pk=7)
        user._state.db = "queue"

        with pytest.raises(ZeroDivisionError), transaction.atomic(using="queue"):
            poured.send(sender=None, cup=user)
            raise ZeroDivisionError

        assert not Outbox.objects.exists()  # which is in the database "default"
        list(run_ready(job_backends[alias]))
        assert heard == []

    @pytest.mark.django_db(transaction=True)
    def test_the_tests_know_a_receiver_that_does_not_wait(self, monkeypatch):
        monkeypatch.setattr(kettle_whistled.task, "backend", "immediate")
        monkeypatch.setattr("django.db.transaction.on_commit", lambda run, using: run())

        with pytest.raises(AssertionError):
            self.test_nothing_runs_before_the_commit()


class TestConnecting:
    def test_of_several_signals_it_is_told_which(self):
        brewed.send(sender=None, cup=1)
        poured.send(sender=received.User, cup=2)

        told = [(sent["signal"], sent["sender"], sent["cup"]) for sent in ran("tea")]
        assert told == [(brewed, None, 1), (poured, User, 2)]

    def test_with_one_dispatch_uid_the_first_is_connected(self):
        brewed.send(sender=None)

        assert ran("same tea") == []

    def test_a_coroutine_is_awaited(self):
        brewed.send(sender=None, cup=3)

        assert ran("async tea") == [{"cup": 3}]

    def test_it_hears_what_is_sent_by_coroutines(self):
        async_to_sync(brewed.asend)(sender=None, cup=1)

        assert [sent["cup"] for sent in ran("tea")] == [1]

    def test_it_is_disconnected_by_the_name_that_it_has(self):
        assert poured.disconnect(dispatch_uid="only once")
        try:
            poured.send(sender=None)
            assert ran("tea") == []
        finally:
            poured.connect(kettle_whistled, dispatch_uid="only once")

    def test_it_is_held_weakly_as_by_django(self):
        signal = Signal()
        function = undeclared(kettle_whistled)
        kept = registry.declared()[registry.path_of(function)]
        made = receiver(signal, background=True)(function)
        assert signal.has_listeners()
        del made, function
        registry.declare(kept)
        gc.collect()

        assert not signal.has_listeners()

    def test_a_function_declared_for_another_signal_later_is_one_receiver(self):
        signal = Signal()
        again = receiver(signal, background=True)(kettle_whistled.func)
        try:
            signal.send(sender=None, cup=1)
            poured.send(sender=None, cup=2)

            assert again is kettle_whistled
            assert [sent["cup"] for sent in ran("tea")] == [1, 2]
        finally:
            signal.disconnect(again)
            del kettle_whistled.signals["signal 3"]

    def test_a_signal_may_mean_something_else_by_using(self):
        poured.send(sender=None, using="card")

        assert ran("tea")[0]["using"] == "card"

    @pytest.mark.parametrize("sender", [Process, MigrationRecorder.Migration, "historical"])
    def test_rows_of_ours_and_of_migrations_are_no_news(self, sender):
        if sender == "historical":
            loader = MigrationLoader(connection)
            sender = loader.project_state().apps.get_model("auth", "Group")
        kettle_whistled(signal=brewed, sender=sender, cup=1)

        assert not Job.objects.exists()

    @pytest.mark.django_db(databases=["default", "queue"])
    def test_it_waits_for_the_database_of_the_row_that_is_sent(
        self, django_capture_on_commit_callbacks
    ):
        user = User(pk=7)
        user._state.db = "queue"
        with django_capture_on_commit_callbacks(using="queue") as waiting:
            poured.send(sender=None, cup=user)

            assert not Job.objects.exists()
        assert len(waiting) == 1

    def test_a_signal_that_workers_would_not_know_is_refused_when_it_is_sent(self):
        with pytest.raises(InvalidCall, match="it was not declared for"):
            stirred.send(sender=None)

    def test_signals_may_change_places_while_jobs_wait(self, monkeypatch):
        poured.send(sender=None, cup=1)
        turned = dict(reversed(kettle_whistled.signals.items()))
        monkeypatch.setattr(kettle_whistled, "signals", turned)

        assert [sent["signal"] for sent in ran("tea")] == [poured]
        assert list(turned) == ["poured", "brewed"]

    def test_a_signal_that_it_follows_no_more_is_an_error_that_says_so(self, monkeypatch):
        poured.send(sender=None, cup=1)
        monkeypatch.setattr(kettle_whistled, "signals", {"brewed": brewed})

        outcomes = {attempt.task.rpartition(".")[2]: outcome for attempt, outcome in drain()}

        message = outcomes["kettle_whistled"].error.message
        assert "follows no signal 'poured' any more. It follows brewed." in message

    def test_signals_of_models_have_their_own_names(self):
        assert list(received.user_saved.signals) == ["django.db.models.signals.post_save"]

    def test_a_signal_that_has_no_name_has_its_place(self):
        assert list(half_declared.signals) == ["signal 1"]

    def test_without_background_it_is_that_of_django(self):
        signal, calls = Signal(), []

        @receiver(signal)
        def note(**sent):
            calls.append(sent)

        signal.send(sender=1, odd=object)
        assert [(sent["sender"], sent["odd"]) for sent in calls] == [(1, object)]


class TestAsATask:
    """A receiver is what the rest of the package knows as a task."""

    NAME = "tests.app.received.kettle_whistled"

    @pytest.mark.parametrize("asked", [kettle_whistled, NAME])
    def test_its_jobs_are_found_by_it(self, asked):
        poured.send(sender=None, cup=1)

        job = Job.objects.for_task(asked).get()

        assert job.task == self.NAME
        assert [call["task"] for call in enqueued(asked)] == [self.NAME]
        assert assert_enqueued(asked)["queue"] == "default"

    @pytest.mark.parametrize("asked", [kettle_whistled, NAME])
    @pytest.mark.parametrize("args", [[], [1]])
    def test_nobody_enqueues_it_by_hand(self, asked, args):
        with pytest.raises(InvalidCall, match=r"carry what a signal sends.*Send the signal"):
            background.enqueue(asked, args)

    def test_its_jobs_are_run_under_its_old_name(self, monkeypatch):
        monkeypatch.setattr(received, "whistled", kettle_whistled, raising=False)

        assert registry.resolve("tests.app.received.whistled") is kettle_whistled.task

    def test_it_says_what_it_is(self):
        assert repr(kettle_whistled) == f"<BackgroundReceiver {self.NAME}>"

    def test_the_function_itself_can_be_called(self):
        kettle_whistled.func(sender=None, cup=2)

        assert heard == [("tea", {"sender": None, "cup": 2})]


class TestRefusals:
    @pytest.mark.parametrize(
        ("signal", "words"),
        [
            (core.request_started, "request_started: it belongs to a request"),
            (core.request_finished, "request_finished"),
            (core.got_request_exception, "got_request_exception"),
            (post_migrate, "post_migrate: while migrations run"),
            (post_init, "post_init: it is sent for each object"),
            (job_settled, "job_settled: a job would be stored for it"),
            ("post_save", "takes a signal or a list"),
        ],
    )
    def test_signals_that_no_job_may_follow(self, signal, words):
        with pytest.raises(InvalidCall, match=words):
            receiver(signal, background=True)

    @pytest.mark.parametrize(
        ("sent", "words"),
        [
            ({"cup": object()}, "cup is an object, which cannot be carried"),
            ({"cup": {1: 2}}, "cup has the key 1"),
            ({"cup": User(username="new")}, "cup is not saved"),
            ({"cup": User.objects.none()}, r"cup is a QuerySet.*as list\(…\)"),
            ({"cup": type("Local", (), {})}, "cup is the class Local"),
            ({"cup": "x" * 70_000}, "more than 65536"),
            ({"cup": object()}, "tests.app.received.kettle_whistled, sent brewed: cup is"),
        ],
    )
    def test_values_that_cannot_travel_when_they_are_sent(self, sent, words):
        with pytest.raises(InvalidCall, match=words):
            brewed.send(sender=None, **sent)

        assert not Job.objects.exists()

    @pytest.mark.parametrize(
        ("options", "words"),
        [
            ({"queu": "mail"}, "Did you mean 'queue'"),
            ({"takes_context": True}, "takes_context"),
            ({"snapshot": "username"}, "True, False or a list of names of fields"),
            ({"concurrency": ("cup {cup}", 1)}, "takes plain keys"),
        ],
    )
    def test_options_that_do_not_exist(self, options, words):
        with pytest.raises(InvalidCall, match=words):
            receiver(brewed, background=True, **options)(undeclared(kettle_whistled))

    def test_a_function_that_no_worker_would_find(self):
        with pytest.raises(InvalidCall, match="not at the top of a module"):

            @receiver(brewed, background=True)
            def nested(**sent):
                pass

    @pytest.mark.parametrize("option", ["snapshot", "queue", "backend", "max_attempts"])
    def test_options_of_the_background_in_the_foreground(self, option):
        with pytest.raises(InvalidCall, match=f"takes {option}= together with background=True"):
            receiver(brewed, **{option: True})

    def test_a_field_that_the_sender_does_not_have(self):
        declare = receiver(pre_save, sender=Member, background=True, snapshot=["usernam"])

        with pytest.raises(
            InvalidCall, match=r"'usernam', .* app\.Member.*Did you mean 'username'"
        ):
            declare(undeclared(received.login_failed))

    @pytest.mark.parametrize(
        ("twice", "declared"),
        [
            (task, kettle_whistled),
            (task, tasks.explode_once),
            (receiver(brewed, background=True), tasks.explode_once),
        ],
    )
    def test_two_decorators(self, twice, declared):
        with pytest.raises(InvalidCall, match="One decorator is enough"):
            twice(declared)

    @pytest.mark.parametrize("options", [{"queue": "mail"}, {"snapshot": True}])
    @pytest.mark.parametrize("function", [half_declared, half_declared.func])
    def test_other_options_of_the_second_of_two(self, function, options):
        with pytest.raises(InvalidCall, match="the first, which is the lowest"):
            receiver(poured, background=True, **options)(function)

    def test_what_somebody_wrote_into_the_store_is_not_imported(self):
        with pytest.raises(InvalidCall, match="is no class of this project"):
            unpack({"_kind": "class", "name": "subprocess:Popen"})
        with pytest.raises(InvalidCall, match="is no model of this project"):
            unpack({"_kind": "model", "model": "no.Model"})


class TestListsOfRows:
    @pytest.fixture
    def users(self):
        return [User.objects.create(username=name) for name in ("bea", "ann", "cy")]

    def test_they_are_read_in_one_query_and_in_their_order(self, users, django_assert_num_queries):
        packed = pack(users, what="it", snapshot=False)

        with django_assert_num_queries(1):
            assert unpack(packed) == users

    def test_keys_may_be_as_a_form_had_them(self, users):
        unread = User(pk=str(users[0].pk))

        assert unpack(pack(unread, what="it", snapshot=False)) == users[0]

    def test_thousands_fit_into_a_job(self):
        users = [User(pk=number) for number in range(7000)]

        assert len(json.dumps(pack(users, what="it", snapshot=False))) < 64 * 1024

    def test_those_of_several_models_keep_their_places(self, users):
        mixed = [users[0], Group.objects.create(name="tea"), "cup", users[1]]

        assert unpack(pack(mixed, what="it", snapshot=False)) == mixed

    def test_those_that_are_gone_are_an_error_that_names_them(self, users):
        packed = pack(users, what="it", snapshot=False)
        User.objects.exclude(username="cy").delete()

        with pytest.raises(RowGone, match=f"{users[0].pk}, {users[1].pk} is gone since"):
            unpack(packed)


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_values_come_back_as_they_were_sent(value):
    found = unpack(pack(value, what="it", snapshot=False))

    assert (found, type(found)) == (value, type(value))


def test_a_receiver_of_every_row_is_told_nothing_of_ours(connected):
    connected(post_save, received.user_saved)
    before = Job.objects.count()

    make_process()

    assert Job.objects.count() == before


class Size(NamedTuple):
    width: int
    height: int


class Leaf(str, Enum):  # noqa: UP042 - a StrEnum shows itself otherwise
    GREEN = "green"


class Midnight(datetime):
    """A datetime, as some libraries have one of their own."""


@pytest.mark.parametrize(
    ("value", "again"),
    [
        (Size(2, 3), (2, 3)),
        (Leaf.GREEN, "green"),
        (Midnight(2026, 3, 29, tzinfo=UTC), datetime(2026, 3, 29, tzinfo=UTC)),
        (gettext_lazy("Monday"), "Monday"),
        (bytearray(b"tea"), b"tea"),
    ],
)
def test_a_class_of_ones_own_becomes_what_it_is_in_the_end(value, again):
    carried = unpack(pack(value, what="it", snapshot=False))

    assert (carried, type(carried)) == (again, type(again))


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_has_not_imported_its_module_finds_it(run_worker):
    poured.send(sender=None, cup=1)

    worker = run_worker("--once")

    assert worker.wait() == 0
    assert [effect.name for effect in Effect.objects.all()] == ["tea"]
    assert heard == []
