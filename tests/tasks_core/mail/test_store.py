"""What is left of letters, and for how long: no doubt may cost one that a job still waits for."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.core import mail
from django.core.mail import send_mail
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from tasks_core import clock, ids, job_backends
from tasks_core.contrib.mail import store, tasks
from tasks_core.contrib.mail.exceptions import LetterGone
from tasks_core.contrib.mail.models import LetterPart
from tasks_core.exceptions import InvalidJobBackend
from tasks_core.models import Job, Outbox
from tasks_core.processes.foreground import run_ready
from tasks_core.states import JobState
from tasks_core.testing import drain

pytestmark = pytest.mark.django_db
BROKEN = {"BACKEND": "tests.nowhere.Backend"}  # as one whose server is away


@pytest.fixture(autouse=True)
def backends(settings):
    """Few backends, each of which is there; return all of them."""
    all_of_them = settings.JOBS
    settings.JOBS = {alias: settings.JOBS[alias] for alias in ("default", "immediate")}
    return all_of_them


def post():
    send_mail("Tea", "at four", "shop@example.org", ["a@example.org"])


def pass_time(days):
    """Make the letters so much older."""
    for part in LetterPart.objects.all():
        part.keep_until -= timedelta(days=days)
        part.save()


def letters():
    return set(LetterPart.objects.filter(was_sent=False).values_list("letter", flat=True))


def stored(home):
    """Return how many letters, and how many jobs or calls, this database has."""
    calls = Job.objects.using(home).count() + Outbox.objects.using(home).count()
    return LetterPart.objects.using(home).count(), calls


def test_a_letter_whose_job_is_gone_is_kept_for_a_month():
    for _ in range(2):
        post()
    kept, gone = Job.objects.order_by("pk")
    Job.objects.filter(pk=gone.pk).delete()

    pass_time(days=29)
    assert store.sweep() == 0

    pass_time(days=2)
    store.keep([(new := uuid4(), b"new")])
    assert store.sweep() == 1
    assert letters() == {kept.pk, new}


def test_the_setting_says_how_long(settings):
    settings.QUEUED_EMAIL = {"RETAIN": 2 * 86400}
    store.keep([(uuid4(), b"of no job")])

    pass_time(days=1)
    assert store.sweep() == 0

    pass_time(days=2)
    assert store.sweep() == 1


def test_a_letter_that_waits_is_kept_however_old_it_is():
    post()
    pass_time(days=400)

    assert store.sweep() == 0

    drain()

    assert len(mail.outbox) == 1


def test_one_that_waits_keeps_no_other_from_being_swept(monkeypatch):
    monkeypatch.setattr(store, "SWEPT", 1)
    post()
    pass_time(days=400)
    store.keep([(uuid4(), b"of no job")])
    pass_time(days=31)

    assert [store.sweep(), store.sweep(), store.sweep()] == [0, 1, 0]


@pytest.mark.django_db(databases=["default", "queue"])
def test_a_letter_whose_call_is_in_the_outbox_is_kept(settings):
    settings.TASKS_CORE = {"OUTBOX_DATABASE": "queue"}
    now = clock.now()
    store.keep([(letter := uuid4(), b"{}")])
    Outbox.objects.using("queue").create(
        id=letter, backend="redis", call={}, stored_at=now, try_at=now
    )
    pass_time(days=400)

    assert store.sweep() == 0


@pytest.mark.django_db(transaction=True, databases=["default", "queue"])
@pytest.mark.parametrize("alias", ["default", "queue", "redis"])
@pytest.mark.parametrize("home", ["default", "queue"])
def test_letter_and_job_are_of_one_transaction(settings, backends, alias, home):
    settings.TASKS_CORE = {"OUTBOX_DATABASE": home}
    settings.JOBS = {"default": backends[alias]}
    before = stored(home)

    with transaction.atomic(using=home):
        post()
        assert stored(home) == (before[0] + 1, before[1] + 1)
        transaction.set_rollback(True, using=home)

    assert stored(home) == before


def test_a_letter_whose_job_is_in_another_backend_is_kept(settings):
    post()
    pass_time(days=400)

    settings.JOBS = {
        "default": {"BACKEND": "tasks_core.backends.immediate.ImmediateBackend"},
        "before": settings.JOBS["default"],
    }
    assert store.sweep() == 0

    list(run_ready(job_backends["before"]))

    assert len(mail.outbox) == 1


def test_while_a_backend_cannot_be_asked_nothing_is_forgotten(settings):
    settings.JOBS = settings.JOBS | {"broken": BROKEN}
    store.keep([(uuid4(), b"of no job")])
    pass_time(days=31)

    with pytest.raises(InvalidJobBackend):
        store.sweep()

    assert len(letters()) == 1
    assert store.sweep() == 0  # others have their turn


def test_what_hinders_a_sweep_is_not_held_against_what_was_sent(settings, caplog):
    settings.JOBS = settings.JOBS | {"broken": BROKEN}
    store.keep([(uuid4(), b"of no job")])
    pass_time(days=31)
    post()

    list(run_ready(job_backends["default"]))

    assert (len(mail.outbox), Job.objects.get().state) == (1, JobState.SUCCESSFUL)
    assert "could not be swept" in caplog.text


def test_a_letter_of_which_nothing_is_known_was_not_sent():
    post()
    LetterPart.objects.all().delete()

    list(run_ready(job_backends["default"]))

    job = Job.objects.get()
    assert (job.state, job.attempts) == (JobState.FAILED, 1)
    assert 'QUEUED_EMAIL["RETAIN"]' in job.errors[0]["message"]


def test_that_it_was_sent_is_known_for_a_day():
    post()
    letter = str(Job.objects.get().pk)
    drain()

    pass_time(days=0.9)
    assert store.sweep() == 0
    assert tasks.send(letter) == 0

    pass_time(days=0.2)
    assert store.sweep() == 1
    with pytest.raises(LetterGone):
        tasks.send(letter)


def test_to_sweep_costs_the_same_however_many_are_old():
    def many(number):
        LetterPart.objects.bulk_create(
            LetterPart(letter=ids.job_id(), number=0, content=b"x", keep_until=clock.now())
            for _ in range(number)
        )
        with CaptureQueriesContext(connection) as asked:
            store.sweep()
        return asked.captured_queries

    few, lots = many(store.SWEPT), many(20 * store.SWEPT)

    assert len(few) == len(lots)
    assert not any("COUNT(" in each["sql"] or "OFFSET" in each["sql"] for each in lots)
