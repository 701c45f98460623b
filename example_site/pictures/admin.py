"""Pictures in the admin, read-only: they are made by an upload and the jobs after it."""

from django.contrib import admin
from django.http import HttpRequest

from .models import Picture, Rendition


class RenditionInline(admin.TabularInline):
    model = Rendition
    extra = 0
    can_delete = False
    readonly_fields = ("kind", "name", "width", "height", "size", "moved_bytes", "moved_at")


@admin.register(Picture)
class PictureAdmin(admin.ModelAdmin):
    list_display = ("title", "state", "percent", "uploaded_at")
    readonly_fields = ("upload_name", "error")
    inlines = [RenditionInline]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False
