"""
Settings of the test project.

Which database: TEST_DB = sqlite (default), postgres or mysql, or a DATABASE_URL. Servers are
started here, on import, and their URLs exported: pytest-django reads settings before any hook
of conftest.py runs, and parallel workers and child processes inherit the environment.
"""

from __future__ import annotations

import json
import os
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured
from django.utils.functional import lazy

from tests import services

TEST_DB = os.environ.setdefault(
    "TEST_DB",
    {"postgresql": "postgres", "mariadb": "mysql", "": "sqlite"}.get(
        scheme := urlsplit(os.environ.get("DATABASE_URL", "")).scheme, scheme
    ),
)


def sqlite(name: str) -> dict[str, Any]:
    """A file, not memory: threads and child processes share it."""
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": services.folder() / f"{name}.sqlite3",
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL",
        },
        "TEST": {"NAME": services.folder() / f"test_{name}.sqlite3"},
    }


def postgres() -> dict[str, Any]:
    return services.database(services.postgres_url()) | {"TEST": {"NAME": f"test_tasks_{RUN}"}}


def mysql() -> dict[str, Any]:
    url = services.mysql_url()
    if url is None:
        raise ImproperlyConfigured(
            "TEST_DB=mysql was asked for, but MYSQL_URL is not set "
            "and nothing listens on 127.0.0.1:3306."
        )
    import pymysql

    pymysql.install_as_MySQLdb()  # pure Python, so the tests need no compiler
    return services.database(url) | {
        "OPTIONS": {"charset": "utf8mb4", "isolation_level": "read committed"},
        "TEST": {"NAME": f"test_tasks_{RUN}", "CHARSET": "utf8mb4"},
    }


# Two runs at once on one server must not drop each other's database.
RUN = os.environ.setdefault("TEST_RUN", str(os.getpid()))
DATABASES = {
    "default": {"sqlite": lambda: sqlite("default"), "postgres": postgres, "mysql": mysql}[
        TEST_DB
    ](),
    "queue": sqlite("queue"),
}
# A child process of a test uses the test database, which exists already.
for alias, variable in {
    "default": "TEST_DATABASE_NAME",
    "queue": "TEST_QUEUE_DATABASE_NAME",
}.items():
    if variable in os.environ:
        DATABASES[alias]["NAME"] = os.environ[variable]

if TEST_DB == "postgres":
    CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": services.redis_url(),
            "KEY_PREFIX": RUN,
        }
    }

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.admin",
    "django.contrib.staticfiles",
    "tasks_core",
    "tasks_core.contrib.mail",
    "tasks_core.http",
    "scheduler",
    "scheduler.contrib.background_task",
    "tests.app",
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
ROOT_URLCONF = "tests.urls"
STATIC_URL = "static/"
ALLOWED_HOSTS = ["*"]
USE_TZ = True
TIME_ZONE = "UTC"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

JOBS = {
    "default": {"BACKEND": "tasks_core.backends.database.DatabaseBackend"},
    "queue": {
        "BACKEND": "tasks_core.backends.database.DatabaseBackend",
        "OPTIONS": {"database": "queue"},
    },
    "immediate": {"BACKEND": "tasks_core.backends.immediate.ImmediateBackend"},
    "dummy": {"BACKEND": "tasks_core.backends.dummy.DummyBackend"},
    "redis": {
        "BACKEND": "tasks_core.backends.redis.RedisBackend",
        # One server for all parallel test processes; a child has the keys of its parent.
        "OPTIONS": {
            "on_commit": False,  # in the transaction of a TestCase nothing is ever committed
            "url": lazy(services.redis_url, str)(),  # started when somebody asks it something
            "prefix": f"tests-{RUN}-{os.environ.get('PYTEST_XDIST_WORKER', 'main')}",
        },
    },
}

# They serve no pages, and there are hundreds of them: none collects the forms of the admin.
if "TEST_DATABASE_NAME" in os.environ:
    INSTALLED_APPS[INSTALLED_APPS.index("django.contrib.admin")] += ".apps.SimpleAdminConfig"

# What one test wants otherwise in its child processes, as JSON: {"SCHEDULE": {…}, …}.
globals().update(json.loads(os.environ.get("TEST_EXTRA_SETTINGS", "{}")))

# Background tasks are rows beside the schedules: a child whose jobs are elsewhere has none.
if JOBS.get("default", JOBS) != {"BACKEND": "tasks_core.backends.database.DatabaseBackend"}:
    INSTALLED_APPS = [app for app in INSTALLED_APPS if not app.endswith(".background_task")]
