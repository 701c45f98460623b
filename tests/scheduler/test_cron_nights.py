"""Famous nights, worked out by hand: what fires, in UTC, when the clocks change."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from croniter import croniter

from scheduler.cron import next_after

# zone, expression, after, the due times that follow; all UTC.
TABLE = [
    # 2024-03-10: 02:00 EST becomes 03:00 EDT at 07:00Z; 2024-11-03: back at 06:00Z.
    ("America/New_York", "30 2 * * *", "2024-03-09T12:00", ["2024-03-10T07:00", "2024-03-11T06:30"]),
    ("America/New_York", "0 */2 * * *", "2024-03-10T04:30", ["2024-03-10T05:00", "2024-03-10T08:00", "2024-03-10T10:00"]),
    ("America/New_York", "30 * * * *", "2024-03-10T06:00", ["2024-03-10T06:30", "2024-03-10T07:30"]),
    ("America/New_York", "30 1 * * *", "2024-11-02T12:00", ["2024-11-03T05:30", "2024-11-04T06:30"]),
    ("America/New_York", "45 1 * * *", "2024-11-03T06:30", ["2024-11-04T06:45"]),  # from the second pass
    ("America/New_York", "0 2 * * *", "2024-11-03T06:30", ["2024-11-03T07:00", "2024-11-04T07:00"]),
    ("America/New_York", "*/30 1 * * *", "2024-11-03T04:00", ["2024-11-03T05:00", "2024-11-03T05:30", "2024-11-03T06:00", "2024-11-03T06:30", "2024-11-04T06:00"]),
    ("America/New_York", "0 12 * * *", "2024-11-02T17:00", ["2024-11-03T17:00", "2024-11-04T17:00"]),
    # 2026-03-29: 01:00 GMT becomes 02:00 BST at 01:00Z; 2026-10-25: back at 01:00Z.
    ("Europe/London", "30 1 * * *", "2026-03-28T12:00", ["2026-03-29T01:00", "2026-03-30T00:30"]),
    ("Europe/London", "30 1 * * *", "2026-10-24T12:00", ["2026-10-25T00:30", "2026-10-26T01:30"]),
    ("Europe/London", "0 2 * * *", "2026-10-24T12:00", ["2026-10-25T02:00", "2026-10-26T02:00"]),
    ("Europe/London", "0 0 * * 7", "2026-03-24T00:00", ["2026-03-29T00:00", "2026-04-04T23:00"]),
    # Two fixed times in one gap become one due time.
    ("Europe/Berlin", "0,30 2 * * *", "2026-03-28T12:00", ["2026-03-29T01:00", "2026-03-30T00:00", "2026-03-30T00:30"]),
    ("Europe/Berlin", "0,30 2,3 * * *", "2026-03-29T00:00", ["2026-03-29T01:00", "2026-03-29T01:30", "2026-03-30T00:00"]),
    ("Europe/Berlin", "15 2 * * *", "2026-10-24T12:00", ["2026-10-25T00:15", "2026-10-26T01:15"]),
    ("Europe/Berlin", "15 0-23 * * *", "2026-10-24T23:00", ["2026-10-24T23:15", "2026-10-25T00:15", "2026-10-25T02:15"]),
    ("Europe/Berlin", "15 * * * *", "2026-10-24T23:00", ["2026-10-24T23:15", "2026-10-25T00:15", "2026-10-25T01:15", "2026-10-25T02:15"]),
    # Half an hour: 02:00 becomes 01:30 at 15:00Z in April, 02:30 at 15:30Z in October.
    ("Australia/Lord_Howe", "37 * * * *", "2026-04-04T14:00", ["2026-04-04T14:37", "2026-04-04T15:07", "2026-04-04T16:07"]),
    ("Australia/Lord_Howe", "45 1 * * *", "2026-04-04T00:00", ["2026-04-04T14:45", "2026-04-05T15:15"]),
    ("Australia/Lord_Howe", "15 2 * * *", "2026-10-03T00:00", ["2026-10-03T15:30", "2026-10-04T15:15"]),
    # Midnight does not exist, or the hour before it comes twice.
    ("America/Sao_Paulo", "0 0 * * *", "2018-11-03T12:00", ["2018-11-04T03:00", "2018-11-05T02:00"]),
    ("America/Sao_Paulo", "30 0 * * *", "2018-11-03T12:00", ["2018-11-04T03:00", "2018-11-05T02:30"]),
    ("America/Sao_Paulo", "30 23 * * *", "2018-02-17T12:00", ["2018-02-18T01:30", "2018-02-19T02:30"]),
    ("America/Sao_Paulo", "0 0 * * *", "2018-02-17T12:00", ["2018-02-18T03:00", "2018-02-19T03:00"]),
    ("Africa/Cairo", "0 0 * * *", "2023-04-27T12:00", ["2023-04-27T22:00", "2023-04-28T21:00"]),
    ("Africa/Cairo", "30 23 * * *", "2023-10-26T12:00", ["2023-10-26T20:30", "2023-10-27T21:30"]),
    ("Asia/Beirut", "15 0 * * *", "2022-03-26T12:00", ["2022-03-26T22:00", "2022-03-27T21:15"]),
    ("Asia/Beirut", "*/20 0 * * *", "2022-03-26T12:00", ["2022-03-27T21:00", "2022-03-27T21:20"]),
    ("America/Havana", "0 0 * * *", "2026-03-07T12:00", ["2026-03-08T05:00", "2026-03-09T04:00"]),
    ("America/Havana", "30 0 * * *", "2026-10-31T12:00", ["2026-11-01T04:30", "2026-11-02T05:30"]),
    # 23:00 becomes the midnight of the next day: the time of the 30th fires on the 31st.
    ("America/Nuuk", "30 23 * * *", "2024-03-30T12:00", ["2024-03-31T01:00", "2024-04-01T00:30"]),
    # A day that never was: 24 hours is a correction of the calendar, nothing is caught up.
    ("Pacific/Apia", "0 12 * * *", "2011-12-29T00:00", ["2011-12-29T22:00", "2011-12-30T22:00"]),
    ("Pacific/Apia", "0 0 * * *", "2011-12-29T00:00", ["2011-12-29T10:00", "2011-12-30T10:00", "2011-12-31T10:00"]),
    ("Pacific/Apia", "30 6 30 12 *", "2011-01-01T00:00", ["2012-12-29T16:30"]),
    # Two hours at once.
    ("Antarctica/Troll", "30 1 * * *", "2026-03-28T12:00", ["2026-03-29T01:00", "2026-03-29T23:30"]),
    ("Antarctica/Troll", "30 2 * * *", "2026-10-24T12:00", ["2026-10-25T00:30", "2026-10-26T02:30"]),
    ("Antarctica/Troll", "30 */2 * * *", "2026-10-24T22:00", ["2026-10-24T22:30", "2026-10-25T00:30", "2026-10-25T02:30"]),
    # Exactly three hours are still caught up.
    ("Antarctica/Casey", "30 3 * * *", "2009-10-17T00:00", ["2009-10-17T18:00", "2009-10-18T16:30"]),
    # A quarter to three.
    ("Pacific/Chatham", "0 3 * * *", "2026-04-04T00:00", ["2026-04-04T13:15", "2026-04-05T14:15"]),
    ("Pacific/Chatham", "15 3 * * *", "2026-09-26T00:00", ["2026-09-26T14:00", "2026-09-27T13:30"]),
    # A zone moved by half an hour, once: 02:30 became 03:00.
    ("America/Caracas", "45 2 * * *", "2016-04-30T12:00", ["2016-05-01T07:00", "2016-05-02T06:45"]),
]  # fmt: skip


def utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def ours(zone, expression, after):
    while True:
        after = next_after(expression, zone, after)
        yield after


def raw_croniter(zone, expression, after):
    """What one gets without the rules: croniter on aware datetimes."""
    search = croniter(expression, after.astimezone(zone), implement_cron_bug=True)
    while True:
        yield search.get_next(datetime).astimezone(UTC)


def answers(source, row):
    zone, expression, after, expected = row
    found = source(ZoneInfo(zone), expression, utc(after))
    return [next(found) for _ in expected] == [utc(text) for text in expected]


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row[0]} {row[1]} {row[2]}")
def test_night(row):
    zone, expression, after, expected = row
    found = ours(ZoneInfo(zone), expression, utc(after))
    assert [f"{next(found):%Y-%m-%dT%H:%M}" for _ in expected] == expected


def test_the_table_is_able_to_fail():
    """The library alone gets several of these nights wrong, so they do test the rules."""
    wrong = {row[0] for row in TABLE if not answers(raw_croniter, row)}
    assert wrong >= {"America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Antarctica/Troll"}
