"""What manage.py check says about schedules, each id once, and that it asks no database."""

from datetime import timedelta

import pytest
from django.core import checks
from django.test import override_settings

from scheduler import conf, periodic
from scheduler.models import Calendar
from scheduler.testing import only_declared
from tasks_core import BaseJobBackend
from tests.app.tasks import leave_effect, nothing
from tests.scheduler.places import at

TEA = {"task": "tests.app.tasks.nothing", "cron": "0 17 * * *"}
IMMEDIATE = {"BACKEND": "tasks_core.backends.immediate.ImmediateBackend"}


class EnqueueOnly(BaseJobBackend):
    def enqueue(self, func, args, kwargs):
        raise AssertionError("a check stores nothing")


def found(**schedule):
    """Return the messages of our checks by id. No database: this test has none."""
    with only_declared(schedule):
        messages = checks.run_checks(tags=["jobs"])
    ours = [each for each in messages if each.id.startswith("tasks_scheduler.")]
    return {each.id.removeprefix("tasks_scheduler."): f"{each.msg} {each.hint}" for each in ours}


def test_a_good_schedule_is_no_news():
    assert found(tea=TEA) == {}


def computed():
    return {"name": "tea"}


def test_arguments_that_are_computed_are_not_known_yet():
    assert found(tea={**TEA, "task": "tests.app.tasks.leave_effect", "kwargs": computed}) == {}
    assert "E007" in found(tea={**TEA, "task": "tests.app.tasks.leave_effect"})


def test_e001_a_schedule_without_a_backend_for_it(settings):
    settings.JOBS = IMMEDIATE

    messages = found(tea=TEA)

    assert list(messages) == ["E001"]
    assert "ImmediateBackend ('default' in JOBS) does not support scheduling" in messages["E001"]
    assert "DatabaseBackend" in messages["E001"]


def test_e001_with_the_default_backend_and_a_task_that_is_wrong_too(settings):
    del settings.JOBS

    assert {"E001", "E006"} <= set(found(tea={**TEA, "task": "nowhere.tea"}))


def test_e001_for_periodic_as_well(settings):
    settings.JOBS = IMMEDIATE
    with only_declared():
        periodic("0 17 * * *")(nothing)
        messages = checks.run_checks(tags=["jobs"])

    assert "tasks_scheduler.E001" in [each.id for each in messages]


def test_e001_without_schedules_there_is_nothing_to_say(settings):
    settings.JOBS = IMMEDIATE

    assert found() == {}


def test_e001_a_backend_that_does_not_define_defer(settings):
    settings.JOBS = {"BACKEND": f"{__name__}.EnqueueOnly"}

    assert "it defines no defer()" in found(tea=TEA)["E001"]


@pytest.mark.parametrize("jobs", [{"BACKEND": "no.such.Backend"}, ["no dict"]])
def test_a_backend_that_cannot_be_built_is_told_by_the_check_of_jobs_alone(jobs, settings):
    settings.JOBS = jobs

    with only_declared({"tea": TEA, "soup": TEA}):
        messages = checks.run_checks(tags=["jobs", "database"])

    assert [each.id for each in messages] == ["tasks_core.E001"]


@pytest.mark.parametrize("tuning", [{"COMANDS": []}, {"ALLOWED_MODULES": 5}])
def test_e016_what_cannot_be_read_for_a_mistake_in_tasks_core_is_told_once(tuning, settings):
    settings.TASKS_CORE = tuning
    plain = {**TEA, "task": "tests.app.stubborn.begin"}
    wrong = {**TEA, "que": "x"}

    messages = found(tea=plain, soup=plain, stew=plain, cake=plain, wrong=wrong)

    assert set(messages) == {"E005", "E016"}
    assert messages["E005"].startswith("SCHEDULE['wrong']: There is no option 'que'.")
    assert messages["E016"].startswith(
        "SCHEDULE['tea'], SCHEDULE['soup'], SCHEDULE['stew'] and others cannot be read before "
    )


@pytest.mark.parametrize(
    ("number", "entry", "words"),
    [
        ("E002", {"backend": "nowhere"}, "JOBS has no backend 'nowhere'"),
        ("E004", {"cron": "61 17 * * *"}, "SCHEDULE['tea']"),
        ("E004", {"timezone": "Europe/Pari"}, "Did you mean Europe/Paris?"),
        ("E005", {"que": "x"}, "Did you mean 'queue'?"),
        ("E006", {"task": "nowhere.tea"}, "cannot be imported"),
        ("E007", {"args": [1]}, "cannot be called with these arguments"),
        ("E007", {"priority": 1000}, "priority"),
        ("W001", {"cron": "0 0 30 2 *"}, "is never due"),
        ("W002", {"cron": "* * * * *"}, ""),
    ],
)
def test_what_is_wrong_has_an_id(number, entry, words, settings):
    if number == "W002":
        settings.SCHEDULER = {"TICK_SECONDS": 90}

    messages = found(tea={**TEA, **entry})

    assert list(messages) == [number]
    assert words in messages[number]


RUN = {"task": "tasks_core.contrib.commands.tasks.run_command", "cron": "0 17 * * *"}


@pytest.mark.parametrize(
    "entry", [{"args": ["clearsesions", "-v", "0"]}, {"kwargs": {"name": "clearsesions"}}]
)
def test_e017_a_command_that_may_not_run(entry, settings):
    settings.TASKS_CORE = {"COMMANDS": ["clearsessions"]}

    messages = found(tidy={**RUN, **entry})

    assert list(messages) == ["E017"]
    assert "Schedule 'tidy': 'clearsesions' is none of" in messages["E017"]
    assert "Did you mean 'clearsessions'?" in messages["E017"]


def test_e017_is_not_said_of_commands_that_may_run_or_are_not_known_yet(settings):
    settings.TASKS_CORE = {"COMMANDS": ["clearsessions"]}

    assert found(tidy={**RUN, "args": ["clearsessions"]}, other={**RUN, "kwargs": computed}) == {}
    assert list(found(tidy=RUN)) == ["E007"]

    settings.TASKS_CORE = {"COMMANDS": 5}
    assert "E017" not in found(tidy={**RUN, "args": ["clearsessions"]})


def test_w003_an_at_that_is_over():
    assert list(found(tea={"task": nothing, "at": at(9, days=-3000)})) == ["W003"]


def test_w004_a_herd(settings):
    settings.SCHEDULER = {"HERD": 3}

    messages = found(**{f"tea {n}": TEA for n in range(3)})

    assert "3 schedules are next due in one minute" in messages["W004"]
    assert found(**{f"tea {n}": TEA for n in range(2)}) == {}


def test_e008_two_of_one_key():
    with only_declared({"tea": TEA}):
        periodic("0 9 * * *", key="tea")(leave_effect)
        messages = checks.run_checks(tags=["jobs"])

    assert [each.id for each in messages] == ["tasks_scheduler.E008"]


def test_e009_a_setting_that_we_do_not_know(settings):
    settings.SCHEDULER = {"TICKSECONDS": 5}

    messages = found(tea=TEA)

    assert list(messages) == ["E009"]
    assert "TICK_SECONDS" in messages["E009"]


def test_w005_a_distribution_with_our_name(tmp_path, monkeypatch):
    info = tmp_path / "django_rq_scheduler-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: django-rq-scheduler\nVersion: 1.0\n"
    )
    monkeypatch.syspath_prepend(tmp_path)

    assert "django-rq-scheduler" in found(tea=TEA)["W005"]


def test_our_checks_have_names_for_everything():
    messages = found(a={}, b={**TEA, "args": [1]}, c={**TEA, "backend": "nowhere"})

    assert set(messages) == {"E002", "E005", "E007"}


@pytest.mark.parametrize(
    "scheduler",
    [
        None,
        [],
        {"TICK_SECONDS": "5"},
        {"TICK_SECONDS": 0},
        {"TICK_SECONDS": float("nan")},
        {"BATCH_SIZE": 0},
        {"BATCH_SIZE": 2.5},
        {"HERD": True},
        {"ON_TIME": -1},
        {"ON_TIME": "60"},
        {"RETENTION": 1e20},
        {"DATABASE": "nowhere"},
        {"RELEASE": 41},
        {5: 5},
    ],
    ids=repr,
)
def test_e009_a_value_that_cannot_be(settings, scheduler):
    settings.SCHEDULER = scheduler

    assert list(found(tea=TEA)) == ["E009"]


def test_e009_every_mistake_is_told(settings):
    settings.SCHEDULER = {"TICK": 1, "BATCH_SIZE": 0, "HERD": 0, "RELEASE": "42"}

    with only_declared({"tea": TEA}):
        messages = [each.msg for each in checks.run_checks(tags=["jobs"])]
    assert len(messages) == 3
    assert [name for name in ("TICK", "BATCH_SIZE", "HERD") if name in "".join(messages)]


@pytest.mark.django_db
def test_w015_a_calendar_that_is_nowhere(settings):
    settings.SCHEDULER = {"CALENDARS": {"closed": {"dates": ["2026-03-11"]}}}
    named = [{**TEA, "calendar": name} for name in ("closed", "stored", "nowhere")]
    Calendar.objects.create(name="stored", rules={"dates": ["2026-03-11"]})
    with only_declared(dict(zip("abc", named, strict=True))):
        messages = checks.run_checks(tags=["database"], databases=["default"])
        unasked = checks.run_checks(tags=["database"], databases=[])

    ours = [each for each in messages if each.id.startswith("tasks_scheduler.")]
    assert [(each.id, each.msg[:14]) for each in ours] == [
        ("tasks_scheduler.W015", "Schedule 'c': ")
    ]
    assert unasked == []


def test_durations_may_be_seconds(settings):
    settings.SCHEDULER = {"ON_TIME": 60, "BACKOFF": 1.5, "RETENTION": timedelta(days=1)}

    assert found(tea=TEA) == {}
    tuning = conf.tuning()
    assert (tuning.on_time, tuning.backoff) == (timedelta(minutes=1), timedelta(seconds=1.5))


@pytest.mark.parametrize("schedule", [None, [TEA], "tea"])
def test_e005_a_schedule_that_is_no_dict(schedule):
    with only_declared(), override_settings(SCHEDULE=schedule):
        messages = checks.run_checks(tags=["jobs"])

    assert [each.id for each in messages] == ["tasks_scheduler.E005"]


class Wrong:
    def __init__(self, answer):
        self.answer = answer

    def next_after(self, moment):
        return self.answer(moment)

    def spec(self):
        return f"wrong {id(self)}"


def leave(moment):
    raise SystemExit(3)


@pytest.mark.parametrize(
    ("number", "option"),
    [
        ("E004", {"every": 1e20}),
        ("E004", {"every": float("inf")}),
        ("E004", {"every": float("nan")}),
        ("E004", {"trigger": Wrong(lambda moment: moment.replace(tzinfo=None))}),
        ("E004", {"trigger": Wrong(lambda moment: moment)}),
        ("E004", {"trigger": Wrong(lambda moment: "tomorrow")}),
        ("E004", {"trigger": Wrong(leave)}),
        ("E005", {"cron": "0 17 * * *", "backend": ["x"]}),
        ("E006", {"cron": "0 17 * * *", "task": "exiting.tasks.tea"}),
    ],
)
def test_what_is_odd_is_told_and_no_crash(number, option, exiting):
    messages = found(tea={"task": "tests.app.tasks.nothing", **option})

    assert list(messages) == [number]
    assert "tea" in messages[number]


@pytest.fixture
def exiting(tmp_path, monkeypatch):
    """A package whose tasks module ends the process that imports it."""
    (tmp_path / "exiting").mkdir()
    (tmp_path / "exiting" / "__init__.py").touch()
    (tmp_path / "exiting" / "tasks.py").write_text("raise SystemExit(3)\n")
    monkeypatch.syspath_prepend(tmp_path)
