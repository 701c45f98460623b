"""The end of what is written, however much that is."""

from __future__ import annotations

from io import TextIOBase


class Tail(TextIOBase):
    """A text file that keeps the last ``most`` characters in ``text``, and forgets the others."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.most = most
        self.text = ""

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        self.text = (self.text + text)[-self.most :]
        return len(text)
