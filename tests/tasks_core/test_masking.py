"""What is sensitive is stored and run as ever, and shown to nobody."""

import json
from io import StringIO

import pytest
from django.core.management import call_command
from django.urls import reverse

from tasks_core import JobContext, background, job_backends, receiver, task
from tasks_core.exceptions import InvalidCall
from tasks_core.masking import MASK, shown
from tasks_core.models import Job, Outbox
from tasks_core.testing import drain
from tests.app.accounts import open_account
from tests.app.received import brewed
from tests.tasks_core.http import site
from tests.tasks_core.test_outbox import Away

SECRET = "opensesame"

heard: list[object] = []


@task(sensitive=["password", "codes", "card"], takes_context=True, max_attempts=1)
def register(context: JobContext, name, password="", *codes, plan="free", **more):
    heard.append((name, password, codes, plan, more))


@task(sensitive=["more"])
def pay(amount, **more):
    """Take any card."""


@task(sensitive=True)
def whisper(*words, to="all"):
    """Say it to nobody else."""


@task(sensitive=["card"])
def bill(name, *, card=""):
    """Its second argument was called ``token``."""


def listen(sender, cup=None, **sent):
    heard.append(cup)


@pytest.mark.parametrize(
    ("called", "args", "kwargs", "seen"),
    [
        (register, ["ann"], {}, [["ann"], {}]),
        (register, ["ann", SECRET], {"plan": "pro"}, [["ann", MASK], {"plan": "pro"}]),
        (register, ["ann", "a", "b", "c"], {}, [["ann", MASK, MASK, MASK], {}]),
        (
            register,
            [],
            {"name": "ann", "password": SECRET},
            [[], {"name": "ann", "password": MASK}],
        ),
        (register, ["ann"], {"card": 1, "cup": 2}, [["ann"], {"card": MASK, "cup": 2}]),
        (pay, [5], {"card": 1, "cup": 2}, [[5], {"card": MASK, "cup": MASK}]),
        (whisper, ["a", "b"], {"to": "bea"}, [[MASK, MASK], {"to": MASK}]),
    ],
)
def test_only_what_is_sensitive_is_masked(called, args, kwargs, seen):
    assert list(shown(called.name, args, kwargs).values()) == seen


def test_of_a_task_that_is_gone_nothing_is_shown():
    assert shown("gone.register", [SECRET], {"a": 1}) == {"args": [MASK], "kwargs": {"a": MASK}}


def test_what_the_function_does_not_take_any_more_is_masked():
    assert list(shown(bill.name, ["ann", SECRET], {"token": SECRET}).values()) == [
        ["ann", MASK],
        {"token": MASK},
    ]


@pytest.mark.parametrize("sensitive", [["name"], True])
@pytest.mark.parametrize("option", [{"key": "a {name}"}, {"concurrency": ("a {name}", 1)}])
def test_a_key_that_would_show_it_is_refused(sensitive, option):
    with pytest.raises(InvalidCall, match=r"'a \{name\}' would show name, which is sensitive"):
        task(sensitive=sensitive, **option)(bill.func)
    with pytest.raises(InvalidCall, match=r"'a \{card\}' would show card"):
        background.enqueue(bill, ["ann"], concurrency=("a {card}", 1))


@pytest.mark.parametrize(
    ("sensitive", "words"),
    [
        (["amuont"], "pay does not take.* Did you mean 'amount'"),
        ("amount", r"must be True or a list of names of arguments, .* not 'amount'"),
        (1, "not 1"),
    ],
)
def test_what_cannot_be_masked_is_refused(sensitive, words):
    def pay(amount):
        pass

    pay.__qualname__ = "pay"
    with pytest.raises(InvalidCall, match=words):
        task(sensitive=sensitive)(pay)


@pytest.mark.django_db(transaction=True)
def test_a_process_that_has_not_imported_the_task_masks_it_too(manage_process):
    stored = background.enqueue(open_account, ["ann", SECRET])

    child = manage_process("jobs", "show", str(stored.id))

    assert child.wait() == 0
    assert SECRET not in child.output
    assert MASK in child.output


@pytest.mark.django_db
class TestEverywhere:
    @pytest.fixture
    def job(self):
        return Job.objects.create(register, ["ann", SECRET], {"card": SECRET, "plan": "pro"})

    def test_it_is_run_as_it_was_given(self, job):
        drain()

        assert heard.pop() == ("ann", SECRET, (), "pro", {"card": SECRET})

    @pytest.mark.parametrize("verb", ["show", "list"])
    @pytest.mark.parametrize("form", ["table", "json"])
    def test_on_the_command_line(self, job, verb, form):
        out = StringIO()
        call_command("jobs", verb, *[str(job.pk)][: verb == "show"], "--format", form, stdout=out)

        assert SECRET not in out.getvalue()
        assert (MASK in out.getvalue()) is not (verb == "list" and form == "table")

    def test_in_the_admin(self, job, admin_client):
        page = admin_client.get(reverse("admin:tasks_core_job_change", args=[job.pk]))

        assert SECRET not in page.content.decode()
        assert MASK in page.content.decode()

    def test_in_the_outbox(self, settings, admin_client):
        settings.JOBS = settings.JOBS | {"away": {"BACKEND": Away}}
        stored = background.on("away").enqueue(register, ["ann", SECRET], durable=True)

        page = admin_client.get(reverse("admin:tasks_core_outbox_change", args=[stored.id]))

        assert Outbox.objects.get(pk=stored.id).call["args"] == ["ann", SECRET]
        assert SECRET not in page.content.decode()
        assert MASK in page.content.decode()

    def test_over_http(self, job, settings, admin_client):
        settings.ROOT_URLCONF = site.__name__

        told = admin_client.get(reverse("tasks_core_http:job", args=[job.pk])).json()

        assert (told["args"], told["kwargs"]) == (["ann", MASK], {"card": MASK, "plan": "pro"})

    def test_of_what_a_signal_sends_all_or_nothing(self):
        with pytest.raises(InvalidCall, match="@receiver takes sensitive=True, which masks all"):
            receiver(brewed, background=True, sensitive=["cup"])(listen)

    def test_of_what_a_signal_sends(self):
        made = receiver(brewed, background=True, sensitive=True)(listen)
        try:
            brewed.send(sender=None, cup=SECRET)
        finally:
            brewed.disconnect(made)
        out = StringIO()
        call_command("jobs", "list", "--task", made.task.name, "--format", "json", stdout=out)
        [told] = json.loads(out.getvalue())
        drain()

        assert told["kwargs"] == {"carried": MASK}
        assert heard.pop() == SECRET


def test_the_dummy_keeps_what_it_was_given():
    backend = job_backends["dummy"]
    backend.clear()
    background.on("dummy").enqueue(whisper, [SECRET])

    assert backend.calls[0].args == [SECRET]
