"""The contact form: the message and its job are stored together, the mail leaves later."""

from __future__ import annotations

from django import forms
from django.db import transaction

from tasks_core import background

from .models import Message
from .tasks import send_message


class ContactForm(forms.ModelForm):
    class Meta:
        model = Message
        fields = ("name", "email", "subject", "text", "refusals")
        widgets = {"text": forms.Textarea(attrs={"rows": 6})}

    def clean_name(self) -> str:
        return one_line(self.cleaned_data["name"])

    def clean_subject(self) -> str:
        return one_line(self.cleaned_data["subject"])

    @transaction.atomic
    def save(self, *, commit: bool = True) -> Message:
        message = super().save()
        background.enqueue(send_message, args=[message.pk], label=message.subject[:60])
        return message


def one_line(text: str) -> str:
    """Return ``text`` as the header of a mail may have it."""
    return " ".join(text.split())
