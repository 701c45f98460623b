"""What a line of a crontab runs: a management command as it stands, or something else."""

import pytest

from scheduler.importing.crontab_commands import of_manage
from scheduler.importing.readings import Untranslatable


@pytest.mark.parametrize(
    ("text", "words", "told"),
    [
        ("python -m django clearsessions", ["clearsessions"], ""),
        ("python -W ignore -m django check", ["check"], ""),
        ("manage.py a >> /var/log/a.log 2>&1", ["a"], "goes to /var/log/a.log there"),
        ("manage.py a 2 >/dev/null", ["a", "2"], "goes to /dev/null"),
        ("manage.py a 2>/dev/null", ["a"], "goes to /dev/null"),
        ("manage.py a &>a.log", ["a"], "goes to a.log"),
        ("manage.py a </dev/null", ["a"], ""),
        ("manage.py a # at night", ["a"], ""),
        ("manage.py a '#1' b#2", ["a", "#1", "b#2"], ""),
        ("DEBUG=1 manage.py a", ["a"], "DEBUG is set for it"),
        ("env -u A B='x y' manage.py a", ["a"], "B is set for it"),
        ("flock -n /tmp/lock manage.py a", ["a"], "runs under flock"),
        ("flock -s /tmp/lock manage.py a", ["a"], "shared lock"),
        ("nice -n 10 ionice -c 3 manage.py a", ["a"], "behind what is more urgent"),
        ("chronic manage.py a", ["a"], "which mails what failed only"),
        ("timeout -k 5 10m manage.py a", ["a"], "is ended by timeout"),
        ("exec nohup manage.py a", ["a"], ""),
        ("poetry -C /srv run python -u manage.py a", ["a"], ""),
        ("uv run --with x ./manage.py a", ["a"], ""),
        ("pipenv run python3.12 manage.py a", ["a"], ""),
        ("/bin/bash -lc 'cd /srv && nice ./manage.py a'", ["a"], "behind what is more urgent"),
        (". venv/bin/activate && python manage.py a;", ["a"], ""),
        ("cd /srv/app; ./manage.py send --to 'Ada L' --n=3", ["send", "--to", "Ada L", "--n=3"], ""),
        (r"""manage.py a "say \"hi\"" it\'s '*' "~" 5\$""", ["a", 'say "hi"', "it's", "*", "~", "5$"], ""),
    ],
)  # fmt: skip
def test_commands(text, words, told):
    found = of_manage(text)

    assert list(found.words) == words
    assert told in " ".join(found.notes)
    assert told or not found.notes


@pytest.mark.parametrize(
    ("text", "program"),
    [
        ("ssh host python manage.py check", "ssh"),
        ("/usr/bin/docker exec web ./manage.py check", "docker"),
        ("sudo -u www-data python manage.py check", "sudo"),
        ("nice sudo manage.py check", "sudo"),
        ("echo manage.py check", "echo"),
        ("cp manage.py manage.bak", "cp"),
        ("black manage.py", "black"),
        ("python -m black manage.py", "-m black"),
        ("python tool.py manage.py check", "tool.py"),
        ("uv tool run manage.py", "uv"),
        ("sh -c x manage.py", "sh"),
    ],
)
def test_a_program_that_does_something_else_with_it_is_named(text, program):
    with pytest.raises(Untranslatable) as refused:
        of_manage(text)

    assert str(refused.value).startswith(f"{program} comes before manage.py")
    assert "leave it to cron" in str(refused.value) or "leave the line to cron" in str(
        refused.value
    )


@pytest.mark.parametrize(
    "word",
    ["media/*.tmp", "~/dump.json", "$HOME", '"$HOME"', "`date`", "$(date)", "a?", "x[12]", "{a,b}"],
)
def test_what_a_shell_fills_in_is_refused(word):
    with pytest.raises(Untranslatable, match="A shell fills in "):
        of_manage(f"manage.py a {word}")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("manage.py a < dump.json", "a is fed from dump.json there"),
        ("manage.py a | mail ops", "joins commands with |"),
        ("manage.py a || true", "joins commands with ||"),
        ("(manage.py a)", "joins commands with ("),
        ("manage.py a &", "joins commands with &"),
        (". .env && manage.py a", "does more than one management command"),
        ('bash -c "manage.py a $HOME"', "is no management command"),
        ("bash -c 'manage.py a' > a.log", "is no management command"),
        ("manage.py 'a", "a quotation does not end"),
        ('manage.py ""', "names no management command"),
        ("manage.py --settings=x", "names no management command"),
        ("/usr/bin/certbot renew", "is no management command. Write a @task"),
        ("certbot " + "renew " * 20, "renew…' is no management command"),
    ],
)
def test_what_is_no_management_command(text, why):
    with pytest.raises(Untranslatable) as refused:
        of_manage(text)

    assert why in str(refused.value)


def test_options_of_the_process_are_left_out_and_told():
    found = of_manage("django-admin check --settings site.live --pythonpath=/srv --tag x")

    assert found.words == ("check", "--tag", "x")
    assert found.notes == (
        "Its --settings=site.live is left out: a job runs with the settings of its worker.",
        "Its --pythonpath=/srv is left out: a worker has a path of its own.",
    )


def test_settings_that_are_those_here_need_no_word(settings):
    assert of_manage(f"manage.py check --settings={settings.SETTINGS_MODULE}").notes == ()


def test_options_before_the_command_come_after_it_and_are_told():
    found = of_manage("manage.py --settings=site.live -v 2 --no-color check --tag x")

    assert found.words == ("check", "-v", "2", "--no-color", "--tag", "x")
    assert '"Unknown command"' in found.notes[-1]
    assert "Its --settings=site.live is left out" in found.notes[0]
