"""Jobs that are kept elsewhere: there when the transaction commits, and not before."""

from datetime import timedelta

import pytest
from asgiref.sync import async_to_sync
from django.core.checks import run_checks
from django.db import transaction
from django.test import TestCase, override_settings

from tasks_core import Call, background, job_backends, outbox
from tasks_core.backends.elsewhere import ElsewhereBackend
from tasks_core.models import Outbox
from tasks_core.results import JobResult, Snapshot
from tasks_core.signals import job_enqueued
from tasks_core.states import UNKNOWN
from tests.app.tasks import nothing

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "queue"])

there = background.on("there")


class Elsewhere(ElsewhereBackend):
    """A list, and an error to raise instead of keeping anything."""

    def __init__(self, options):
        super().__init__(options)
        self.pushes = []
        self.error = None

    @property
    def ids(self):
        return [call.id for push in self.pushes for call in push]

    def push(self, calls):
        if self.error:
            raise self.error
        self.pushes.append(calls)
        results = [JobResult(Snapshot(id=call.id, status="ready"), backend=self) for call in calls]
        self.tell(results)
        return results


class Loss(Exception):
    pass


def configured(**options):
    return {
        "default": {"BACKEND": "tasks_core.backends.database.DatabaseBackend"},
        "there": {"BACKEND": Elsewhere, "OPTIONS": options},
    }


@pytest.fixture
def elsewhere(settings):
    settings.JOBS = configured()
    return job_backends["there"]


class TestCommits:
    def test_without_a_transaction_it_is_there_at_once(self, elsewhere):
        result = there.enqueue(nothing)

        assert elsewhere.ids == [result.id]

    def test_it_is_there_when_the_transaction_commits(self, elsewhere):
        with transaction.atomic():
            result = there.enqueue(nothing)
            later = there.defer(nothing, when=timedelta(hours=1))
            assert (elsewhere.ids, result.status, later.status) == ([], "ready", "scheduled")

        assert elsewhere.ids == [result.id, later.id]

    def test_without_a_commit_it_never_is(self, elsewhere):
        with pytest.raises(Loss), transaction.atomic():
            there.enqueue(nothing)
            raise Loss

        assert elsewhere.ids == []

    def test_a_savepoint_takes_its_calls_with_it(self, elsewhere):
        with transaction.atomic():
            kept = there.enqueue(nothing)
            with pytest.raises(Loss), transaction.atomic():
                there.enqueue(nothing)
                raise Loss

        assert elsewhere.ids == [kept.id]

    def test_many_are_one_push_in_their_order(self, elsewhere):
        with transaction.atomic():
            results = there.enqueue_many([Call(nothing) for _ in range(3)])

        assert len(elsewhere.pushes) == 1
        assert elsewhere.ids == [result.id for result in results]

    def test_a_transaction_of_another_database_is_not_waited_for(self, elsewhere):
        with transaction.atomic(using="queue"):
            there.enqueue(nothing)
            assert len(elsewhere.ids) == 1

    def test_the_setting_says_which_database_counts(self, elsewhere, settings):
        settings.TASKS_CORE = {"OUTBOX_DATABASE": "queue"}
        backend = job_backends["there"]
        with transaction.atomic(using="queue"):
            there.enqueue(nothing)
            assert backend.ids == []

        assert len(backend.ids) == 1

    def test_an_option_pushes_at_once_and_leaves_a_ghost(self, settings):
        settings.JOBS = configured(on_commit=False)
        with pytest.raises(Loss), transaction.atomic():
            there.enqueue(nothing)
            raise Loss

        assert len(job_backends["there"].ids) == 1

    def test_coroutines_do_the_same(self, elsewhere):
        async_to_sync(there.aenqueue)(nothing)

        assert len(elsewhere.ids) == 1

    def test_who_commits_is_told_that_nobody_took_it(self, elsewhere):
        elsewhere.error = OSError("nobody there")
        with pytest.raises(OSError, match="nobody there"), transaction.atomic():
            there.enqueue(nothing)
            there.enqueue(nothing, durable=True)

        assert Outbox.objects.count() == 1  # what is durable is not lost with it

    def test_the_signal_comes_with_the_job(self, elsewhere):
        told = []

        def note(result, **kwargs):
            told.append(result.id)

        job_enqueued.connect(note, sender=Elsewhere)
        try:
            with transaction.atomic():
                result = there.enqueue(nothing)
                assert told == []
        finally:
            job_enqueued.disconnect(note, sender=Elsewhere)

        assert told == [result.id]


class TestOutbox:
    def test_a_durable_call_is_pushed_with_its_id(self, elsewhere):
        with transaction.atomic():
            result = there.enqueue(nothing, durable=True)
            assert elsewhere.ids == []

        assert elsewhere.ids == [result.id]
        assert not Outbox.objects.exists()

    @pytest.mark.parametrize("count", [1, 3])
    def test_a_relay_within_a_transaction_pushes_before_it_forgets(self, elsewhere, count):
        elsewhere.error = OSError("nobody there")
        there.enqueue_many([Call(nothing, durable=True)] * count)
        Outbox.objects.update(try_at="2026-01-01T00:00:00Z")
        elsewhere.error = None

        # If it waited for the commit, a crash after it would find neither row nor job.
        with transaction.atomic():
            assert outbox.sweep() == count
            assert len(elsewhere.ids) == count

    def test_a_refused_call_of_which_nothing_is_known_stays(self, elsewhere):
        elsewhere.get = lambda job_id: JobResult(Snapshot(id=job_id, status=UNKNOWN), backend=None)
        elsewhere.error = ValueError("too long")

        there.enqueue(nothing, durable=True)

        assert Outbox.objects.get().error == "ValueError: too long"


class InATestCase(TestCase):
    """Whose transaction never commits: as people test their own views."""

    def setUp(self):
        changed = override_settings(JOBS=configured())
        changed.enable()
        self.addCleanup(changed.disable)

    def test_callbacks_of_the_commit_are_run_by_hand(self):
        with self.captureOnCommitCallbacks(execute=True):
            there.enqueue(nothing)

        assert len(job_backends["there"].ids) == 1


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"on_comit": True}, "unknown OPTIONS 'on_comit'"),
        ({"on_commit": "yes"}, "on_commit must be True or False, not 'yes'"),
    ],
)
def test_wrong_options_are_named(settings, options, words):
    settings.JOBS = configured(**options)

    [found] = [each for each in run_checks(tags=["jobs"]) if each.id == "tasks_core.E003"]

    assert words in found.msg
    assert "on_commit" in found.hint or "False pushes" in found.hint


def test_a_backend_that_defines_no_push_says_so(settings):
    settings.JOBS = {"default": {"BACKEND": ElsewhereBackend}}

    with pytest.raises(TypeError, match=r"defines no push\(\)"):
        background.enqueue(nothing)
