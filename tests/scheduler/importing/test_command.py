"""``schedules import --from``, as a person and as a script see it."""

import json
from datetime import date, timedelta

import pytest
from celery import Celery
from celery.schedules import crontab, solar
from django.core.management import CommandError, call_command

from scheduler import declarations, schedules
from scheduler.importing import celery as source
from scheduler.importing import comparing
from scheduler.models import Schedule
from scheduler.testing import only_declared
from tasks_core.models import Job
from tasks_core.testing import FrozenClock
from tests.scheduler.importing.places import NOW
from tests.scheduler.importing.tables import installed
from tests.scheduler.places import declare

pytestmark = pytest.mark.django_db

TASK = "tests.app.tasks.take"
BERLIN = "Europe/Berlin"
APP = f"{__name__}:app"
app = Celery("imported", set_as_current=False, broker="amqp://")
app.conf.timezone = BERLIN
ENTRIES = {
    "friday-13": {"task": TASK, "schedule": crontab("0", "9", "fri", "13"), "args": (1,)},
    "night": {"task": TASK, "schedule": crontab("30", "2"), "kwargs": {"number": 2}},
    "often": {"task": TASK, "schedule": 30.0, "args": (3,), "options": {"queue": "ops"}},
}


@pytest.fixture(autouse=True)
def beat():
    app.conf.beat_schedule = dict(ENTRIES)
    return app.conf.beat_schedule


@pytest.fixture
def run(capsys):
    """Run the verb; return its exit code, what it answers and what it tells beside that."""

    def run(*arguments):
        code = 0
        with only_declared({}), FrozenClock(NOW):
            try:
                call_command("schedules", "import", *map(str, arguments))
            except SystemExit as ended:
                code = ended.code
        told = capsys.readouterr()
        return code, told.out, told.err

    return run


def celery(*arguments):
    return ("--from", "celery", "--app", APP, *arguments)


def test_it_prints_settings_and_reports_beside_them(run):
    code, out, err = run(*celery("--dry-run"))

    assert code == 0
    assert out.startswith("from scheduler import AllOf, Cron\n\nSCHEDULE = {")
    assert "friday-13: the same, but for what is said here" in err
    assert "Both must match there" in err
    assert "On 2027-03-28 clocks in Europe/Berlin go forward: 02:00 to 03:00 does not exist" in err
    assert "3 of 3 schedules can be imported." in err
    assert Schedule.objects.count() == 0


def test_whoever_only_looks_needs_no_tables_of_ours(run, monkeypatch):
    monkeypatch.setattr(Schedule._meta, "db_table", "not_migrated_yet")

    assert run(*celery("--dry-run"))[0] == 0


@pytest.mark.parametrize("form", ["settings", "periodic"])
def test_what_would_be_refused_is_printed_as_comments_with_the_reason(beat, run, form):
    beat["gone"] = {"task": "shop.tasks.gone", "schedule": crontab("0", "3")}
    beat["dated"] = {"task": TASK, "schedule": 60.0, "kwargs": {"number": date(2026, 1, 1)}}

    code, out, _err = run(*celery("--dry-run", "--as", form))

    names = {}
    with only_declared({}):
        exec(out, names)
    live = [line for line in out.splitlines() if not line.strip().startswith("#")]
    assert code == 1
    assert "shop.tasks.gone" in out
    assert "shop.tasks.gone" not in "\n".join(live)
    assert "# kwargs: a date is not JSON" in out
    if form == "settings":
        assert list(names["SCHEDULE"]) == list(ENTRIES)


def test_what_it_prints_is_what_it_would_store(run):
    """Pasted into settings, the entries are the rows that the import makes."""
    names = {}
    exec(run(*celery("--dry-run"))[1], names)
    run(*celery())
    with only_declared(names["SCHEDULE"]):
        declared = declarations.declared()

    for row in Schedule.objects.all():
        definition = declared[row.key].definition()
        assert {name: getattr(row, name) for name in definition} == definition
    assert len(declared) == 3


def test_what_it_prints_as_python_declares_the_same(run):
    pasted = run(*celery("--dry-run", "--as", "periodic"))[1]
    settings = {}
    exec(run(*celery("--dry-run"))[1], settings)
    with only_declared(settings["SCHEDULE"]):
        wanted = declarations.declared()

    with only_declared({}):
        exec(pasted, {})
        declared = declarations.declared()

    assert {key: each.definition() for key, each in declared.items()} == {
        key: each.definition() for key, each in wanted.items()
    }


def test_a_second_import_changes_nothing_and_says_so(run):
    assert "3 schedules created, 0 changed, 0 here already." in run(*celery())[1]
    before = list(Schedule.objects.order_by("key").values())

    assert "0 schedules created, 0 changed, 3 here already." in run(*celery())[1]
    assert list(Schedule.objects.order_by("key").values()) == before


def test_a_key_that_is_taken_by_another_is_refused_or_changed_as_is_said(run, beat):
    run(*celery())
    beat["often"] = {**beat["often"], "schedule": 60.0}

    with pytest.raises(CommandError, match=r"1 key taken: often .*: imported from celery"):
        run(*celery())
    assert "1 key taken: often (made on 20" in run(*celery("--dry-run"))[2]
    assert (
        "0 schedules created, 1 changed, 2 here already" in run(*celery("--existing", "change"))[1]
    )
    assert Schedule.objects.get(key="often").trigger == "every 60s from 1970-01-01T00:00:00+00:00"


def test_what_is_there_for_another_reason_is_named_and_never_changed(run):
    schedules.create("often", task=TASK, every=5, args=[1], user="ada", reason="the fair")

    with pytest.raises(CommandError) as refused:
        run(*celery("--existing", "change"))

    assert "1 key taken: often (made on 20" in str(refused.value)
    assert "by ada: the fair). No import from celery made that" in str(refused.value)
    assert Schedule.objects.get().trigger.startswith("every 5s")
    assert run(*celery("--existing", "change", "--skip", "often"))[0] == 0
    with pytest.raises(CommandError, match="No import from celery made that"):
        run(*celery())
    assert run(*celery("--existing", "keep"))[0] == 0


def test_what_is_declared_in_code_is_never_changed(run, beat):
    declare(NOW)
    beat["tea"] = beat["often"]

    with pytest.raises(CommandError, match="'tea' is declared in settings"):
        run(*celery("--existing", "change"))
    assert Schedule.objects.count() == 1


def test_what_cannot_be_keeps_the_others_out_until_it_is_skipped(run, beat):
    sunset = solar.__new__(solar)
    sunset.event, sunset.lat, sunset.lon = "sunset", 52.5, 13.4
    beat["lamps"] = {"task": TASK, "schedule": sunset}

    code, out, err = run(*celery())

    assert (code, Schedule.objects.count()) == (1, 0)
    assert "Nothing was imported." in out
    assert "lamps: cannot be imported as it is\n  <solar: sunset" in err
    assert "1 cannot as it is: --skip KEY leaves one out." in err
    code, out, err = run(*celery("--skip", "lamps"))
    assert (code, Schedule.objects.count()) == (0, 3)
    assert "lamps: skipped, as you said" in err
    with pytest.raises(CommandError, match="Did you mean 'lamps'"):
        run(*celery("--skip", "lamp"))


def test_celerys_own_task_keeps_nobody_out(run, beat):
    beat["cleanup"] = {"task": "celery.backend_cleanup", "schedule": crontab("0", "4")}

    code, _, err = run(*celery())

    assert (code, Schedule.objects.count()) == (0, 3)
    assert "cleanup: nothing to import" in err


def test_a_task_that_is_none_here_is_told_and_may_be_called_otherwise(run, beat):
    beat["often"] = {**beat["often"], "task": "proj.tasks.poll"}

    code, out, err = run(*celery("--dry-run"))

    assert code == 1
    assert '"task": "proj.tasks.poll"' in out
    assert "Declare it with @task" in err
    assert "--map proj.tasks.poll=new.name" in err
    err = run(*celery("--dry-run", "--map", "proj.tasks.poll=proj.pol"))[2]
    assert (
        "Declare it with @task; or --map proj.tasks.poll=new.name calls it by another name" in err
    )
    assert run(*celery("--map", f"proj.tasks.poll={TASK}"))[0] == 0
    assert Schedule.objects.get(key="often").task == TASK


def test_arguments_that_do_not_fit_are_told(run, beat):
    beat["often"] = {**beat["often"], "args": (1, 2, 3)}

    assert "cannot be called with these arguments" in run(*celery("--dry-run"))[2]


def test_other_due_times_are_never_imported(run, beat, monkeypatch):
    """The control: were a translation wrong, the comparison would keep it out."""
    from scheduler.importing import fields
    from scheduler.triggers import Cron

    monkeypatch.setattr(fields.Fields, "trigger", lambda self, zone: Cron("0 9 13 * 5", zone.key))
    del beat["night"], beat["often"]

    code, _, err = run(*celery())

    assert (code, Schedule.objects.count()) == (1, 0)
    assert "It would be due at other times here" in err
    assert "For no reason that is known, due only here at 2026-11-27 09:00 CET" in err
    assert "friday-13" not in run(*celery("--dry-run"))[1]


def test_whom_nobody_can_ask_is_told(run, beat):
    """As Celery gives up on 30 February."""

    class Never(crontab):
        def remaining_estimate(self, last_run_at):
            raise RuntimeError("unable to rollover")

    beat["never"] = {"task": TASK, "schedule": Never("0", "9"), "args": (1,)}

    told = run(*celery("--dry-run"))[2]

    assert "It is not known when it is due: RuntimeError: unable to rollover" in told


def test_what_is_said_of_several_is_said_once_above(run, beat):
    beat["often too"] = {**beat["often"], "schedule": 60.0}

    err = run(*celery("--dry-run"))[2]

    assert err.count("Celery counts this interval from when beat starts") == 1
    assert "\n(1) Celery counts this interval" in err
    assert err.count("\n  See (1) above.") == 2


def test_where_nothing_is_scheduled_it_says_why_that_may_be(run, beat):
    beat.clear()

    code, out, err = run(*celery("--dry-run"))

    assert (code, out) == (0, "SCHEDULE = {}\n")
    assert err == f"{source.NOTHING}\n"
    assert run(*celery("--dry-run", "--as", "periodic"))[1] == "# Nothing to declare.\n"


def test_what_has_no_entry_is_a_comment_too(run, beat):
    beat["lamps"] = {"task": TASK, "schedule": object()}

    assert "\n# lamps: object is a schedule of your own." in run(*celery("--dry-run"))[1]


def test_what_is_over_keeps_nobody_out(run, beat):
    past = NOW - timedelta(days=1)
    beat["expired"] = {**beat["often"], "options": {"expires": past}}
    beat["never"] = {"task": TASK, "schedule": crontab("0", "3", "*", "31", "2"), "args": (1,)}

    code, out, err = run(*celery("--dry-run"))

    assert "expired: nothing to import\n  It expired at 2026-11-21" in err
    assert "never: nothing to import" in err
    assert "It is never due from now on" in err
    assert (code, "never" in out) == (0, False)


def test_json(run):
    code, out, err = run(*celery("--dry-run", "--format", "json"))
    told = json.loads(out)

    night = next(each for each in told["schedules"] if each["key"] == "night")
    assert (code, err) == (0, "")
    assert (night["entry"]["cron"], night["due_times_compared"]) == ("30 2 * * *", 367)
    assert night["due_only_there"] == ["2027-03-28T01:30:00Z"]
    assert told["schedules"][0]["entry"]["trigger"].startswith('{"all of"')
    assert "SCHEDULE = {" in told["code"]


def test_json_of_an_import(run):
    told = json.loads(run(*celery("--format", "json"))[1])

    assert told["created"] == ["friday-13", "night", "often"]
    assert told["jobs"] == []


def test_a_crontab(run, tmp_path, settings):
    path = tmp_path / "crontab"
    path.write_text("30 2 * * * root cd /srv && python manage.py clearsessions\n")
    arguments = (path, "--from", "crontab", "--system", "--timezone", BERLIN)

    assert '"tasks_core.contrib.commands" in INSTALLED_APPS' in run(*arguments)[2]
    settings.INSTALLED_APPS = [*settings.INSTALLED_APPS, "tasks_core.contrib.commands"]
    assert 'TASKS_CORE = {"COMMANDS": ["clearsessions"]}' in run(*arguments)[2]
    settings.TASKS_CORE = {"COMMANDS": ["clearsessions"]}
    code, _, err = run(*arguments)

    assert code == 0, err
    row = Schedule.objects.get()
    assert (row.key, row.trigger) == ("clearsessions", f"cron 30 2 * * * {BERLIN}")


def test_jobs_of_django_background_tasks(run, transactional_db):
    pytest.importorskip("background_task", reason="it has no release for this Django")
    with installed("background_task", "Task") as [model]:
        model.objects.new_task(TASK, [7], run_at=NOW, repeat=3600).save()
        model.objects.new_task(TASK, [8], run_at=NOW).save()
        model.objects.new_task("proj.gone", [9], run_at=NOW).save()

        code, out, err = run("--from", "django-background-tasks")
        assert (code, Job.objects.count(), Schedule.objects.count()) == (1, 0, 0)
        assert f"job 2: waits to run once\n  {TASK}(8), at 2026-11-22 04:00:00 UTC" in err
        assert "job 3: cannot be imported as it is" in err
        assert "1 of 1 schedule and 1 of 2 jobs can be imported." in err

        code, out, err = run("--from", "django-background-tasks", "--skip", "job 3")
        assert (code, Job.objects.count(), Schedule.objects.count()) == (0, 1, 1)
        assert "1 schedule created, 0 changed, 0 here already, 1 job stored." in out
        assert "1 here already." in run("--from", "django-background-tasks", "--skip", "job 3")[1]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--from", "celery"], "--app names a module and an object: --app proj.celery:app"),
        (
            ["--from", "celery", "--app", "nowhere:app"],
            "cannot be found: No module named 'nowhere'",
        ),
        (["--from", "celery", "--app", f"{__name__}:none"], "cannot be found"),
        (["--from", "crontab"], "Name the file to read"),
        (["--from", "crontab", "/nowhere"], "cannot be read"),
        ([], "Name a file of entries"),
        (["--from", "cron"], "invalid choice"),
        (["--from", "huey", "--timezone", "Berlin"], "Did you mean Europe/Berlin"),
        (["--from", "huey", "--map", "a"], "is no OLD=NEW"),
        (["a.txt", "--from", "huey"], "FILE says nothing about huey, which takes --app, --timezo"),
        (["a.txt", "--from", "crontab", "--app", "a:b"], "--app says nothing about crontab"),
        (["--from", "celery", "--system"], "--system says nothing about celery"),
        (["--from", "celery", "--database", "default"], "--database says nothing about celery"),
        (["a.json", "--skip", "tea"], "--skip is for another package: say --from which."),
        (["a.json", "--as", "settings"], "--as is for another package: say --from which."),
        (celery("--as", "periodic"), "--as says what is printed: add --dry-run."),
        (celery("--map", "tests.app.tasks.tak=b"), "no task has this name there. Did you mean"),
    ],
)
def test_wrong_arguments_are_sentences(run, arguments, told):
    with pytest.raises(CommandError) as refused:
        run(*arguments)

    assert told in str(refused.value)


def test_a_file_of_another_package_without_its_name(run, tmp_path):
    path = tmp_path / "crontab"
    path.write_text("0 9 * * * manage.py check")

    with pytest.raises(CommandError, match=r"holds no JSON: .*say of which: --from crontab"):
        run(path)


def test_a_schedule_of_every_minute_is_compared_soon(run, beat, monkeypatch):
    asked = []
    compare = comparing._walk

    def counting(ask, start, end):
        for due_at in compare(ask, start, end):
            asked.append(due_at)
            yield due_at

    monkeypatch.setattr(comparing, "_walk", counting)
    beat.clear()
    beat["minutely"] = {"task": TASK, "schedule": crontab(), "args": (1,)}

    run(*celery("--dry-run"))

    assert 3_000 < len(asked) < 15_000  # of 525,600, there and here
