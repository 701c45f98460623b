"""Addresses of the contact form and the inbox."""

from django.urls import path

from . import views

app_name = "contact"
urlpatterns = [
    path("", views.contact, name="contact"),
    path("inbox/", views.show_inbox, name="inbox"),
]
