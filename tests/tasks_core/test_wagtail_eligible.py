"""The table of hooks says what the source of the installed Wagtail says."""

import ast
import re
from collections import defaultdict
from importlib.util import find_spec
from pathlib import Path

import pytest

pytest.importorskip("wagtail", reason="Wagtail is not installed")

from tasks_core.contrib.wagtail import eligible
from tasks_core.exceptions import InvalidCall

NAMED = re.compile(r"hook_name$|^menu_hook$")
ANY = ""  # a hook whose name is a variable
IN_TEMPLATES = re.compile(r"{% hook_output ['\"](\w+)['\"]")


class Found:
    """The hooks that some source calls: with how many arguments, and what becomes of results."""

    def __init__(self):
        self.arguments = defaultdict(set)
        self.kept = defaultdict(set)

    def read(self, text):
        for node in ast.walk(ast.parse(text)):
            match node:
                case ast.For(iter=ast.Call(func=ast.Attribute(attr="get_hooks"), args=[name])):
                    self._loop(node, name.value if isinstance(name, ast.Constant) else ANY)
                case ast.Call(
                    func=ast.Attribute(attr="run_hook"), args=[ast.Constant(name), *given]
                ):
                    self.arguments[name].add(len(given))
                case ast.Call(func=ast.Attribute(attr="get_hooks"), args=[ast.Constant(name)]):
                    self.arguments[name] |= set()
                case (
                    ast.keyword(arg=str(word), value=ast.Constant(str(name)))
                    | ast.Assign(targets=[ast.Name(word)], value=ast.Constant(str(name)))
                ) if NAMED.search(word):
                    self.arguments[name] |= set()
        return self

    def _loop(self, loop, name):
        for node in ast.walk(loop):
            match node:
                case ast.Call(func=ast.Name(called), args=given) if called == loop.target.id:
                    self.arguments[name].add(len(given))
                case ast.If(test=test):
                    self.kept[name].add(ast.unparse(test))


@pytest.fixture(scope="module")
def wagtail():
    folder = Path(find_spec("wagtail").origin).parent
    found = Found()
    for path in folder.rglob("*.py"):
        if not {"tests", "test"}.intersection(path.relative_to(folder).parts):
            found.read(path.read_text())
    for path in folder.rglob("*.html"):
        for name in IN_TEMPLATES.findall(path.read_text()):
            found.arguments[name] |= set()
    del found.arguments[ANY]
    return found


def after(found):
    return {name for name in found.arguments if name.startswith("after_")}


def test_the_table_has_every_hook_after_something(wagtail):
    assert after(wagtail) == set(eligible.AFTER)


def test_the_table_has_what_they_are_given(wagtail):
    told = {name: {len(given.split(", "))} for name, given in eligible.AFTER.items()}

    assert told == {name: wagtail.arguments[name] for name in after(wagtail)}


def test_of_their_results_wagtail_takes_responses_only(wagtail):
    loops = {name: tests for name, tests in wagtail.kept.items() if name in {*after(wagtail), ANY}}

    assert set().union(*loops.values()) == {"hasattr(result, 'status_code')"}


def test_of_every_other_hook_it_says_why_no_job_can_follow(wagtail):
    others = set(wagtail.arguments) - after(wagtail)
    assert {"construct_main_menu", "register_admin_urls", "insert_editor_js"} < others

    for name in others:
        with pytest.raises(InvalidCall, match=f"^{name} cannot run in the background: "):
            eligible.refuse(name)


def test_every_reason_is_needed(wagtail):
    unused = [
        beginning
        for beginning, _ in eligible.USED
        if not any(name.startswith(beginning) for name in wagtail.arguments)
    ]

    assert unused == []


@pytest.mark.parametrize(
    "text",
    [
        "class V:\n  def f(self):\n    self.run_hook('after_tea', self.request)",
        "for fn in hooks.get_hooks('after_tea'):\n    fn(request)",
    ],
)
def test_a_new_hook_is_noticed(text):
    assert dict(Found().read(text).arguments) == {"after_tea": {1}}


def test_another_use_of_a_result_is_noticed():
    text = "for fn in hooks.get_hooks('after_tea'):\n    if fn(request): break"

    assert dict(Found().read(text).kept) == {"after_tea": {"fn(request)"}}
