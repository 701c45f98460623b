"""The page says what ``make faults`` has counted, and every scenario on it has its control."""

import json

import pytest

from tests.faults.kit.tally import PAGE, PUBLISHED, SUMMARY, Row, Tally, drawn, read, summed_up


def test_the_page_has_the_table_of_the_results():
    assert PAGE.read_text() == drawn(PAGE.read_text(), PUBLISHED)


def test_the_page_of_guarantees_sums_them_up():
    assert SUMMARY.read_text() == summed_up(SUMMARY.read_text(), PUBLISHED)


def test_every_scenario_came_to_its_end_and_was_found_out_when_broken():
    assert [row for row in read(PUBLISHED) if not (row.done and row.control)] == []


def test_every_scenario_is_told_of():
    told = PAGE.read_text().split("<!-- table -->")[0]

    assert [row.scenario for row in read(PUBLISHED) if f"| {row.scenario} |" not in told] == []


ALL, SERVERS = {"SQLite", "PostgreSQL", "MariaDB"}, {"PostgreSQL", "MariaDB"}
OF_SCHEDULERS = {
    "S1 killed schedulers": ALL,
    "S2 kill -9 at a point": ALL,
    "S3 outages": ALL,
    "S7 frozen schedulers": ALL,
    "S7 frozen ticks": SERVERS,
    "S8 clock steps": ALL,
    "S8 clock steps, idle": SERVERS,
    "S9 nights when clocks change": ALL,
    "S10 bad network": SERVERS,
    "S10 silent network": SERVERS,
    "S10 PgBouncer": {"PostgreSQL"},
    "S11 disk full": {"SQLite", "PostgreSQL"},
    "S16 storm of deadlocks": ALL,
    "S22 signed URL": ALL,
    "S22 admin": ALL,
    "S24 random steps": ALL,
}


REDIS = {"Valkey"}
OF_REDIS = {
    "S5 restarts of Redis": REDIS,
    "S5 lost end of the log": REDIS,
    "S5 connections": REDIS,
    "S6 kill -9 and SIGSTOP": ALL | REDIS,
    "S7 frozen workers": ALL | REDIS,
    "S14 rollbacks": ALL | REDIS,
    "S14 kill -9 at COMMIT": ALL | REDIS,
    "lost answers": REDIS,
    "full memory": REDIS,
}


@pytest.mark.parametrize(("scenario", "databases"), [*OF_SCHEDULERS.items(), *OF_REDIS.items()])
def test_no_database_was_left_out_but_those_of_which_the_page_says_why(scenario, databases):
    assert {row.database for row in read(PUBLISHED) if row.scenario == scenario} == databases


def test_nothing_was_lost():
    assert [row for row in read(PUBLISHED) if row.lost or row.surplus] == []


@pytest.mark.django_db
def test_a_row_keeps_its_control_whichever_comes_first(tmp_path, tally):
    kept = Tally(say=str, path=tmp_path / "results.json")

    kept.control("S1 tea", "7 lost")
    kept.row("S1 tea", "9 cups", repeated=2, bound=4)
    kept.row("S10 coffee", "1 cup")
    kept.row("S2 milk", "1 cup")
    kept.control("S2 milk", "all spilt")

    rows = {row.scenario: row for row in read(kept.path)}
    assert list(rows) == ["S1 tea", "S2 milk", "S10 coffee"]
    assert rows["S1 tea"] == Row(
        "S1 tea", rows["S1 tea"].database, "9 cups", 0, "2 of at most 4", 0, "7 lost"
    )
    assert rows["S2 milk"].control == "all spilt"
    assert json.loads(kept.path.read_text())["measured"]
