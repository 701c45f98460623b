"""What SCHEDULE and @periodic may say, and what is said about what they may not."""

from datetime import UTC, datetime, timedelta

import pytest

from scheduler import At, Cron, Every, declarations, periodic
from scheduler.exceptions import InvalidSchedule
from scheduler.testing import only_declared
from tests.app.tasks import leave_context, nothing
from tests.scheduler.places import at

TEA = {"task": "tests.app.tasks.nothing", "cron": "0 17 * * *"}


def tea(**options):
    with only_declared({"tea": {**TEA, **options}}):
        return declarations.declared()["tea"]


def problem(**options):
    entry = {name: value for name, value in {**TEA, **options}.items() if value is not ...}
    with only_declared({"tea": entry}):
        declared, [found] = declarations.read()
        assert declared == {}
        with pytest.raises(InvalidSchedule, match="tea"):
            declarations.declared()
    return str(found.error)


def test_an_entry_with_its_defaults():
    declared = tea()

    assert declared.task == "tests.app.tasks.nothing"
    assert declared.trigger.spec() == "cron 0 17 * * * UTC"
    assert (declared.queue, declared.backend, declared.priority) == ("default", "default", 0)
    assert (declared.catch_up, declared.overlap, declared.source) == ("latest", "skip", "settings")
    assert declared.overlap_timeout == timedelta(hours=1)


def test_a_length_of_time_may_be_given_in_seconds():
    with only_declared({"tea": {**TEA, "splay": 90, "catch_up_window": 3600.0}}):
        [declared], _ = declarations.read()[0].values(), None

    assert (declared.splay, declared.catch_up_window) == (
        timedelta(seconds=90),
        timedelta(hours=1),
    )


def test_the_zone_of_the_project_is_the_zone_of_a_cron(settings):
    settings.TIME_ZONE = "Europe/Paris"

    assert tea().definition()["timezone"] == "Europe/Paris"
    assert tea().trigger.spec() == "cron 0 17 * * * Europe/Paris"


@pytest.mark.parametrize(
    ("entry", "trigger"),
    [
        ({"cron": "0 17 * * *", "timezone": "Europe/London"}, Cron("0 17 * * *", "Europe/London")),
        ({"every": timedelta(minutes=5)}, Every(minutes=5)),
        ({"every": 300}, Every(minutes=5)),
        ({"at": at(9)}, At(at(9))),
        ({"at": "2026-03-10T09:00:00+00:00"}, At(at(9))),
        ({"at": "2026-03-10T10:00:00", "timezone": "Europe/Paris"}, At(at(9))),
        ({"at": datetime(2026, 3, 10, 9)}, At(at(9))),  # naive
        ({"trigger": Every(hours=2)}, Every(hours=2)),
    ],
)
def test_the_four_ways_to_say_when(entry, trigger):
    with only_declared({"tea": {"task": nothing, **entry}}):
        assert declarations.declared()["tea"].trigger == trigger


def test_what_the_task_declares_is_the_default():
    from tasks_core import task

    cook = task(queue="kitchen", priority=3)(nothing)

    declared = tea(task=cook)
    stated = tea(task=cook, queue="default")

    assert (declared.queue, declared.priority) == ("kitchen", 3)
    assert (stated.queue, stated.priority) == ("default", 3)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"cron": ...}, "exactly one of cron, every, at, trigger; found none"),
        ({"every": 60}, "found cron and every"),
        ({"task": ...}, "'task' is missing"),
        ({"que": "x"}, "Did you mean 'queue'?"),
        ({"cron": "61 * * * *"}, "61"),
        ({"timezone": "Europe/Pari"}, "Did you mean Europe/Paris?"),
        ({"cron": ..., "every": 60, "timezone": "UTC"}, "belongs to 'cron'"),
        ({"cron": ..., "every": "5m"}, "timedelta or seconds"),
        ({"cron": ..., "every": 0.5}, "at least one second"),
        ({"cron": ..., "trigger": object()}, "next_after(moment) and spec()"),
        ({"task": "tests.app.tasks.coffee"}, "cannot be imported"),
        ({"task": "os.system"}, "built-in function system"),
        ({"args": [object()]}, "is not JSON"),
        ({"args": "tea"}, "args must be a list"),
        ({"priority": 101}, "from -100 to 100"),
        ({"catch_up": "newest"}, "catch_up cannot be 'newest'"),
        ({"catch_up_limit": 0}, "from 1 to 10000"),
        ({"catch_up_window": "5m"}, "timedelta"),
        ({"overlap": "queue_two"}, "Did you mean 'queue_one'?"),
        ({"enabled": "no"}, "True, False, or a function"),
        ({"enabled": lambda: True}, "a function that has a name in its module"),
        ({"kwargs": "tests.app.tasks.coffee"}, "cannot be imported"),
        ({"max_runs": 0}, "max_runs is a whole number from 1"),
        ({"splay": -5}, "splay is a timedelta, or seconds"),
        ({"start_at": "soon"}, "start_at is a datetime or its ISO text"),
        ({"start_at": "2026-03-02", "end_at": "2026-03-01"}, "lies before start_at"),
        ({"calendar_action": "next"}, "name one: calendar="),
        ({"must_succeed_within": True}, "timedelta"),
        ({"previous_keys": "coffee"}, "previous_keys is a list"),
        ({"previous_keys": ["tea"]}, "is the present one"),
    ],
)
def test_a_wrong_entry_is_a_sentence(options, words):
    assert words in problem(**options)


@pytest.mark.parametrize("key", ["", " tea", "x" * 256, 5, "tea\x00", "tea\n"])
def test_a_wrong_key_is_a_sentence(key):
    with only_declared({key: TEA}):
        _, [found] = declarations.read()

    assert "key" in str(found.error)


def test_a_wrong_entry_hides_no_other():
    with only_declared({"tea": TEA, "coffee": {}}):
        declared, problems = declarations.read()

    assert list(declared) == ["tea"]
    assert [(each.key, each.where) for each in problems] == [("coffee", "SCHEDULE['coffee']")]


class TestPeriodic:
    def test_it_leaves_a_function_and_a_task_as_they_were(self):
        with only_declared():
            assert periodic("0 17 * * *")(nothing) is nothing
            assert periodic("0 17 * * *")(leave_context) is leave_context

    def test_the_key_is_the_path_unless_one_is_given(self):
        with only_declared():
            periodic("0 17 * * *")(nothing)
            periodic(every=60, key="minutely", queue="ops")(leave_context)
            declared = declarations.declared()

        assert list(declared) == ["tests.app.tasks.nothing", "minutely"]
        assert declared["minutely"].queue == "ops"
        assert declared["minutely"].source == "code"

    def test_it_stacks_with_different_keys(self):
        with only_declared():

            @periodic("0 9 * * *", key="morning")
            @periodic("0 17 * * *", key="evening")
            @periodic("0 12 * * *")
            def stacked():
                pass

            stacked.__qualname__ = "stacked"
            assert [entry.key for entry in declarations.noted] == [
                f"{__name__}.TestPeriodic.test_it_stacks_with_different_keys.<locals>.stacked",
                "evening",
                "morning",
            ]

    def test_two_of_one_key_are_refused(self):
        with only_declared({"tea": TEA}):
            periodic("0 9 * * *", key="tea")(nothing)
            declared, [found] = declarations.read()

        assert declared["tea"].source == "settings"
        assert "'tea' is taken by SCHEDULE['tea']" in str(found.error)

    def test_two_on_one_function_need_keys(self):
        with only_declared():
            periodic("0 9 * * *")(nothing)
            periodic("0 17 * * *")(nothing)

            assert "Give this one its own key" in str(declarations.read()[1][0].error)

    def test_a_module_that_is_imported_anew_declares_nothing_twice(self):
        with only_declared():
            periodic("0 9 * * *")(nothing)
            periodic("0 9 * * *")(nothing)

            assert len(declarations.declared()) == 1


class TestHash:
    def test_it_is_the_same_for_the_same_definition(self):
        assert (
            tea(kwargs={"a": 1, "b": 2}).definition_hash
            == tea(kwargs={"b": 2, "a": 1}).definition_hash
        )

    @pytest.mark.parametrize(
        "change",
        [
            {"cron": "1 17 * * *"},
            {"timezone": "Europe/London"},
            {"args": [1]},
            {"queue": "ops"},
            {"overlap": "allow"},
            {"catch_up_window": timedelta(hours=1)},
        ],
    )
    def test_it_is_another_for_another(self, change):
        assert tea(**change).definition_hash != tea().definition_hash

    def test_where_it_is_declared_does_not_count(self):
        with only_declared():
            periodic("0 17 * * *", key="tea")(nothing)
            in_code = declarations.declared()["tea"]

        assert in_code.definition_hash == tea().definition_hash


def test_a_moment_is_kept_in_utc():
    assert tea(cron="0 17 * * *").trigger.next_after(datetime(2026, 1, 1, tzinfo=UTC)).tzinfo == UTC


def test_periodic_without_a_time_is_refused_at_once():
    """As a bare decorator it would swallow the function, and nothing would ever be due."""
    with pytest.raises(InvalidSchedule, match="does not say when"):

        @periodic
        def forgotten(): ...
