"""Addresses of the pictures."""

from django.urls import path

from . import views

app_name = "pictures"
urlpatterns = [
    path("", views.gallery, name="gallery"),
    path("upload/", views.upload, name="upload"),
    path("file/<int:pk>/", views.file, name="file"),
]
