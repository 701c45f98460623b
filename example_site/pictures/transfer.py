"""
The way of a file from the local folder to the remote storage.

Safe to repeat at any point: the copy appears at the other side only when complete, the row says so
only after that, and the local file is deleted last.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from django.core.files.base import File
from django.core.files.storage import default_storage, storages
from django.utils import timezone

from .models import Rendition


class Metered(File):  # type: ignore[type-arg]
    """A file that tells how much of it has been read, chunk by chunk."""

    def __init__(self, file: Any, *, progress: Callable[[int], None]) -> None:
        super().__init__(file)
        self.progress = progress

    def chunks(self, chunk_size: int | None = None) -> Iterator[bytes]:
        done = 0
        for chunk in super().chunks(chunk_size):
            self.progress(done)  # what was handed out before is written now
            yield chunk
            done += len(chunk)
        self.progress(done)


def move(rendition: Rendition, *, tell: Callable[[int, int], None]) -> int:
    """Copy the file, note that it has moved, delete it here. Return its size in bytes."""
    if not rendition.moved_at:
        copy(rendition, tell=tell)
        Rendition.objects.filter(pk=rendition.pk).update(
            moved_at=timezone.now(), moved_bytes=rendition.size
        )
    default_storage.delete(rendition.name)
    return rendition.size


def copy(rendition: Rendition, *, tell: Callable[[int, int], None]) -> None:
    """Write the remote copy, unless a complete one is there already."""
    remote = storages["remote"]
    if remote.exists(rendition.name) and remote.size(rendition.name) == rendition.size:
        return
    row = Rendition.objects.filter(pk=rendition.pk)

    def moved(done: int) -> None:
        row.update(moved_bytes=done)  # for the page of the picture
        tell(done, rendition.size)  # for who looks at the job

    with default_storage.open(rendition.name) as local:
        content = Metered(local, progress=moved)
        remote.save(rendition.name, content)
