"""Which tzdata counts, and what becomes of due times when another release of it does."""

import shutil
import zoneinfo
from importlib import resources

import pytest

from scheduler import signals
from scheduler.definitions import zone_rules
from scheduler.due import tzdata
from scheduler.models import Definition, Occurrence, Schedule, ZoneRules
from tasks_core.testing import FrozenClock
from tests.scheduler.places import at, declare

PACKAGE = resources.files("tzdata") / "zoneinfo"


@pytest.fixture
def elsewhere(tmp_path):
    """Return a folder of zones in which London keeps the time of Tokyo."""
    folder = tmp_path / "zoneinfo"
    shutil.copytree(str(PACKAGE), folder)
    shutil.copy(folder / "Asia/Tokyo", folder / "Europe/London")
    for file in ("tzdata.zi", "+VERSION", "version"):
        (folder / file).unlink(missing_ok=True)
    return folder


@pytest.fixture
def search():
    """Return a function that lets zoneinfo look into a folder, for this test."""
    before = zoneinfo.TZPATH
    yield lambda *folders: zoneinfo.reset_tzpath(to=list(map(str, folders)))
    zoneinfo.reset_tzpath(to=before)


class TestVersion:
    @pytest.mark.parametrize(
        ("file", "text"),
        [("tzdata.zi", "# version 2099z\n# more"), ("+VERSION", "2099z\n"), ("version", "2099z")],
    )
    def test_is_what_the_files_say(self, elsewhere, search, file, text):
        (elsewhere / file).write_text(text)
        search(elsewhere)

        assert tzdata.version() == "2099z"

    def test_is_a_hash_where_they_say_nothing(self, elsewhere, search):
        search(elsewhere)

        assert tzdata.version().startswith("files ")
        assert len(tzdata.version()) <= 64

    def test_differs_where_the_zones_do(self, elsewhere, search, tmp_path):
        other = tmp_path / "other"
        shutil.copytree(elsewhere, other)
        shutil.copy(other / "Asia/Tokyo", other / "Europe/Paris")
        found = []
        for folder in (elsewhere, other):
            search(folder)
            found.append(tzdata.version())

        assert len(set(found)) == 2

    def test_of_a_folder_without_zones_is_that_of_the_package(self, search, tmp_path):
        search(tmp_path)

        assert tzdata.version() == __import__("tzdata").IANA_VERSION


@pytest.mark.django_db
class TestReplan:
    def test_the_first_scheduler_notes_what_it_goes_by(self):
        declare(at(8))

        assert ZoneRules.objects.get().version == tzdata.version()
        assert zone_rules.replan() == 0
        assert ZoneRules.objects.count() == 1

    def test_what_another_release_planned_is_planned_anew(self):
        declare(at(8))
        ZoneRules.objects.update(version="1999a")
        Schedule.objects.update(next_due_at=at(9, 30))  # as if the clocks had changed
        told = []

        def listen(**kwargs):
            told.append((kwargs["before"], kwargs["version"], kwargs["moved"]))

        signals.zone_rules_changed.connect(listen)
        with FrozenClock(at(8, 30)):
            assert [zone_rules.replan(), zone_rules.replan()] == [1, 0]
        signals.zone_rules_changed.disconnect(listen)

        row = Schedule.objects.get()
        assert (row.next_due_at, row.watermark) == (at(9), at(8))
        assert told == [("1999a", tzdata.version(), 1)]
        assert list(ZoneRules.objects.values_list("since", flat=True)) == [at(8, 30), at(8)]

    @pytest.mark.parametrize(
        "why", [{"error": "boom", "error_count": 1}, {"waits_for": "0197c0de" + "0" * 24}]
    )
    def test_what_is_not_due_by_its_trigger_stays(self, why):
        declare(at(8))
        ZoneRules.objects.update(version="1999a")
        Schedule.objects.update(next_due_at=at(9, 30), **why)

        assert zone_rules.replan() == 0
        assert Schedule.objects.get().next_due_at == at(9, 30)

    def test_what_nobody_here_knows_is_left_to_others(self):
        declare(at(8))
        ZoneRules.objects.update(version="1999a")
        Schedule.objects.update(trigger="when the cows come home", next_due_at=at(9, 30))

        assert zone_rules.replan() == 0


@pytest.mark.django_db(transaction=True)
def test_a_scheduler_with_other_zones_replans_when_it_starts(elsewhere, manage_process):
    (elsewhere / "tzdata.zi").write_text("# version 2099z\n")
    tea = {"task": "tests.app.tasks.nothing", "cron": "0 9 10 3 *", "timezone": "Europe/London"}
    settings = {"SCHEDULE": {"tea": tea}}
    first = manage_process("run_scheduler", "--once", settings=settings)
    assert first.wait() == 0
    in_london = Schedule.objects.get().next_due_at

    second = manage_process(
        "run_scheduler",
        "--once",
        settings=settings,
        environment={"PYTHONTZPATH": str(elsewhere)},
    )

    assert second.wait() == 0
    in_tokyo = Schedule.objects.get().next_due_at
    assert (in_london.hour in {8, 9}, in_tokyo.hour) == (True, 0)
    assert ZoneRules.objects.first().version == "2099z"
    assert (Occurrence.objects.count(), Definition.objects.count()) == (0, 1)
    assert "1 schedules are due at another time" in second.output
