"""What happens to a picture after its upload: smaller copies first, then the long way."""

from __future__ import annotations

from django.db import transaction
from PIL import UnidentifiedImageError

from tasks_core import JobContext, background, task

from . import thumbnails, transfer
from .models import Picture, Rendition


@task
def make_thumbnails(picture_id: int, upload_name: str) -> list[str]:
    """Make the sizes of one upload, then enqueue the transfer of each file."""
    picture = Picture.objects.get(pk=picture_id)
    try:
        made = thumbnails.make(upload_name)
    except (UnidentifiedImageError, OSError) as error:
        Picture.objects.filter(pk=picture_id).update(error=str(error)[:200])
        raise
    with transaction.atomic():  # all rows with all their jobs, or nothing
        Picture.objects.filter(pk=picture_id).update(error="")
        for file in made:
            enqueue_transfer(picture, file)
    return [file.name for file in made]


def enqueue_transfer(picture: Picture, file: thumbnails.MadeFile) -> None:
    """Store one file and the job that moves it, once."""
    values = {
        "name": file.name,
        "width": file.width,
        "height": file.height,
        "size": file.size,
    }
    rendition, is_new = Rendition.objects.get_or_create(
        picture=picture, kind=file.kind, defaults=values
    )
    if is_new:
        label = f"{picture.title[:40]}, {file.kind}"
        background.enqueue(move_to_remote, args=[rendition.pk], label=label)


# The remote storage is slow: three files at once at most, however many workers there are.
@task(takes_context=True, concurrency=("remote storage", 3))
def move_to_remote(context: JobContext, rendition_id: int) -> int:
    """Move one file to the remote storage, and tell how far it is. Return its size in bytes."""
    return transfer.move(Rendition.objects.get(pk=rendition_id), tell=context.progress)
