"""The scripts: each file of ``lua/`` with the parts that its first line names."""

import hashlib
from functools import cache
from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).with_name("lua")
WITH = "-- with:"
BEGIN = "local P = KEYS[1]\n"  # the prefix of every key, which is also where a cluster keeps them


class Script(NamedTuple):
    text: str
    sha: str


@cache
def script(name: str) -> Script:
    """Return the script of this name as the server is sent it, and as the server calls it."""
    text = BEGIN + "".join(_source(part) for part in _parts(name))
    return Script(text, hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest())


def _parts(name: str) -> list[str]:
    """Return what it needs, each once, before whatever needs it; itself last."""
    found: dict[str, None] = {}
    for needed in _needs(name):
        found |= dict.fromkeys(_parts(needed))
    return [*found, name]


def _needs(name: str) -> list[str]:
    first = _source(name).partition("\n")[0]
    return first.removeprefix(WITH).split() if first.startswith(WITH) else []


@cache
def _source(name: str) -> str:
    return (FOLDER / f"{name}.lua").read_text(encoding="utf-8")
