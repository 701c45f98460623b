"""A form for everybody, an inbox for the editors."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.admin.views.decorators import staff_member_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from . import inbox
from .forms import ContactForm
from .models import Message


def contact(request: HttpRequest) -> HttpResponse:
    form = ContactForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, "Thank you. Your message is on its way.")
        return redirect("contact:contact")
    return render(request, "contact/contact.html", {"form": form})


@staff_member_required(login_url="admin:login")
def show_inbox(request: HttpRequest) -> HttpResponse:
    waiting = Message.objects.filter(sent_at__isnull=True)
    return render(request, "contact/inbox.html", {"mails": inbox.newest(), "waiting": waiting})
