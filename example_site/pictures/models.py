"""Pictures, and the files made from each of them."""

from __future__ import annotations

from django.core.files.storage import storages
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _


class Picture(models.Model):
    title = models.CharField(max_length=120)
    # Where the upload lies in the local storage: what a job is told instead of the file itself.
    upload_name = models.CharField(max_length=200, unique=True, editable=False)
    error = models.CharField(max_length=200, blank=True, editable=False)
    uploaded_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-uploaded_at", "-pk"]

    def __str__(self) -> str:
        return self.title

    @property
    def state(self) -> str:
        copies = list(self.renditions.all())
        if self.error:
            return "refused"
        if not copies:
            return "uploaded"
        return "remote" if all(copy.moved_at for copy in copies) else "moving"

    @property
    def percent(self) -> int:
        """How much of it has reached the remote storage."""
        copies = list(self.renditions.all())
        size = sum(copy.size for copy in copies)
        return 100 * sum(copy.moved_bytes for copy in copies) // size if size else 0

    @property
    def preview(self) -> Rendition | None:
        return next((copy for copy in self.renditions.all() if copy.kind == "small"), None)


class Rendition(models.Model):
    """One size of a picture: a file in the local storage until it has moved to the remote one."""

    class Kind(models.TextChoices):
        SMALL = "small", _("Small")
        MEDIUM = "medium", _("Medium")
        LARGE = "large", _("Large")
        ORIGINAL = "original", _("Original")

    picture = models.ForeignKey(Picture, on_delete=models.CASCADE, related_name="renditions")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    name = models.CharField(max_length=200)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    size = models.PositiveIntegerField(help_text=_("bytes"))
    moved_bytes = models.PositiveIntegerField(default=0)
    moved_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["width", "pk"]
        constraints = [
            models.UniqueConstraint(name="one_rendition_of_a_kind", fields=["picture", "kind"])
        ]

    def __str__(self) -> str:
        return f"{self.picture_id} {self.kind}"

    def get_absolute_url(self) -> str:
        return reverse("pictures:file", args=[self.pk])

    def open(self):  # type: ignore[no-untyped-def]
        """Open the file where it lies now."""
        return storages["remote" if self.moved_at else "default"].open(self.name)
