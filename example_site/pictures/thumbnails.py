"""From one uploaded picture to files of several sizes in the local storage."""

from __future__ import annotations

import io
from dataclasses import dataclass

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from PIL import Image, ImageOps

from .models import Rendition

LONGEST_SIDE = {
    Rendition.Kind.SMALL: 320,
    Rendition.Kind.MEDIUM: 800,
    Rendition.Kind.LARGE: 1600,
}


@dataclass(frozen=True, kw_only=True)
class MadeFile:
    kind: str
    name: str
    width: int
    height: int
    size: int


def make(upload_name: str) -> list[MadeFile]:
    """Write the smaller files beside the upload. Return them, and the upload itself, as files."""
    with default_storage.open(upload_name) as upload:
        picture = Image.open(upload)
        original = MadeFile(
            kind=Rendition.Kind.ORIGINAL,
            name=upload_name,
            width=picture.width,
            height=picture.height,
            size=upload.size,
        )
        upright = ImageOps.exif_transpose(picture).convert("RGB")
    return [shrink(upright, upload_name, kind) for kind in LONGEST_SIDE] + [original]


def shrink(picture: Image.Image, upload_name: str, kind: Rendition.Kind) -> MadeFile:
    """Write ``picture`` with the longest side that ``kind`` stands for."""
    smaller = picture.copy()
    smaller.thumbnail((LONGEST_SIDE[kind], LONGEST_SIDE[kind]))
    content = io.BytesIO()
    smaller.save(content, "WEBP", quality=82)

    name = f"{upload_name.rsplit('.', 1)[0]}-{kind}.webp"
    default_storage.delete(name)  # left by an interrupted attempt
    default_storage.save(name, ContentFile(content.getvalue()))
    return MadeFile(
        kind=kind, name=name, width=smaller.width, height=smaller.height, size=content.tell()
    )
