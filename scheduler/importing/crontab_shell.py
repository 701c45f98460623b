"""
The commands of a line as a shell tells them apart: words, and where input and output go.

A job has no shell, so each word says what a shell would put there: for $HOME, `date`, *.log, ~.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from scheduler.importing.readings import Untranslatable, clipped

BY_HAND = (
    "Write a @task that does it (subprocess.run, if it is a program), or leave the line to cron."
)
# After which another command is run in any case, or only if the first went well.
_THEN = frozenset({"&&", ";"})
_PIECE = re.compile(
    r"""
    (?P<blank>\s+)
    | (?P<redirection>&>>?|[0-9]*(?:>>|>\||>&|>|<<<|<<|<&|<>|<))
    | (?P<substituted>\$\([^()]*\)|`[^`]*`)
    | (?P<join>&&|\|\||[;|&()])
    | '(?P<single>[^']*)'
    | "(?P<double>(?:[^"\\]|\\.)*)"
    | \\(?P<escaped>.)
    | (?P<plain>[^\s'"\\`;|&()<>]+)
    """,
    re.VERBOSE | re.DOTALL,
)
_VARIABLE = r"\$[\w{(@*#?!$-]|`"
_FILLED_IN = re.compile(rf"{_VARIABLE}|[*?]|\[[^\]]+\]|\{{[^{{}}]*(,|\.\.)[^{{}}]*\}}")
_FILLED_IN_QUOTED = re.compile(rf"(?<!\\)(?:{_VARIABLE})")
_ESCAPED = re.compile(r"\\([$`\"\\])")


@dataclass(slots=True)
class Word:
    """One word, without its quotes, and whether a shell would put something else there."""

    text: str = ""
    is_filled_in: bool = False


@dataclass(slots=True)
class ShellCommand:
    """One command of a line."""

    words: list[Word] = field(default_factory=list)
    outputs: list[str] = field(default_factory=list)  # files
    inputs: list[str] = field(default_factory=list)

    def take(self, word: Word, redirection: str) -> None:
        """Add a word, or the file behind > or <; what goes to another stream is no file."""
        if not redirection:
            self.words.append(word)
        elif "<" in redirection:
            self.inputs.append(word.text)
        elif not redirection.endswith("&") or not word.text.isdigit():
            self.outputs.append(word.text)


def commands_of(text: str) -> list[ShellCommand]:
    """Return the commands that a line runs one after another. Raises Untranslatable."""
    found = [ShellCommand()]
    redirection = ""
    for token in _tokens(text):
        if isinstance(token, Word):
            found[-1].take(token, redirection)
            redirection = ""
        elif token in _THEN:
            found.append(ShellCommand())
        elif set(token) & set("<>"):
            redirection = token
        else:
            raise Untranslatable(f"{clipped(text)} joins commands with {token}. {BY_HAND}")
    return [each for each in found if each.words]


def _tokens(text: str) -> Iterator[Word | str]:
    """Yield words, and the operators between them."""
    word: Word | None = None
    place = 0
    while place < len(text):
        piece = _PIECE.match(text, place)
        if piece is None:
            raise Untranslatable(f"{clipped(text)} cannot be read: a quotation does not end.")
        place = piece.end()
        kind, said = str(piece.lastgroup), piece[str(piece.lastgroup)]
        if kind in {"blank", "redirection", "join"}:
            if word is not None:
                yield word
                word = None
            if kind != "blank":
                yield said
            continue
        if word is None and kind == "plain" and said.startswith("#"):
            return  # a comment, to the end of the line
        is_first = word is None
        word = word or Word()
        word.text += _ESCAPED.sub(r"\1", said) if kind == "double" else said
        word.is_filled_in |= _is_filled_in(kind, said, is_first=is_first)
    if word is not None:
        yield word


def _is_filled_in(kind: str, said: str, *, is_first: bool) -> bool:
    if kind == "plain":
        return bool(_FILLED_IN.search(said)) or (is_first and said.startswith("~"))
    return kind == "substituted" or (kind == "double" and bool(_FILLED_IN_QUOTED.search(said)))
