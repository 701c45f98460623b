"""
Settings of the example site: everything that differs between machines comes from the environment.

Copy ``.env.example`` to ``.env`` to change something; without it the site runs on SQLite.
"""

from pathlib import Path
from typing import Any

import environ

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()
env.read_env(BASE_DIR / ".env")

DATA_DIR = Path(env.str("DATA_DIR", default=str(BASE_DIR / "var"))).resolve()
DATA_DIR.mkdir(parents=True, exist_ok=True)

DEBUG = env.bool("DEBUG", default=True)
SECRET_KEY = env.str("SECRET_KEY", default="only-for-the-demo" if DEBUG else environ.Env.NOTSET)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "tasks_core",
    "scheduler",  # opt-in: without it, jobs can be enqueued and deferred, but nothing is periodic
    "frontpage",
    "publishing",
    "contact",
    "pictures",
    "housekeeping",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.middleware.content_security_policy",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

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
    },
]

# --- Database -----------------------------------------------------------------------------------

DATABASES: dict[str, dict[str, Any]] = {
    "default": env.db("DATABASE_URL", default=f"sqlite:///{DATA_DIR / 'site.sqlite3'}")
}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # The web, the worker and the scheduler write at the same time: a writer takes its lock at the
    # start of the transaction and waits for its turn; readers never wait.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL",
    }
    # Tests use a file, too: a backup is made by a second connection.
    DATABASES["default"]["TEST"] = {"NAME": DATA_DIR / "test.sqlite3"}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

if env.str("REDIS_URL", default=""):
    CACHES = {"default": env.cache("REDIS_URL")}

# --- Jobs and schedules --------------------------------------------------------------------------

JOBS = {"BACKEND": "tasks_core.backends.database.DatabaseBackend", "OPTIONS": {}}

SCHEDULE = {
    "nightly-backup": {
        "task": "housekeeping.tasks.backup",
        "cron": "30 2 * * *",
        "timezone": "Europe/London",
        "kwargs": {"keep": 7},
        "catch_up": "latest",
        "overlap": "skip",
    },
    "revision-clean-up": {
        "task": "housekeeping.tasks.clean_up_revisions",
        "cron": "15 3 * * *",
        "timezone": "Europe/London",
        "kwargs": {"keep": 5},
    },
    "session-clean-up": {"task": "housekeeping.tasks.clean_up_sessions", "cron": "@daily"},
}

# --- Pictures: uploaded to a local folder, moved in the background to a slow storage -------------

STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": DATA_DIR / "uploads", "base_url": None},
    },
    "remote": {
        "BACKEND": env.str("REMOTE_STORAGE", default="pictures.storage.SlowStorage"),
        "OPTIONS": env.json(
            "REMOTE_STORAGE_OPTIONS", default={"location": str(DATA_DIR / "remote")}
        ),
    },
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
STATIC_URL = "static/"
STATIC_ROOT = DATA_DIR / "static"
STATIC_ROOT.mkdir(exist_ok=True)

# --- Mail ----------------------------------------------------------------------------------------

# Mail goes to files, and the inbox page shows them; MAIL_BACKEND=…console.EmailBackend prints it.
EMAIL_BACKEND = env.str("MAIL_BACKEND", default="django.core.mail.backends.filebased.EmailBackend")
EMAIL_FILE_PATH = DATA_DIR / "mail"
DEFAULT_FROM_EMAIL = "The Lighthouse <desk@lighthouse.example>"
EDITORS = ["editor@lighthouse.example"]

# --- The rest ------------------------------------------------------------------------------------

LANGUAGE_CODE = "en-gb"
TIME_ZONE = env.str("TIME_ZONE", default="UTC")
USE_TZ = True
LOGIN_URL = "admin:login"
CONTENT_SECURITY_POLICY = "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'"

# The task of the schedule "pulse" fails: to see retries, and that `demo --seconds` notices it.
BREAK_PULSE = env.bool("BREAK_PULSE", default=False)

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        "tasks_core": {"level": "INFO"},
        "scheduler": {"level": "INFO"},
        "django.server": {"level": "WARNING"},  # the first page asks once a second
    },
}
