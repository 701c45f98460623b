"""The operators' verbs of ``manage.py schedules``, as a person or a script meets them."""

import io
import json
import sys

import pytest
from django.core.management import CommandError, call_command

from scheduler.management import desk
from scheduler.management.verbs import import_
from scheduler.models import Maintenance, Occurrence, OperatorAction, Schedule
from scheduler.testing import only_declared
from tasks_core.models import Job
from tasks_core.testing import FrozenClock
from tests.scheduler.operations.places import act, make
from tests.scheduler.places import at, declare, ledger, tick

pytestmark = pytest.mark.django_db

EFFECT = "tests.app.tasks.leave_effect"
ENTRY = {"task": EFFECT, "cron": "0 * * * *", "args": ["tea"]}


@pytest.fixture
def schedules(capsys, monkeypatch):
    """Run ``manage.py schedules`` and return its output, or its output and its exit code."""
    monkeypatch.setattr(desk, "os_user", lambda: "ada")

    def run(*arguments, moment=None, entries=None, code=0):
        left = 0
        with only_declared(entries or {}), FrozenClock(moment or at(8, 30)):
            try:
                call_command("schedules", *map(str, arguments))
            except SystemExit as error:
                left = error.code
        assert left == code
        answered = capsys.readouterr()
        run.err = answered.err
        return answered.out

    return run


@pytest.fixture
def told(schedules):
    """Return what was said beside the last answer."""
    return lambda: schedules.err


@pytest.fixture
def as_json(schedules):
    return lambda *arguments, **options: json.loads(
        schedules(*arguments, "--format", "json", **options)
    )


@pytest.fixture
def answer(monkeypatch):
    """Let somebody sit at the terminal who answers so."""

    class Terminal(io.StringIO):
        def isatty(self):
            return True

    return lambda text: monkeypatch.setattr(sys, "stdin", Terminal(text))


def refusal(schedules, *arguments, **options):
    with pytest.raises(CommandError) as raised:
        schedules(*arguments, **options)
    assert raised.value.returncode == 2
    return str(raised.value)


class TestList:
    def test_it_is_narrowed_by_words_state_source_and_task(self, as_json):
        declare(at(8))
        make(at(8), key="coffee", task=EFFECT, args=["coffee"])
        make(at(8), key="milk", enabled=False)
        act("pause", at(8, 10), "coffee")

        def keys(*arguments):
            return [row["key"] for row in as_json("list", *arguments)]

        assert keys() == ["coffee", "tea", "milk"]
        assert keys("leave_eff") == ["coffee"]
        assert keys("--state", "paused") == ["coffee"]
        assert keys("--source", "settings") == ["tea"]
        assert keys("--task", EFFECT) == ["coffee"]
        assert keys("--limit", "1") == ["coffee"]

    @pytest.mark.parametrize(
        ("changes", "state"),
        [
            ({"retired_at": at(8), "next_due_at": None}, "retired"),
            ({"enabled": False, "next_due_at": None}, "disabled"),
            ({"quarantined_at": at(8), "next_due_at": None}, "quarantined"),
            ({"paused_at": at(7)}, "paused"),
            ({"paused_at": at(7), "paused_until": at(7, 30)}, "active"),
            ({"error": "boom"}, "failing"),
            ({"next_due_at": None}, "ended"),
        ],
    )
    def test_the_states_that_can_be_asked_for_are_those_that_are_shown(
        self, as_json, changes, state
    ):
        make(at(7))
        Schedule.objects.update(**changes)

        for asked in ("active", "paused", "failing", "quarantined", "disabled", "retired", "ended"):
            told = [row["state"] for row in as_json("list", "--state", asked)]
            assert told == [state] * (asked == state)

    def test_nothing_is_a_sentence(self, schedules):
        assert "No schedule was found." in schedules("list", "nowhere")


class TestMany:
    def test_several_at_once(self, schedules, as_json):
        make(at(8))
        make(at(8), key="coffee")

        assert "2 of 2 schedules paused." in schedules("pause", "tea", "coffee", "--until", "2h")
        assert as_json("pause", "tea", code=1) == {"pause": [], "of": 1, "refused": {}}
        assert {row.paused_until for row in Schedule.objects.all()} == {at(10, 30)}
        assert set(OperatorAction.objects.filter(verb="pause").values_list("by", flat=True)) == {
            "cli: ada"
        }

    def test_a_slip_of_the_pen_changes_nothing(self, schedules):
        make(at(8))

        assert "Did you mean 'tea'" in refusal(schedules, "pause", "tea", "tee")
        assert Schedule.objects.get().paused_at is None

    def test_somebody_has_to_be_named(self, schedules):
        assert "--all" in refusal(schedules, "pause")

    def test_all_of_them_are_asked_for(self, schedules, answer):
        make(at(8))
        answer("n\n")
        with pytest.raises(CommandError, match="Nothing was changed"):
            schedules("pause", "--all")
        assert Schedule.objects.get().paused_at is None

        answer("y\n")
        schedules("pause", "--all")
        assert Schedule.objects.get().paused_at == at(8, 30)

    def test_nobody_to_be_asked_is_a_sentence(self, schedules):
        make(at(8))

        assert "Say --yes" in refusal(schedules, "pause", "--all")
        schedules("pause", "--all", "--yes")
        assert Schedule.objects.get().paused_at == at(8, 30)

    def test_one_that_refuses_keeps_no_other_from_it(self, schedules, as_json):
        declare(at(8))
        make(at(8), key="coffee")

        told = as_json("delete", "tea", "coffee", "--reason", "over", code=1)

        assert told["delete"] == ["coffee"]
        assert "remove it there" in told["refused"]["tea"]
        assert OperatorAction.objects.get(verb="delete").reason == "over"


class TestResume:
    def test_with_what_was_due(self, schedules):
        make(at(8))
        schedules("pause", "tea", "--reason", "stock-taking")
        tick(at(9))

        told = schedules("resume", "tea", "--catch-up", "all", moment=at(10, 30))

        assert "tea resumed." in told
        assert Job.objects.count() == 2
        assert schedules("resume", "tea", code=1).strip() == "tea was not paused."


def test_release(schedules):
    make(at(8))
    Schedule.objects.update(quarantined_at=at(8), next_due_at=None, error="sour")

    assert "tried at once" in schedules("release", "--state", "quarantined", "--yes")
    assert "was not in quarantine" in schedules("release", "tea", code=1)
    assert OperatorAction.objects.get(verb="release").details == {"error": "sour"}


class TestRun:
    def test_one_job_now(self, schedules, as_json):
        make(at(8), task=EFFECT, args=["tea"])

        assert as_json("run", "tea")["run"] == ["tea"]
        assert "has a new job" in schedules("run", "tea", "--args", '["coffee"]')

        assert sorted(job.args for job in Job.objects.all()) == [["coffee"], ["tea"]]

    def test_what_cannot_run_is_told(self, schedules):
        make(at(8))
        Schedule.objects.update(task="nowhere.tea")

        assert "cannot run" in schedules("run", "tea", code=1)


class TestBackfill:
    STRETCH = ("backfill", "tea", "--from", "2026-03-10T01:00", "--to", "2026-03-10T04:00")

    def test_first_as_a_trial(self, schedules, as_json):
        make(at(8))

        told = schedules(*self.STRETCH, "--dry-run")

        assert "2026-03-10 02:00:00 UTC" in told
        assert "3 jobs would be made." in told
        assert as_json(*self.STRETCH, "--dry-run")["due"][0] == "2026-03-10T02:00:00Z"
        assert not Job.objects.exists()

    def test_then_for_real_and_only_once(self, schedules):
        make(at(8))

        assert "3 jobs made, in batch backfill-" in schedules(*self.STRETCH, "--reason", "late")
        assert "3 due times left out" in schedules(*self.STRETCH, code=1)
        assert "The last starts at" in schedules(*self.STRETCH, "--again", "--rate", "1/m")
        assert Job.objects.count() == 6
        assert OperatorAction.objects.filter(verb="backfill").first().reason == ""

    def test_from_some_hours_ago(self, schedules):
        make(at(8))

        schedules("backfill", "tea", "--from", "4h", "--to", "2h", moment=at(8, 30))

        assert [due_at for due_at, _ in ledger()] == [at(5), at(6)]

    def test_a_wrong_rate_is_a_sentence(self, schedules):
        make(at(8))

        assert "rate must be" in refusal(schedules, *self.STRETCH, "--rate", "often")


class TestMaintenance:
    def test_on_and_off(self, schedules, as_json):
        assert "There is no maintenance." in schedules("maintenance")
        told = schedules("maintenance", "on", "--until", "2h", "--reason", "the pipes")
        assert "until 2026-03-10 10:30:00 UTC, by cli: ada: the pipes." in told
        assert as_json("maintenance")["reason"] == "the pipes"
        schedules("maintenance", "on", code=1)
        assert "There is no maintenance." in schedules("maintenance", "off")
        assert "There was no maintenance." in schedules("maintenance", "off", code=1)
        assert Maintenance.objects.count() == 1


class TestEntries:
    def test_create_change_and_delete(self, schedules, as_json):
        told = as_json(
            *("create", "tea", "--task", EFFECT, "--cron", "0 9 * * *", "--args", '["tea"]'),
            *("--timezone", "Europe/Paris", "--splay", "90s", "--max-runs", "3"),
            *("--reason", "the shop opens"),
        )
        assert told["tea"]["splay"] == 90
        changed = schedules("change", "tea", "--timezone", "UTC", "--enabled", "on")
        assert "due next at 2026-03-10 09:00:00 UTC" in changed
        assert "not due" in schedules("change", "tea", "--enabled", "off")
        assert "tea deleted." in schedules("delete", "tea")
        assert [row.verb for row in OperatorAction.objects.order_by("pk")] == [
            *("create", "change", "change", "delete"),
        ]

    def test_every_option_can_be_said(self, schedules):
        schedules(
            *("create", "tea", "--task", EFFECT, "--every", "5m", "--args", '["tea"]'),
            *("--kwargs", "{}", "--backend", "default", "--queue", "kitchen", "--priority", "-5"),
            *("--max-attempts", "2", "--catch-up", "all", "--catch-up-limit", "7"),
            *("--catch-up-window", "2h", "--overlap", "queue_one", "--overlap-timeout", "30m"),
            *("--start-at", "2026-03-10T12:00", "--end-at", "2026-03-11T12:00"),
            *("--must-succeed-within", "1d", "--enabled", "on"),
        )

        row = Schedule.objects.get()
        assert (row.queue, row.priority, row.overlap) == ("kitchen", -5, "queue_one")
        assert row.next_due_at == at(12)

    def test_a_queue_that_nothing_else_uses_is_asked_about(self, schedules, told):
        tea = ("--task", EFFECT, "--every", "5m", "--args", '["tea"]', "--queue")

        schedules("create", "tea", *tea, "default")
        assert told() == ""
        schedules("create", "coffee", *tea, "kitchen")
        assert "uses the queue 'kitchen'" in told()
        schedules("create", "milk", *tea, "kitchen")
        assert told() == ""

    def test_a_wrong_option_is_a_sentence(self, schedules):
        told = refusal(schedules, "create", "tea", "--task", "os.abort", "--cron", "0 9 * * *")

        assert "'os.abort' is not a task" in told

    def test_override_and_restore(self, schedules, as_json):
        declare(at(8), **ENTRY)

        told = schedules("override", "tea", "--cron", "30 * * * *", "--reason", "busy")
        assert "tea: trigger, timezone overridden." in told
        assert Schedule.objects.get().next_due_at == at(9, 30)
        assert as_json("restore", "tea")["restore"] == ["tea"]
        assert "was not overridden" in schedules("restore", "tea", code=1)

    def test_a_forced_sync_is_noted_with_what_it_changed(self, schedules):
        early, late = ENTRY | {"cron": "0 8 * * *"}, ENTRY | {"cron": "0 9 * * *"}
        for cron in (early, late):
            schedules("sync", entries={"tea": cron, "milk": ENTRY, "gone": ENTRY})
        back = {"tea": early, "milk": ENTRY}
        schedules("sync", entries=back | {"gone": ENTRY}, code=1)
        assert not OperatorAction.objects.exists()  # only what is forced is somebody's act

        schedules("sync", "--force", "--reason", "back to 41", entries=back)

        noted = OperatorAction.objects.order_by("schedule_key")
        assert [(act.schedule_key, act.details) for act in noted] == [
            ("gone", {"came_to": "retired"}),
            ("tea", {"came_to": "changed"}),
        ]
        assert {(act.verb, act.by, act.reason) for act in noted} == {
            ("sync", "cli: ada", "back to 41")
        }
        assert Schedule.objects.get(key="tea").trigger.startswith("cron 0 8")


class TestExchange:
    def test_what_is_exported_can_be_imported(self, schedules, as_json, tmp_path):
        declare(at(8))
        make(at(8), key="coffee", task=EFFECT, args=["coffee"], splay=90)
        make(at(8), key="milk", every=90)
        path = tmp_path / "schedules.json"

        assert set(as_json("export")) == {"coffee", "milk"}
        schedules("export", "--file", path)
        Schedule.objects.filter(source="database").delete()
        schedules("import", path, "--dry-run")
        assert Schedule.objects.count() == 1
        told = as_json("import", path, "--reason", "moved")

        assert told["created"] == ["coffee", "milk"]
        assert Schedule.objects.get(key="coffee").splay.total_seconds() == 90

    def test_keys_that_are_taken_are_kept_or_changed_when_that_is_said(
        self, schedules, as_json, tmp_path
    ):
        make(at(8), key="coffee", queue="kitchen")
        path = tmp_path / "schedules.json"
        schedules("export", "--file", path)
        act("change", at(8, 10), "coffee", queue="bar")

        assert "1 key taken: coffee" in refusal(schedules, "import", path)
        assert as_json("import", path, "--existing", "keep")["kept"] == ["coffee"]
        assert as_json("import", path, "--existing", "change")["changed"] == ["coffee"]
        assert Schedule.objects.get().queue == "kitchen"

    @pytest.mark.parametrize("dry_run", [[], ["--dry-run"]])
    def test_all_are_imported_or_none(self, schedules, as_json, tmp_path, dry_run):
        declare(at(8), **ENTRY)
        make(at(8), key="coffee", queue="bar")
        path = tmp_path / "schedules.json"
        path.write_text(json.dumps(dict.fromkeys(("coffee", "milk", "tea"), ENTRY)))

        told = refusal(schedules, "import", path, "--existing", "change", *dry_run)

        assert "'tea' is declared in settings" in told
        assert not Schedule.objects.filter(key="milk").exists()
        assert Schedule.objects.get(key="coffee").queue == "bar"
        Schedule.objects.get(key="tea").delete()  # the same without it is imported
        changed = as_json("import", path, "--existing", "change", *dry_run)
        assert (changed["created"], changed["changed"]) == (["milk", "tea"], ["coffee"])

    def test_what_comes_between_check_and_import_undoes_all_of_it(
        self, schedules, tmp_path, monkeypatch
    ):
        """As the check looks without a lock, somebody may declare a key in the meantime."""
        make(at(8), key="tea")
        path = tmp_path / "schedules.json"
        path.write_text(json.dumps(dict.fromkeys(("milk", "tea"), ENTRY)))
        check = import_._refuse

        def look_and_wait(new, old):
            check(new, old)
            Schedule.objects.update(source="settings")

        monkeypatch.setattr(import_, "_refuse", look_and_wait)
        refusal(schedules, "import", path, "--existing", "change")

        assert not Schedule.objects.filter(key="milk").exists()

    def test_the_key_of_one_that_retired_is_free(self, schedules, as_json, tmp_path):
        declare(at(8), **ENTRY)
        Schedule.objects.update(retired_at=at(8, 10), next_due_at=None)
        path = tmp_path / "schedules.json"
        path.write_text(json.dumps({"tea": ENTRY}))

        assert as_json("import", path, "--dry-run")["created"] == ["tea"]
        assert as_json("import", path)["created"] == ["tea"]

        row = Schedule.objects.get()
        assert (row.source, row.retired_at) == ("database", None)

    @pytest.mark.parametrize("text", ["{", "[]", '{"tea": []}'])
    def test_what_is_no_such_file_is_a_sentence(self, schedules, tmp_path, text):
        path = tmp_path / "schedules.json"
        path.write_text(text)

        assert str(path) in refusal(schedules, "import", path)
        assert "cannot be read" in refusal(schedules, "import", tmp_path / "nowhere.json")


class TestShow:
    def test_everything_about_one(self, schedules, as_json):
        declare(at(8), **ENTRY)
        act("override", at(8, 10), "tea", args=["coffee"], reason="no leaves")

        told = schedules("show", "tea")

        assert "no leaves" in told
        assert "due 2026-03-10 09:00:00+00:00 (in 30 min)" in told
        assert as_json("show", "tea")["declared"] == {"args": ["tea"], "args_from": ""}

    def test_one_that_nobody_can_read(self, schedules):
        make(at(8))
        Schedule.objects.update(trigger="when the cows come home", error="moo")

        assert "when the cows come home" in schedules("show", "tea")


class TestHistory:
    def test_the_ledger_the_newest_first(self, schedules, as_json):
        make(at(8), catch_up="all")
        tick(at(11))
        act("pause", at(11, 10), "tea", reason="tired")
        tick(at(12))

        told = as_json("history", "tea", "--limit", "2")

        assert [(row["due"], row["became"]) for row in told] == [
            ("2026-03-10T12:00:00Z", "paused"),
            ("2026-03-10T11:00:00Z", "enqueued"),
        ]
        assert len(as_json("history", "tea", "--reason", "paused")) == 1
        assert len(as_json("history", "tea", "--since", "90m", moment=at(12))) == 2
        assert "enqueued" in schedules("history", "tea")

    def test_who_did_what_and_what_it_said(self, schedules, as_json):
        make(at(8), reason="the shop opens")
        act("change", at(8, 10), "tea", cron="30 * * * *")

        verbs = [row["verb"] for row in as_json("history", "tea", "--actions")]
        said = [row["trigger"] for row in as_json("history", "tea", "--versions")]
        assert verbs == ["change", "create"]
        assert said == ["cron 30 * * * * UTC", "cron 0 * * * * UTC"]

    def test_one_without_any_says_so(self, schedules):
        make(at(8))

        assert schedules("history", "tea") == "No history for 'tea' yet.\n"
        narrowed = schedules("history", "tea", "--since", "1h", "--reason", "overlap")
        assert narrowed == "No history for 'tea' with this --since and --reason.\n"
        assert schedules("history", "tea", "--since", "2099-01-01T00:00Z", "--actions") == (
            "No actions for 'tea' with this --since.\n"
        )

    def test_deleted_ones_have_one_too_and_others_do_not(self, schedules):
        make(at(8))
        tick(at(9))
        act("delete", at(9, 10), "tea")

        assert "enqueued" in schedules("history", "tea")
        assert "There is no schedule 'coffee'" in refusal(schedules, "history", "coffee")
        assert Occurrence.objects.count() == 1


def test_every_verb_shows_how_it_is_used():
    from django.core.management import load_command_class

    parser = load_command_class("scheduler", "schedules").create_parser("manage.py", "schedules")
    (verbs,) = (
        action.choices for action in parser._actions if action.choices and action.dest == "verb"
    )
    for name, verb in verbs.items():
        assert "schedules " + name in (verb.epilog or ""), name
        assert verb.description, name
