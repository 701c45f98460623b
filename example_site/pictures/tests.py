"""An upload ends at the other side, whatever interrupts it."""

# ruff: noqa: PT009 - these are run by `manage.py test`

import io
import tempfile
from pathlib import Path

from django.contrib.auth import get_user_model
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage, storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import TestCase, override_settings
from django.urls import reverse
from PIL import Image

from tasks_core.models import Job
from tasks_core.testing import drain

from . import transfer
from .forms import UploadForm, store
from .models import Picture, Rendition


def unheard(done, total):
    """Nobody asks how far it is."""


def jpeg(size=(900, 600)):
    content = io.BytesIO()
    Image.new("RGB", size, "#246").save(content, "JPEG")
    return content.getvalue()


class PictureTests(TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        local, remote = Path(folder.name, "local"), Path(folder.name, "remote")
        changed = override_settings(
            STORAGES={
                "default": {
                    "BACKEND": "django.core.files.storage.FileSystemStorage",
                    "OPTIONS": {"location": local},
                },
                "remote": {
                    "BACKEND": "pictures.storage.SlowStorage",
                    "OPTIONS": {"location": str(remote), "seconds_per_chunk": 0},
                },
                "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
            }
        )
        changed.enable()
        self.addCleanup(changed.disable)

    def test_an_upload_ends_as_four_files_in_the_remote_storage(self):
        self.client.force_login(get_user_model().objects.create_superuser("admin"))
        file = SimpleUploadedFile("../evil name.jpg", jpeg(), "image/jpeg")

        self.client.post(reverse("pictures:upload"), {"title": "Sea", "file": file})
        drain()

        picture = Picture.objects.get()
        self.assertEqual((picture.state, picture.percent), ("remote", 100))
        self.assertEqual(picture.renditions.count(), 4)
        for rendition in picture.renditions.all():
            self.assertTrue(storages["remote"].exists(rendition.name))
            self.assertFalse(default_storage.exists(rendition.name))
            self.assertEqual(self.client.get(rendition.get_absolute_url()).status_code, 200)
        for job in Job.objects.filter(task="pictures.tasks.move_to_remote"):
            self.assertEqual(job.concurrency_key, "remote storage")
            self.assertEqual(job.progress_done, job.progress_total)

    def test_moving_again_changes_nothing(self):
        store(ContentFile(jpeg(), name="a.jpg"), title="Sea", suffix="jpeg")
        drain()
        rendition = Rendition.objects.first()
        moved_at = rendition.moved_at

        transfer.move(rendition, tell=unheard)

        rendition.refresh_from_db()
        self.assertEqual(rendition.moved_at, moved_at)

    def test_a_transfer_that_broke_off_is_simply_done_again(self):
        store(ContentFile(jpeg(), name="a.jpg"), title="Sea", suffix="jpeg")
        drain()
        rendition = Rendition.objects.first()
        # As after a crash between the remote copy and the row: half a file, nothing noted.
        default_storage.save(rendition.name, storages["remote"].open(rendition.name))
        Path(storages["remote"].path(rendition.name)).write_bytes(b"half")
        Rendition.objects.filter(pk=rendition.pk).update(moved_at=None, moved_bytes=4)
        rendition.refresh_from_db()

        transfer.move(rendition, tell=unheard)

        self.assertEqual(storages["remote"].size(rendition.name), rendition.size)
        self.assertFalse(default_storage.exists(rendition.name))

    def test_what_is_no_picture_is_refused_by_the_form(self):
        file = SimpleUploadedFile("a.jpg", b"no picture", "image/jpeg")

        form = UploadForm({"title": "Sea"}, {"file": file})

        self.assertFalse(form.is_valid())
