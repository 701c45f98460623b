"""
Run the code blocks of one page of documentation, in an empty Django project of its own.

    python -m tests.docpages PAGE FOLDER

The first word after a fence is the language; the words after it say more:

    ```python file=shop/tasks.py    a file of the project (a second block is appended)
    ```python settings              lines of its settings, on top of BASE_SETTINGS
    ```python settings alone        settings that are not of this page's project: `check` accepts them
    ```python                       runs; the blocks of a page share their names
    ```python raises=InvalidCall    runs, and raises this
    ```console                      "$ …" lines: pytest and manage.py commands run if they end by themselves,
                                    otherwise, and with `console parse`, their arguments are parsed
    ```ini, ```crontab              their manage.py commands are parsed
    ```text, ```html, ```mermaid    shown, not checked
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
FENCE = re.compile(r"^(?P<indent> *)```(?P<info>[^`]*)$")
CHECKED = {"python", "console", "ini", "crontab"}
SHOWN = {"text", "html", "mermaid"}
# Programs beside manage.py that a page may tell people to type; their arguments are not checked.
PROGRAMS = {
    "celery",
    "git",
    "cd",
    "pip",
    "python3",
    "source",
    "sudo",
    "systemctl",
    "journalctl",
    "createdb",
}
ENDLESS = {"run_worker", "run_scheduler", "runserver", "process_tasks"}
ENDING = {"--once", "--duration", "--help"}

BASE_SETTINGS = """
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent
SECRET_KEY = "docs"
DEBUG = False
ALLOWED_HOSTS = ["*"]
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "shop"]
MIDDLEWARE = []
ROOT_URLCONF = "urls"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASES = {"default": {
    "ENGINE": "django.db.backends.sqlite3",
    "NAME": "db.sqlite3",
    "OPTIONS": {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL",
    },
}}
"""


@dataclass(frozen=True)
class Block:
    """One fenced block: its language, the words after it, its text and its first line's number."""

    language: str
    words: tuple[str, ...]
    text: str
    line: int

    def value(self, name: str) -> str | None:
        return next((w.split("=", 1)[1] for w in self.words if w.startswith(f"{name}=")), None)


def blocks(markdown: str) -> Iterator[Block]:
    """Yield the fenced blocks of a page. ```{directives} are Sphinx's, and no code."""
    lines = enumerate(markdown.splitlines(), start=1)
    for number, line in lines:
        if found := FENCE.match(line):
            language, *words = found["info"].split() or [""]
            inside = []
            for _, text in lines:
                if text.strip() == "```":
                    break
                inside.append(text.removeprefix(found["indent"]))
            if not language.startswith("{"):
                yield Block(language, tuple(words), "\n".join(inside) + "\n", number + 1)


def main(page: Path, folder: Path) -> None:
    """Run a page; leave with a message that names its line when a block does not hold."""
    found = list(blocks(page.read_text()))
    for block in found:
        if block.language not in CHECKED | SHOWN:
            fail(page, block, f"language {block.language!r} is neither checked nor known as text")
    write_project(folder, found)
    os.chdir(folder)
    sys.path.insert(0, str(folder))
    os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
    import django

    django.setup()
    quietly("migrate", verbosity=0)
    names: dict[str, object] = {"__name__": "page"}
    for block in found:
        try:
            run(block, names)
        except BaseException as error:  # noqa: BLE001  (whatever it raises is the page's fault)
            fail(page, block, f"{type(error).__name__}: {error}")


def write_project(folder: Path, found: list[Block]) -> None:
    files = {"settings.py": BASE_SETTINGS, "urls.py": "urlpatterns = []\n"}
    files |= {"shop/__init__.py": "", "shop/tasks.py": ""}
    for block in found:
        if path := block.value("file"):
            files[path] = files.get(path, "") + block.text
        if "settings" in block.words and "alone" not in block.words:
            files["settings.py"] += block.text
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)


def run(block: Block, names: dict[str, object]) -> None:
    match block.language:
        case "python" if "alone" in block.words:
            check_settings(block.text)
        case "python" if block.value("file") or "settings" in block.words:
            pass  # it is part of the project, which has started
        case "python":
            run_python(block, names)
        case "console":
            for line in commands(block.text, prompt="$ "):
                run_line(line, parse_only="parse" in block.words)
        case "ini" | "crontab":
            for line in re.split(r"\n|&&", block.text):
                if "manage.py" in line:
                    parse(shlex.split(line[line.index("manage.py") :])[1:])


def run_python(block: Block, names: dict[str, object]) -> None:
    code = compile("\n" * (block.line - 1) + block.text, "page", "exec")
    expected = block.value("raises")
    try:
        exec(code, names)
    except Exception as error:
        if type(error).__name__ != expected:
            raise
    else:
        if expected:
            raise AssertionError(f"did not raise {expected}")


def check_settings(text: str) -> None:
    """Let `manage.py check` judge the settings, in a process that has no others."""
    Path("alone.py").write_text(BASE_SETTINGS + text)
    done = subprocess.run(
        [sys.executable, "-m", "django", "check", "--settings=alone"],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise AssertionError(done.stderr)


def commands(text: str, *, prompt: str) -> list[str]:
    joined = text.replace("\\\n", " ")
    return [line.removeprefix(prompt) for line in joined.splitlines() if line.startswith(prompt)]


def run_line(line: str, *, parse_only: bool) -> None:
    words = shlex.split(line.split(" | ", maxsplit=1)[0], comments=True)
    match words:
        case ["python" | "venv/bin/python", "manage.py", *arguments]:
            endless = arguments[0] in ENDLESS and not ENDING.intersection(arguments)
            if parse_only or endless:
                parse(arguments)
            else:
                quietly(*arguments)
        case ["pytest", *arguments]:
            run_pytest(arguments)
        case ["make", target, *_]:
            if f"\n{target}:" not in (ROOT / "Makefile").read_text():
                raise AssertionError(f"the Makefile has no target {target}")
        case [program, *_] if program in PROGRAMS:
            pass
        case _:
            raise AssertionError(f"nobody checks {line!r}")


def run_pytest(arguments: list[str]) -> None:
    """Run tests of the project in a process of their own, as pytest-django wants it."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments],
        env=os.environ | {"PYTHONPATH": f"{Path.cwd()}{os.pathsep}{ROOT}"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise AssertionError(done.stdout + done.stderr)


def quietly(*arguments: str, **options: object) -> None:
    from django.core.management import call_command

    output = io.StringIO()
    try:
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
            call_command(*arguments, **options)
    except SystemExit as ended:
        if ended.code:
            raise AssertionError(f"{arguments}: status {ended.code}\n{output.getvalue()}") from None
    except Exception as error:
        raise AssertionError(f"{arguments}: {error}\n{output.getvalue()}") from error


def parse(arguments: list[str]) -> None:
    from django.core.management import get_commands, load_command_class

    from tasks_core.management.arguments import file_to_touch

    name, *rest = arguments
    command = load_command_class(get_commands()[name], name)
    parser = command.create_parser("manage.py", name)
    for action in parser._actions:
        if action.type is file_to_touch:
            action.type = str  # its folder is on the machine that the page is about
    try:
        parser.parse_args(rest)
    except SystemExit as ended:
        if ended.code:
            raise AssertionError(f"{name} does not take {rest}") from None


def fail(page: Path, block: Block, why: str) -> None:
    sys.exit(f"{page}:{block.line}: {why}")


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve())
