"""Messages in the admin."""

from django.contrib import admin

from .models import Message


@admin.register(Message)
class MessageAdmin(admin.ModelAdmin):
    list_display = ("subject", "name", "written_at", "sent_at")
    readonly_fields = ("sent_at",)
