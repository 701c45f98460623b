"""A network that loses answers: the server has done what it was asked, and nobody is told."""

from __future__ import annotations

import threading

from tests.faults.kit.line import Line


class DeafLine(Line):
    """Passes on what comes to ``port``, but of each so many answers loses one and hangs up."""

    def __init__(self, target: tuple[str, int], *, every: int) -> None:
        self.every = every
        self.answers = 0
        self.lost = 0
        self._counting = threading.Lock()
        super().__init__(target)

    def lets(self, *, is_answer: bool, begins: bool) -> bool:
        if not is_answer:
            return True
        with self._counting:
            self.answers += 1
            is_lost = self.answers % self.every == 0
            self.lost += is_lost
        return not is_lost
