"""
The upload form.

An ``UploadedFile`` is no JSON and lives no longer than its request: the file is saved locally
first, and the job is given its name.
"""

from __future__ import annotations

import uuid

from django import forms
from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import transaction

from tasks_core import background

from .models import Picture
from .tasks import make_thumbnails

LARGEST_UPLOAD = 12 * 1024 * 1024


class UploadForm(forms.ModelForm):
    file = forms.ImageField(help_text="JPEG, PNG or WebP, up to 12 MB.")

    class Meta:
        model = Picture
        fields = ("title",)

    def clean_file(self) -> File[bytes]:
        file: File[bytes] = self.cleaned_data["file"]
        if file.size > LARGEST_UPLOAD:
            raise forms.ValidationError("This picture is larger than 12 MB.")
        return file

    def save(self, *, commit: bool = True) -> Picture:
        file = self.cleaned_data["file"]
        return store(file, title=self.cleaned_data["title"], suffix=file.image.format.lower())


def store(file: File[bytes], *, title: str, suffix: str) -> Picture:
    """Save ``file`` locally and enqueue its thumbnails; row and job in one transaction."""
    # The name is ours, never the visitor's: it becomes a path here and at the other side.
    name = default_storage.save(f"{uuid.uuid4().hex}.{suffix}", file)
    with transaction.atomic():
        picture = Picture.objects.create(title=title, upload_name=name)
        background.enqueue(make_thumbnails, args=[picture.pk, name], label=title[:60])
    return picture
