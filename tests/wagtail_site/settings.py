"""Settings of a small Wagtail site, whose hooks run in the background."""

from __future__ import annotations

import json
import os

from tests import services

# A child process of a test uses the test database, which exists already.
NAME = os.environ.get("TEST_DATABASE_NAME") or services.folder() / "wagtail.sqlite3"
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": NAME,
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL",
        },
        "TEST": {"NAME": services.folder() / "test_wagtail.sqlite3"},
    }
}
INSTALLED_APPS = [
    "tests.wagtail_site.home",
    "tasks_core",
    "wagtail.contrib.settings",
    "wagtail.embeds",
    "wagtail.sites",
    "wagtail.users",
    "wagtail.snippets",
    "wagtail.documents",
    "wagtail.images",
    "wagtail.search",
    "wagtail.admin",
    "wagtail",
    "modelcluster",
    "taggit",
    "django_filters",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]
SECRET_KEY = "tests"
ROOT_URLCONF = "tests.wagtail_site.urls"
STATIC_URL = "static/"
MEDIA_ROOT = services.folder() / "wagtail-media"
ALLOWED_HOSTS = ["*"]
USE_TZ = True
TIME_ZONE = "UTC"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

WAGTAIL_SITE_NAME = "Tea"
WAGTAILADMIN_BASE_URL = "http://localhost"
WAGTAIL_ENABLE_UPDATE_CHECK = False
# The hooks of the site do what Wagtail would do in the request.
WAGTAILSEARCH_BACKENDS = {
    "default": {"BACKEND": "wagtail.search.backends.database", "AUTO_UPDATE": False}
}

JOBS = {
    "default": {"BACKEND": "tasks_core.backends.database.DatabaseBackend"},
    "immediate": {"BACKEND": "tasks_core.backends.immediate.ImmediateBackend"},
}
# What Wagtail itself does in tasks goes to the same queue.
TASKS = {"default": {"BACKEND": "tasks_core.contrib.django_tasks.TasksBackend", "QUEUES": []}}

# What one run wants otherwise, as JSON.
globals().update(json.loads(os.environ.get("TEST_EXTRA_SETTINGS", "{}")))
