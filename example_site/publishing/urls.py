"""Addresses of the articles."""

from django.urls import path

from . import views

app_name = "publishing"
urlpatterns = [
    path("", views.articles, name="articles"),
    path("feed.xml", views.atom, name="feed"),
    path("write/", views.write, name="write"),
    path("<slug:slug>/", views.article, name="article"),
    path("<slug:slug>/change/", views.write, name="change"),
    path("<slug:slug>/publish-now/", views.publish_now, name="publish-now"),
]
