"""A verb is a transition: each arrow is one file, and the file's first line is the arrow."""

import ast
import re
from pathlib import Path

import pytest

from tasks_core.states import ARROWS
from tests.architecture.source import PACKAGE_SOURCES, Source

STORES = ("tasks_core/backends/database/", "tasks_core/backends/redis/")
FOLDER = STORES[0]
PAGES = [
    *STORES,
    f"{FOLDER}limits",
    f"{FOLDER}questions",
    f"{FOLDER}statements",
    f"{FOLDER}wakeup",
    f"{STORES[1]}questions",
    "tasks_core/backends/celery",
    "tasks_core/backends/served",
    "tasks_core/carrying",
    "tasks_core/contrib/django_tasks",
    "tasks_core/contrib/mail",
    "tasks_core/models",
    "tasks_core/contrib/wagtail",
    "tasks_core/http",
    "tasks_core/processes/worker",
    "scheduler/http",
    "scheduler/importing",
    "scheduler/operations",
    "scheduler/contrib/background_task",
]
ARROW_OF = {arrow.verb: str(arrow) for arrow in ARROWS}


def files_of(store: str) -> dict[str, Source]:
    return {
        source.path.removeprefix(store).removesuffix(".py"): source
        for source in PACKAGE_SOURCES
        if source.path.startswith(store)
    }


def first_line(source: Source) -> str:
    return (ast.get_docstring(source.tree) or "").split("\n")[0]


def announces(source: Source, arrow: str) -> bool:
    return first_line(source).startswith(f"{arrow}: ")


@pytest.mark.parametrize("store", STORES)
@pytest.mark.parametrize("verb", ARROW_OF)
def test_the_first_line_of_a_verb_is_its_arrow(verb, store):
    files = files_of(store)

    assert verb in files, f"{store}{verb}.py does not exist"
    assert announces(files[verb], ARROW_OF[verb]), first_line(files[verb])


@pytest.mark.parametrize("verb", ARROW_OF)
def test_a_script_of_redis_says_the_same_arrow(verb):
    text = Path(STORES[1], "lua", f"{verb}.lua").read_text()

    assert f"\n-- {ARROW_OF[verb]}: " in text


def test_every_verb_is_one_arrow():
    assert len(ARROW_OF) == len(ARROWS)


@pytest.mark.parametrize("store", STORES)
def test_no_file_announces_an_arrow_that_the_table_lacks(store):
    verbs = {name for name, source in files_of(store).items() if " -> " in first_line(source)}

    assert verbs == set(ARROW_OF)


def test_a_wrong_first_line_is_noticed():
    wrong = Source(f"{FOLDER}claim.py", '"""ready -> successful: at once."""')

    assert not announces(wrong, ARROW_OF["claim"])


@pytest.mark.parametrize("folder", PAGES)
def test_the_first_page_of_a_folder_names_every_file(folder):
    page = ast.get_docstring(ast.parse(Path(folder, "__init__.py").read_text())) or ""

    files = {path.stem for path in Path(folder).iterdir() if not path.name.startswith("_")}
    assert files - set(re.findall(r"\w+", page)) == set()
