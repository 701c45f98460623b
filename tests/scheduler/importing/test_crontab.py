"""A crontab file, line by line: when, what, and what a line cannot be here."""

from io import StringIO

import pytest

from scheduler.exceptions import OperationRefused
from scheduler.importing import crontab as source
from scheduler.importing import crontab_permitted
from scheduler.triggers import Cron
from tests.scheduler.importing.places import origin

MANAGE = "/srv/venv/bin/python /srv/app/manage.py"


@pytest.fixture
def read(tmp_path):
    def read(text, **told):
        path = tmp_path / "crontab"
        path.write_text(text)
        return source.read(origin("Europe/Berlin", path=path, **told))

    return read


def test_a_management_command_in_the_machines_zone(read):
    found = read(f"# sessions\n\n30 2 * * 7\t{MANAGE} clearsessions --verbosity 0\n")

    [line] = found.schedules
    assert line.trigger == Cron("30 2 * * 7", "Europe/Berlin")
    assert line.options == {"args": ["clearsessions", "--verbosity", "0"], "overlap": "allow"}
    assert (line.key, line.task) == ("clearsessions --verbosity 0", crontab_permitted.TASK)
    assert "Times are in Europe/Berlin (as --timezone says)" in found.notes[0]


def test_cron_means_either_day_and_so_do_we(read):
    [line] = read(f"0 9 13 * 5 {MANAGE} a").schedules

    assert line.trigger == Cron("0 9 13 * 5", "Europe/Berlin")


def test_names_and_nicknames(read):
    found = read(f"@daily {MANAGE} a\n0 9 * jan-mar mon,wed {MANAGE} b").schedules

    assert [line.trigger.expression for line in found] == ["0 0 * * *", "0 9 * JAN-MAR MON,WED"]


def test_a_column_of_users(read):
    [line] = read(f"17 * * * * www-data cd /srv/app && {MANAGE} a", has_users=True).schedules

    assert line.options["args"] == ["a"]


def test_cron_tz_is_for_the_lines_below_it_and_tz_for_none(read):
    found = read(
        f"TZ=Asia/Tokyo\n0 9 * * * {MANAGE} a\nCRON_TZ='America/New_York'\n0 9 * * * {MANAGE} b"
    )

    zones = [line.trigger.zone.key for line in found.schedules]
    assert zones == ["Europe/Berlin", "America/New_York"]
    assert "Line 1: TZ=Asia/Tokyo is for the commands" in found.notes[1]


def test_an_unknown_cron_tz_refuses_the_lines_below_it_and_no_other(read):
    found = read(
        f"0 9 * * * {MANAGE} a\nCRON_TZ=Europe/Berlim\n0 9 * * * {MANAGE} b\n"
        f"CRON_TZ=Asia/Tokyo\n0 9 * * * {MANAGE} c"
    )

    assert [line.key for line in found.schedules] == ["a", f"{MANAGE} b", "c"]
    assert "Did you mean Europe/Berlin?" in found.schedules[1].refusal
    assert "Line 2: from here on times are in Europe/Berlim" in found.notes[1]


def test_other_settings_are_told(read):
    found = read(f'MAILTO="ops@example.org"\nPATH=/usr/bin\n0 9 * * * {MANAGE} a')

    assert "return value" in found.notes[1]
    assert "Line 2: PATH" in found.notes[2]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("@reboot {} a", "@reboot is no time"),
        ("0 9 {}", "too few columns"),
        ("5/15 * * * * {} a", "a step needs a range: 5-59/15"),
        ("0 9 * * * /usr/sbin/logrotate /etc/logrotate.conf", "is no management command"),
        ("0 9 * * * {0} a; {0} b", "more than one management command"),
        ("0 9 * * * {} a && /bin/true", "more than one management command"),
        ("0 9 * * * {} a | mail ops", "joins commands"),
        ("0 9 * * * {} a%yes", "standard input"),
        ("0 9 * * * {}", "names no management command"),
        ("0 9 * * * {} 'a", "cannot be read"),
    ],
)
def test_what_cannot_be_is_told_by_its_line(read, line, why):
    [found] = read("\n" + line.format(MANAGE)).schedules

    assert found.trigger is None
    assert found.refusal.startswith("Line 2: ")
    assert why in found.refusal


def test_a_percent_sign_with_a_backslash_is_one(read):
    [line] = read(f"0 9 * * * {MANAGE} a 50\\%\n").schedules

    assert line.options["args"] == ["a", "50%"]


def test_a_line_that_becomes_nothing_goes_by_its_first_words_and_not_by_its_number(read):
    lines = [
        "@reboot /usr/local/bin/warm-up",
        "0 4 * * *  /usr/bin/certbot   renew --quiet --no-random-sleep-on-renew --post-hook reload",
    ]
    keys = [each.key for each in read("\n".join(lines)).schedules]

    assert keys == [
        "/usr/local/bin/warm-up",
        "/usr/bin/certbot renew --quiet --no-random-sleep-on-renew",
    ]
    assert [each.key for each in read("\n# more\n" + "\n".join(lines)).schedules] == keys


@pytest.mark.parametrize("user", ["root", "of-another-machine"])
def test_a_column_of_users_that_was_not_announced(read, user):
    [line] = read(f"17 * * * * {user} cd /srv/app && {MANAGE} a").schedules

    assert f"{user} names a user" in line.refusal
    assert "add --system" in line.refusal


def test_a_program_of_this_machine_is_no_user(read):
    [line] = read(f"17 * * * * echo {MANAGE} a").schedules

    assert "echo comes before manage.py" in line.refusal


@pytest.mark.parametrize("command", ["python manage.py a", "cd /srv && ./manage.py a", MANAGE])
def test_a_column_of_users_that_is_none(read, command):
    [line] = read(f"17 * * * * {command} a", has_users=True).schedules

    assert "is no user but begins the command. Leave --system out." in line.refusal


def test_one_command_twice_has_two_keys(read):
    found = read(f"0 9 * * * {MANAGE} a\n0 10 * * * {MANAGE} a").schedules

    assert [line.key for line in found] == ["a", "a (2)"]


def test_standard_input(monkeypatch):
    from pathlib import Path

    monkeypatch.setattr("sys.stdin", StringIO(f"0 9 * * * {MANAGE} a"))

    assert len(source.read(origin(path=Path("-"))).schedules) == 1


def test_no_file_is_a_sentence(tmp_path):
    with pytest.raises(OperationRefused, match="Name the file"):
        source.read(origin())
    with pytest.raises(OperationRefused, match="cannot be read"):
        source.read(origin(path=tmp_path / "nowhere"))


@pytest.mark.parametrize(
    ("flock", "overlap"),
    [("flock -n /tmp/lock", "skip"), ("flock --nonblock 9", "skip"), ("/bin/flock 9", "queue_one")],
)
def test_what_runs_under_a_lock_keeps_it(read, flock, overlap):
    [line] = read(f"0 9 * * * {flock} {MANAGE} a").schedules

    assert line.options["overlap"] == overlap
    assert f'so here overlap="{overlap}"' in line.notes[0]


def test_cron_starts_a_command_once_and_beside_the_one_before(read):
    found = read(f"0 9 * * * {MANAGE} a")

    assert 'so here overlap="allow"' in found.notes[-2]
    assert "run_command has one attempt" in found.notes[-1]
