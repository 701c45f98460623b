"""A calendar of the database changes: what was due is decided by the old one, the rest by the new."""

import pytest

from scheduler import operations
from scheduler.exceptions import InvalidSchedule, OperationRefused
from scheduler.models import Calendar, Definition, OperatorAction, Schedule
from scheduler.operations.calendar import delete_calendar, save_calendar
from tasks_core.testing import FrozenClock
from tests.scheduler.admin_pages import in_database
from tests.scheduler.places import at, declare, ledger, tick

pytestmark = pytest.mark.django_db

TUESDAY = {"weekdays": ["TUE"]}  # 10 March 2026 is one
WEDNESDAY = {"weekdays": ["WED"]}


def save(name, rules, moment=None):
    with FrozenClock(moment or at(7)):
        return save_calendar(name, rules, user="ada", reason="the boss is away")


def schedule(key="tea", **options):
    with FrozenClock(at(8)):
        return in_database(key, overlap="allow", **{"calendar": "away", **options})


class TestSaving:
    def test_due_times_until_now_are_decided_under_the_old_rules(self):
        save("away", WEDNESDAY)
        schedule()

        assert save("away", TUESDAY, at(9, 30)) == ["tea"]
        tick(at(10))

        assert ledger() == [(at(9), "enqueued"), (at(10), "calendar")]

    def test_one_that_moves_due_times_moves_the_next(self):
        save("away", WEDNESDAY)
        schedule(calendar_action="next", cron="0 9 * * *")

        save("away", TUESDAY, at(8, 30))

        assert Schedule.objects.get().next_due_at == at(9, days=1)

    def test_each_version_is_kept_for_the_audit(self):
        save("away", WEDNESDAY)
        schedule()

        save("away", TUESDAY, at(9, 30))

        told = [row.definition["calendar_rules"] for row in Definition.objects.order_by("since")]
        assert ["WED" in each for each in told] == [True, False]

    def test_schedules_of_the_code_are_planned_anew_too(self):
        save("away", WEDNESDAY)
        declare(at(8), calendar="away")

        assert save("away", TUESDAY, at(8, 30)) == ["tea"]
        assert "TUE" in Schedule.objects.get().calendar_rules
        before = Schedule.objects.get().definition_hash
        declare(at(8, 45), calendar="away")  # a deploy finds nothing to do
        assert Schedule.objects.get().definition_hash == before

    def test_so_are_those_whose_calendar_unites_with_it(self):
        save("away", WEDNESDAY)
        save("team", {"also": ["away"]})
        schedule(calendar="team")

        assert save("away", TUESDAY, at(8, 30)) == ["tea"]

    def test_nothing_changes_for_others_or_for_nothing(self):
        save("away", WEDNESDAY)
        save("other", WEDNESDAY)
        schedule()

        assert save("other", TUESDAY, at(8, 30)) == []
        assert save("away", WEDNESDAY, at(8, 30)) == []
        assert not OperatorAction.objects.filter(verb="change calendar", at=at(8, 30)).filter(
            details__name="away"
        )

    def test_a_quarantine_stays(self):
        save("away", WEDNESDAY)
        schedule()
        Schedule.objects.update(quarantined_at=at(8), error="sour", next_due_at=None)

        save("away", TUESDAY, at(9, 30))

        row = Schedule.objects.get()
        assert (row.error, row.next_due_at) == ("sour", None)
        assert row.quarantined_at
        assert "TUE" in row.calendar_rules

    def test_a_pause_and_a_switch_stay(self):
        save("away", WEDNESDAY)
        schedule()
        with FrozenClock(at(8, 10)):
            operations.pause("tea", user="ada")
            operations.change("tea", enabled=False)

        save("away", TUESDAY, at(9, 30))

        row = Schedule.objects.get()
        assert (row.enabled, row.next_due_at) == (False, None)
        assert row.is_paused_at(at(9, 30))

    def test_it_is_noted_with_who_and_why(self):
        save("away", WEDNESDAY)
        schedule()
        save("away", TUESDAY, at(9, 30))

        act = OperatorAction.objects.get(verb="change calendar")
        assert (act.by, act.reason) == ("ada", "the boss is away")
        assert act.details == {
            "name": "away",
            "before": WEDNESDAY,
            "after": TUESDAY,
            "schedules": ["tea"],
        }

    @pytest.mark.parametrize(
        ("name", "rules", "error"),
        [
            ("away", {"weekdays": ["DAY"]}, InvalidSchedule),
            ("away", {"also": ["away"]}, InvalidSchedule),
            ("away", {"also": ["team"]}, InvalidSchedule),
            ("away", {"also": [{"also": ["team"]}]}, InvalidSchedule),
            ("away", {"also": ["nobody"]}, InvalidSchedule),
            ("declared", WEDNESDAY, OperationRefused),
        ],
    )
    def test_what_cannot_be_kept_is_refused(self, settings, name, rules, error):
        settings.SCHEDULER = {"CALENDARS": {"declared": TUESDAY}}
        save("away", WEDNESDAY)
        save("team", {"also": ["away"]})

        with pytest.raises(error):
            save(name, rules)
        assert Calendar.objects.get(pk="away").rules == WEDNESDAY


class TestDeleting:
    def test_one_that_is_used_is_kept_and_says_by_whom(self):
        save("away", WEDNESDAY)
        for key in "abcd":
            schedule(key)

        with pytest.raises(OperationRefused, match="used by 'a', 'b', 'c' and others"):
            delete_calendar("away")
        assert Calendar.objects.exists()

    def test_so_is_one_that_is_a_part(self):
        save("away", WEDNESDAY)
        save("team", {"also": ["away"]})

        with pytest.raises(OperationRefused, match="part of 'team'"):
            delete_calendar("away")

    def test_one_that_nobody_uses_goes(self):
        save("away", WEDNESDAY)

        delete_calendar("away", user="ada", reason="back again")

        assert not Calendar.objects.exists()
        assert OperatorAction.objects.get(verb="delete calendar").details == {"before": WEDNESDAY}
