"""A folder that behaves like a storage on the other side of the world."""

from __future__ import annotations

import time
import uuid
from pathlib import Path
from typing import Any

from django.core.files.base import File
from django.core.files.storage import FileSystemStorage


class SlowStorage(FileSystemStorage):
    """
    Keep files in a folder, and take a while for each chunk that is saved.

    As with a real object store, a file appears under its name only when all of it has arrived, and
    saving it again replaces it: a job that was interrupted can simply be run again.
    """

    def __init__(
        self, *, location: str, seconds_per_chunk: float = 0.1, chunk_size: int = 16 * 1024
    ) -> None:
        super().__init__(location=location)
        self.seconds_per_chunk = seconds_per_chunk
        self.chunk_size = chunk_size

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        return name  # the same name is the same file; never a second copy under another name

    def _save(self, name: str, content: File[Any]) -> str:
        target = Path(self.path(name))
        target.parent.mkdir(parents=True, exist_ok=True)
        unfinished = target.with_name(f"{target.name}.{uuid.uuid4().hex}.part")
        with unfinished.open("wb") as copy:
            for chunk in content.chunks(self.chunk_size):
                time.sleep(self.seconds_per_chunk)
                copy.write(chunk)
        unfinished.replace(target)
        return name
