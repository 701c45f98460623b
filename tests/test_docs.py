"""Every code block of the documentation runs, and every table says what the code says."""

import argparse
import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import BaseCommand
from django.dispatch import Signal

from tests.docpages import ROOT, blocks

DOCS = ROOT / "docs"
PAGES = [
    ROOT / "README.md",
    *(p for p in sorted(DOCS.rglob("*.md")) if "_build" not in p.parts),
]
# Pages about a package that has no release for every Django that we support.
NEEDS = {
    "docs/howto/migrate/django-celery-beat.md": "django_celery_beat",
    "docs/howto/import-schedules.md": "background_task",
}
PROMISE = (
    "each due instant of an enabled schedule becomes exactly one job or is covered by one "
    "recorded skip; a job runs at least once unless it is cancelled, expires or is refused."
)
SPACE = re.compile(r"[\s>*]+")


def run_page(page: Path, folder: Path) -> str:
    """Return what is wrong with the blocks of a page; nothing if all of them hold."""
    done = subprocess.run(
        [sys.executable, "-W", "error::DeprecationWarning", "-m", "tests.docpages", page, folder],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stderr if done.returncode else ""


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_blocks_of_a_page_hold(page, tmp_path):
    if package := NEEDS.get(str(page.relative_to(ROOT))):
        pytest.importorskip(package, reason="it has no release for this Django")
    if any(blocks(page.read_text())):
        assert run_page(page, tmp_path) == ""


@pytest.mark.parametrize(
    ("block", "complaint"),
    [
        ("```python\n1 / 0\n```", "page.md:2: ZeroDivisionError"),
        ("```python raises=ValueError\nint('1')\n```", "did not raise ValueError"),
        ("```python settings\nINSTALLED_APPS += ['nowhere']\n```", "nowhere"),
        ("```python settings alone\nINSTALLED_APPS += ['nowhere']\n```", "nowhere"),
        ("```console\n$ python manage.py check --nonsense\n```", "--nonsense"),
        ("```console\n$ python manage.py runserver --nonsense\n```", "--nonsense"),
        ("```console\n$ python manage.py no_such_command\n```", "no_such_command"),
        ("```console\n$ make nothing\n```", "no target nothing"),
        ("```console\n$ rm -rf /\n```", "nobody checks"),
        ("```ini\nExecStart=/srv/python manage.py runserver --nonsense\n```", "--nonsense"),
        ("```python3\nfine = True\n```", "neither checked nor known"),
    ],
)
def test_a_block_that_does_not_hold_is_noticed(block, complaint, tmp_path):
    page = tmp_path / "page.md"
    page.write_text(block)

    assert complaint in run_page(page, tmp_path / "project")


@pytest.mark.parametrize("page", ["README.md", "docs/explanation/what-we-guarantee.md"])
def test_the_promise_is_word_for_word(page):
    assert PROMISE in SPACE.sub(" ", (ROOT / page).read_text()).replace("Each due", "each due")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_nobody_claims_more_than_the_promise(page):
    claims = re.findall(
        r"[^.]*exactly[- ]once (?:execution|delivery)[^.]*", page.read_text(), re.IGNORECASE
    )

    assert [claim for claim in claims if not re.search(r"\b(no|not|never|cannot)\b", claim)] == []


def test_the_states_page_has_the_arrows_of_the_code():
    from tasks_core.states import ARROWS

    told = [row[:3] for row in table(DOCS / "explanation/states.md", "from")]

    def words(states):
        return ", ".join(states) or "nothing"

    assert told == [[words(a.source), words(a.target), a.verb] for a in ARROWS]


def test_the_diagram_of_the_readme_has_the_arrows_of_the_code():
    from tasks_core.states import ARROWS

    drawn = re.findall(
        r"^    (\S+) --> (\S+): (.+)$", (ROOT / "README.md").read_text(), re.MULTILINE
    )
    told = {
        (source, target, verb)
        for source, target, verbs in drawn
        for verb in re.sub(r"\(.*?\)", "", verbs).replace(" ", "").split(",")
    }

    assert told == {
        (source, target, arrow.verb)
        for arrow in ARROWS
        for source in arrow.source or ["[*]"]
        for target in arrow.target
        if arrow.verb != "reschedule"  # it moves nothing on
    }


def test_the_settings_page_has_every_default_of_tasks_core():
    from tasks_core import conf

    told = {
        row[0].strip("`"): row[1] for row in table(DOCS / "reference/settings.md", "TASKS_CORE")
    }

    assert told == {name: shown(value) for name, value in conf.DEFAULTS.items()}


def test_the_settings_page_has_every_default_of_the_scheduler():
    from scheduler import conf

    told = {row[0].strip("`"): row[1] for row in table(DOCS / "reference/settings.md", "SCHEDULER")}
    tuning = conf.Tuning()

    assert told == {name: shown(getattr(tuning, name.lower())) for name in conf.names()}


def test_the_settings_page_has_every_option_of_a_schedule():
    from scheduler.definitions import entry as definition

    rows = table(DOCS / "reference/settings.md", "option")
    told = {name.strip(" `") for row in rows for name in row[0].split(",")}

    assert told == set(definition.OPTIONS)


@pytest.mark.parametrize("package", ["tasks_core", "scheduler"])
def test_the_checks_page_has_every_check_id(package):
    told = re.findall(
        r"^\| `(\w+\.[EW]\d{3})`", (DOCS / "reference/checks.md").read_text(), re.MULTILINE
    )
    source = "".join(path.read_text() for path in sorted((ROOT / package).rglob("*.py")))
    prefix = {"tasks_core": "tasks_core", "scheduler": "tasks_scheduler"}[package]
    raised = set(re.findall(rf"\b{prefix}\.[EW]\d{{3}}\b", source))

    assert len(told) == len(set(told))
    assert {id_ for id_ in told if id_.startswith(f"{prefix}.")} == raised


def test_the_pages_have_all_of_background_tasks():
    from scheduler.contrib.background_task import checks, settings, signals

    def told(page, heading):
        return {row[0].strip("`") for row in table(DOCS / "reference" / page, heading)}

    names = {name for name in vars(settings.AppSettings) if name.isupper()}
    both = {"BACKGROUND_TASK_MAX_ATTEMPTS", "BACKGROUND_TASK_MAX_RUN_TIME"}  # other words there
    assert told("settings.md", "background tasks") == names - both
    assert told("signals.md", "signal") == {
        name for name, value in vars(signals).items() if isinstance(value, Signal)
    }
    raised = re.findall(r"tasks_background_task\.E\d+", Path(checks.__file__).read_text())
    assert set(raised) <= told("checks.md", "id")


@pytest.mark.parametrize("package", ["tasks_core", "scheduler"])
def test_the_signals_page_has_every_signal(package):
    module = __import__(f"{package}.signals", fromlist=["signals"])
    signals = {name for name, value in vars(module).items() if isinstance(value, Signal)}
    told = set(
        re.findall(
            r"^### `(\w+)`",
            section(DOCS / "reference/signals.md", f"{package}.signals"),
            re.MULTILINE,
        )
    )

    assert told == signals


@pytest.mark.parametrize(
    "module", ["tasks_core", "scheduler", "tasks_core.testing", "scheduler.testing"]
)
def test_the_api_page_has_every_public_name(module):
    public = set(__import__(module, fromlist=["__all__"]).__all__)
    told = set(re.findall(r"^### `(\w+)", section(DOCS / "reference/api.md", module), re.MULTILINE))

    assert told == public


def test_the_wagtail_page_has_every_hook():
    pytest.importorskip("wagtail", reason="Wagtail is not installed")
    from tasks_core.contrib.wagtail import eligible

    page = DOCS / "howto/wagtail.md"
    told = [(name.strip("`"), given.strip("`")) for name, given in table(page, "hook")]
    refused = [(name.strip("`…"), why) for name, why in table(page, "hooks")]

    assert told == list(eligible.AFTER.items())
    assert refused == list(eligible.USED)


def test_the_ledger_page_has_every_reason():
    from scheduler.choices import Reason

    told = {row[0].strip("`") for row in table(DOCS / "explanation/ledger.md", "reason")}

    assert told == set(Reason.values)


@pytest.mark.parametrize(
    "command", ["run_worker", "process_tasks", "run_scheduler", "jobs", "schedules"]
)
def test_the_commands_page_has_every_option(command):
    text = section(DOCS / "reference/commands.md", command)
    missing = [option for option in options_of(command) if f"`{option}" not in text]

    assert missing == []


def options_of(name):
    """Return the long options and the verbs of a command, without those that Django adds."""
    from django.core.management import get_commands, load_command_class

    parser = load_command_class(get_commands()[name], name).create_parser("manage.py", name)
    return sorted(words_of(parser) - words_of(BaseCommand().create_parser("manage.py", name)))


def words_of(parser):
    found = set()
    for action in parser._actions:
        found |= {option for option in action.option_strings if option.startswith("--")}
        if isinstance(action, argparse._SubParsersAction):
            found |= set(action.choices)
            found |= set().union(*(words_of(below) for below in action.choices.values()))
    return found


def table(page, first_heading):
    """Return the rows of the table whose first heading is this, as lists of cells."""
    lines = iter(page.read_text().splitlines())
    for line in lines:
        if cells(line)[:1] == [first_heading]:
            next(lines)
            rows = []
            for row in lines:
                if not row.startswith("|"):
                    break
                rows.append(cells(row))
            return rows
    raise AssertionError(f"{page} has no table headed {first_heading!r}")


def cells(line):
    return [cell.strip() for cell in line.strip("|").split("|")] if line.startswith("|") else []


def section(page, title):
    """Return the text under the second-level heading ``title``."""
    parts = re.split(r"^## `?([\w.]+)`?.*$", page.read_text(), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))[title]


def shown(value):
    """Write a default as the settings page does."""
    if isinstance(value, timedelta):
        for unit, seconds in {"d": 86_400, "h": 3_600, "s": 1}.items():
            if value.total_seconds() % seconds == 0:
                return f"{value.total_seconds() / seconds:g} {unit}"
    return f"`{value!r}`"
