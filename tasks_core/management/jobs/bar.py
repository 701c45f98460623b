"""How far a long verb has come, for who watches: a bar with rich, lines without, else silence."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any, Protocol, cast

Advance = Callable[[int], None]


class Screen(Protocol):
    """What of a stream is needed: stderr, perhaps as Django wraps it."""

    def isatty(self) -> bool: ...
    def write(self, text: str, /) -> Any: ...
    def flush(self) -> None: ...


@contextmanager
def bar(words: str, *, total: int | None, screen: Screen) -> Iterator[Advance]:
    """Yield a function that is told how many more are done; ``total`` None is not known."""
    if not screen.isatty():
        yield lambda count: None
    elif find_spec("rich"):
        yield from _rich(words, total=total, screen=screen)
    else:
        yield _lines(words, total=total, screen=screen)


def _rich(words: str, *, total: int | None, screen: Screen) -> Iterator[Advance]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    console = Console(file=cast("Any", screen))
    with Progress(*columns, TimeElapsedColumn(), console=console) as progress:
        row = progress.add_task(words, total=total)
        yield lambda count: progress.advance(row, count)


def _lines(words: str, *, total: int | None, screen: Screen) -> Advance:
    done = 0
    of = "" if total is None else f" of {total}"

    def advance(count: int) -> None:
        nonlocal done
        done += count
        screen.write(f"{words}: {done}{of}\n")
        screen.flush()

    return advance
