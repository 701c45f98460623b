"""Verbs in the admin: each asks on a page of its own first, and is noted with who and why."""

import pytest

from scheduler import operations
from scheduler.models import Maintenance, Occurrence, OperatorAction, Schedule
from scheduler.testing import only_declared
from tasks_core.models import Job
from tasks_core.testing import FrozenClock
from tests.scheduler.admin_pages import EFFECT, in_database, member, page
from tests.scheduler.places import at, declare, ledger, tick

pytestmark = pytest.mark.django_db

PAGES = ("run", "pause", "pause-until", "resume", "release", "restore", "backfill", "override")


@pytest.fixture
def operator(client):
    user = member("view_schedule", "change_schedule", "change_maintenance")
    client.force_login(user)
    return user


def do(client, verb, key="tea", **fields):
    return client.post(page(verb, key), {"reason": "", "_confirm": "", **fields}, follow=True)


def messages(response):
    return [str(message) for message in response.context["messages"]]


class TestWhoMay:
    @pytest.mark.parametrize("verb", PAGES)
    def test_who_may_view_only_gets_no_page(self, client, verb):
        declare(at(8))
        client.force_login(member("view_schedule"))

        assert client.get(page(verb, "tea")).status_code == 403
        assert client.post(page(verb, "tea"), {"_confirm": ""}).status_code == 403

    def test_who_may_view_only_sees_no_button(self, client):
        declare(at(8))
        client.force_login(member("view_schedule"))

        page_, listed = client.get(page("change", "tea")), client.get(page("changelist"))

        assert "Run now" not in page_.content.decode()
        assert 'value="run"' not in listed.content.decode()

    def test_strangers_are_sent_to_log_in(self, client):
        declare(at(8))

        assert client.post(page("run", "tea")).url.startswith("/admin/login/")

    def test_only_what_fits_has_a_button(self, client, operator):
        declare(at(8))

        html = client.get(page("change", "tea")).content.decode()

        offered = [verb for verb in PAGES if f'href="{page(verb, "tea")}"' in html]
        assert offered == ["run", "pause", "backfill", "override"]

    def test_what_does_not_fit_is_not_done(self, client, operator):
        declare(at(8))

        response = do(client, "resume", catch_up="all")

        assert messages(response) == ["Resume: there is nothing to do here."]
        assert not OperatorAction.objects.exists()

    def test_there_is_no_page_about_nothing(self, client, operator):
        assert client.get(page("run", "nobody")).status_code == 404


class TestRun:
    def test_a_run_asks_first_and_moves_nothing(self, client, operator):
        declare(at(8))

        with FrozenClock(at(8, 30)):
            asked = client.get(page("run", "tea"))
            assert not Job.objects.exists()
            response = do(client, "run", reason="to see it")

        assert "Makes one job now" in asked.content.decode()
        assert str(Job.objects.get().pk) in response.content.decode()
        assert Schedule.objects.get().next_due_at == at(9)
        assert OperatorAction.objects.get().reason == "to see it"

    def test_a_run_may_have_other_arguments(self, client, operator):
        declare(at(8), task=EFFECT, args=["tea"])

        with FrozenClock(at(8, 30)):
            do(client, "run", args='["coffee"]', kwargs='{"milk": true}')

        job = Job.objects.get()
        assert (job.args, job.kwargs) == (["coffee"], {"milk": True})

    def test_arguments_that_do_not_fit_are_told(self, client, operator):
        declare(at(8))

        response = do(client, "run", args="[1, 2, 3]")

        assert response.context["adminform"].form.errors
        assert not Job.objects.exists()


class TestPause:
    def test_a_pause_may_have_an_end(self, client, operator):
        declare(at(8))

        with FrozenClock(at(8, 30)):
            do(client, "pause", reason="stock-taking", until="2026-03-10T10:30")

        row = Schedule.objects.get()
        assert (row.paused_by, row.pause_reason, row.paused_until) == (
            "ada",
            "stock-taking",
            at(10, 30),
        )

    def test_when_it_ends_may_be_changed(self, client, operator):
        declare(at(8))
        with FrozenClock(at(8, 30)):
            do(client, "pause", reason="stock-taking", until="2026-03-10T10:30")
        with FrozenClock(at(9)):
            asked = client.get(page("pause-until", "tea")).context["adminform"].form

            response = do(
                client, "pause-until", reason="the counting goes on", until="2026-03-10T12:00"
            )

        assert asked["until"].value() == "2026-03-10T10:30:00"
        assert messages(response) == ["tea stays paused until then."]
        row = Schedule.objects.get()
        assert (row.paused_at, row.paused_until) == (at(8, 30), at(12))
        assert [each.verb for each in OperatorAction.objects.order_by("at")] == ["pause", "pause"]

    def test_an_end_in_the_past_is_refused(self, client, operator):
        declare(at(8))

        with FrozenClock(at(8, 30)):
            response = do(client, "pause", until="2026-03-10T08:00")

        assert "is over" in str(response.context["adminform"].form.errors)

    @pytest.mark.parametrize(("choice", "jobs"), [("drop", 0), ("latest", 1), ("all", 3)])
    def test_the_end_of_a_pause_says_what_becomes_of_it(self, client, operator, choice, jobs):
        declare(at(8))
        with FrozenClock(at(8, 30)):
            do(client, "pause")
        tick(at(11, 10))

        with FrozenClock(at(11, 30)):
            do(client, "resume", catch_up=choice)

        assert Job.objects.count() == jobs


class TestOverride:
    def override(self, client, **fields):
        usual = {"kind": "cron", "cron": "0 * * * *", "timezone": "UTC", "every_unit": "60"}
        usual |= {"nth": "1", "args": "[]", "kwargs": "{}", "reason": "the feed is slow today"}
        return do(client, "override", **{**usual, **fields})

    def test_it_is_shown_with_who_and_why_and_a_deploy_keeps_it(self, client, operator):
        declare(at(8))

        with FrozenClock(at(8, 30)):
            self.override(client, cron="15 */2 * * *")
        declare(at(8, 45))

        row = Schedule.objects.get()
        assert row.trigger == "cron 15 */2 * * * UTC"
        html = client.get(page("change", "tea")).content.decode()
        for told in ("cron 0 * * * * UTC", "cron 15 */2 * * * UTC", "ada", "the feed is slow"):
            assert told in html
        assert "overridden" in client.get(page("changelist")).content.decode()

    def test_it_needs_a_reason_and_a_difference(self, client, operator):
        declare(at(8))

        unexplained = self.override(client, cron="15 * * * *", reason="")
        same = self.override(client)

        assert list(unexplained.context["adminform"].form.errors) == ["reason"]
        assert "This is what runs already" in str(same.context["adminform"].form.errors)
        assert Schedule.objects.get().override is None

    def test_arguments_alone_leave_the_trigger(self, client, operator):
        declare(at(8), task=EFFECT, args=["tea"])

        with FrozenClock(at(8, 30)):
            self.override(client, args='["coffee"]')

        assert Schedule.objects.get().override == {"args": ["coffee"], "args_from": ""}

    def test_what_does_not_bind_is_told_beside_it(self, client, operator):
        declare(at(8))

        response = self.override(client, args="[1, 2]")

        assert list(response.context["adminform"].form.errors) == ["args"]

    def test_restore_takes_it_away(self, client, operator):
        declare(at(8))
        with FrozenClock(at(8, 30)):
            self.override(client, cron="15 * * * *")
            do(client, "restore", reason="fast again")

        row = Schedule.objects.get()
        assert (row.trigger, row.override) == ("cron 0 * * * * UTC", None)

    def test_a_schedule_of_the_database_is_edited_instead(self, client, operator):
        in_database()

        assert "nothing to do" in messages(self.override(client, cron="15 * * * *"))[0]


class TestBackfill:
    def ask(self, client, **fields):
        stretch = {"since": "2026-03-10T03:30", "until": "2026-03-10T07:00"}
        return client.post(
            page("backfill", "tea"), {"reason": "", **stretch, **fields}, follow=True
        )

    def test_a_look_says_how_many_and_makes_none(self, client, operator):
        declare(at(8))

        with FrozenClock(at(8, 30)):
            response = self.ask(client, _look="Look")

        html = response.content.decode()
        assert "4 jobs would be made" in html
        assert "Make 4 jobs" in html
        assert not Job.objects.exists()
        assert not OperatorAction.objects.exists()

    def test_a_confirmation_makes_them(self, client, operator):
        declare(at(8))

        with FrozenClock(at(8, 30)):
            response = self.ask(client, _confirm="", limit="3")

        assert messages(response) == ["3 jobs were stored."]
        assert Occurrence.objects.filter(batch__startswith="backfill-").count() == 3

    @pytest.mark.parametrize(
        "fields", [{"until": "2026-03-10T01:00"}, {"since": ""}, {"rate": "often"}, {"limit": "0"}]
    )
    def test_what_makes_no_sense_is_told(self, client, operator, fields):
        declare(at(8))

        with FrozenClock(at(8, 30)):
            response = self.ask(client, _confirm="", **fields)

        assert response.context["adminform"].form.errors
        assert not Job.objects.exists()


class TestTheList:
    def act(self, client, verb, *keys, **fields):
        posted = {"action": verb, "_selected_action": keys, "reason": "", **fields}
        return client.post(page("changelist"), posted, follow=True)

    @pytest.fixture
    def two(self, operator):
        with FrozenClock(at(8)):
            return [in_database("coffee"), in_database("tea")]

    def test_it_asks_about_all_of_them_first(self, client, two):
        response = self.act(client, "run", "coffee", "tea")

        html = response.content.decode()
        assert "2 schedules" in html
        assert "Cancel" in html
        assert not Job.objects.exists()

    def test_then_it_acts_on_each(self, client, two):
        with FrozenClock(at(8, 30)):
            self.act(client, "run", "coffee", "tea", _confirm="")

        assert Job.objects.count() == 2

    def test_what_is_refused_is_told_and_the_others_go_on(self, client, two):
        Schedule.objects.filter(pk="coffee").update(task="gone.tasks.away")

        with FrozenClock(at(8, 30)):
            response = self.act(client, "run", "coffee", "tea", _confirm="")

        told = messages(response)
        assert told[0] == "1 schedule was changed."
        assert told[1].startswith("coffee: ")
        assert Job.objects.count() == 1

    def test_schedules_of_the_database_are_switched_off_and_on(self, client, two):
        with FrozenClock(at(8, 30)):
            self.act(client, "disable", "coffee", "tea", _confirm="")
            assert set(Schedule.objects.values_list("enabled", flat=True)) == {False}
            self.act(client, "enable", "tea", _confirm="")

        assert Schedule.objects.get(pk="tea").next_due_at == at(9)

    def test_no_more_at_a_time_than_somebody_waits_for(self, client, two, monkeypatch):
        monkeypatch.setattr("scheduler.admin.verbs.page.MOST", 1)

        response = self.act(client, "run", "coffee", "tea")

        assert messages(response) == [
            "At most 1 schedules at a time: narrow the list, or use a command."
        ]

    def test_a_click_on_nothing_of_the_code_is_not_switched_off(self, client, operator):
        declare(at(8))

        response = self.act(client, "disable", "tea", _confirm="")

        assert "override its trigger" in messages(response)[1]
        assert Schedule.objects.get().enabled


class TestMaintenance:
    def test_it_begins_with_a_reason_and_shows_a_banner(self, client, operator):
        declare(at(8))
        begin = page("begin", model="maintenance")

        with FrozenClock(at(8, 30)):
            unexplained = client.post(begin, {"reason": ""})
            client.post(begin, {"reason": "moving house"})
        tick(at(9))

        assert unexplained.context["adminform"].form.errors
        assert ledger() == [(at(9), "maintenance")]
        for address in (page("changelist"), page("change", "tea")):
            with FrozenClock(at(9, 1)):
                assert "moving house" in client.get(address).content.decode()

    def test_it_ends_by_a_button(self, client, operator):
        with FrozenClock(at(8)):
            operations.begin_maintenance(user="test", reason="moving house")
        with FrozenClock(at(9)):
            client.post(page("end", model="maintenance"), {"reason": "settled"})
            html = client.get(page("changelist")).content.decode()

        assert Maintenance.objects.get().ended_at == at(9)
        assert "moving house" not in html

    def test_it_is_for_those_who_may(self, client):
        client.force_login(member("view_maintenance", "change_schedule"))

        assert client.post(page("begin", model="maintenance"), {"reason": "x"}).status_code == 403
        html = client.get(page("changelist", model="maintenance")).content.decode()
        assert "Begin maintenance" not in html


def test_a_schedule_whose_code_is_gone_still_has_its_page(client, operator):
    with only_declared(), FrozenClock(at(8)):
        declare(at(8))
    Schedule.objects.update(task="gone.tasks.away", trigger="something of another release")

    for name in ("change", "run", "override", "backfill", "pause"):
        assert client.get(page(name, "tea")).status_code == 200, name


def test_what_was_done_is_on_the_page_and_in_a_list_of_its_own(client, operator, admin_user):
    declare(at(8))
    with FrozenClock(at(8, 30)):
        do(client, "pause", reason="stock-taking")

    client.force_login(admin_user)
    listed = client.get(page("changelist", model="operatoraction"), {"q": "te"})
    act = OperatorAction.objects.get()
    shown = client.get(page("change", act.pk, model="operatoraction"))

    for response in (client.get(page("change", "tea")), listed, shown):
        assert "stock-taking" in response.content.decode()
