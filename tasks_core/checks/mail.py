"""Checks of the queue of mail, where EMAIL_BACKEND or MAILERS names it."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core import mail
from django.core.checks import CheckMessage, Error, register
from django.utils.module_loading import import_string

from tasks_core.checks.settings import TAG

APP = "tasks_core.contrib.mail"
QUEUED = f"{APP}.QueuedEmailBackend"


@register(TAG)
def check_queued_mail(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """E045: mail is queued without its app. E046: QUEUED_EMAIL, or a mailer, is wrong."""
    queues = [alias for alias, mailer in _mailers().items() if mailer.get("BACKEND") == QUEUED]
    return [*_missing_app(), *_wrong(queues)] if queues or _is_default() else []


def _is_default() -> bool:
    # Where MAILERS is set Django 6.1 has no other setting, and it warns of who reads one.
    told: Any = settings
    has_mailers = hasattr(mail, "mailers") and hasattr(told, "MAILERS")
    has_one = not has_mailers and told.is_overridden("EMAIL_BACKEND")
    return has_one and bool(told.EMAIL_BACKEND == QUEUED)


def _mailers() -> dict[str, Mapping[str, Any]]:
    told = getattr(settings, "MAILERS", None) if hasattr(mail, "mailers") else None
    named = told.items() if isinstance(told, Mapping) else ()
    return {alias: mailer for alias, mailer in named if isinstance(mailer, Mapping)}


def _missing_app() -> Iterator[CheckMessage]:
    if not apps.is_installed(APP):
        yield Error(
            "Mail is queued, and there is no table for it: its app is not installed.",
            hint=f'INSTALLED_APPS += ["{APP}"], then manage.py migrate.',
            id="tasks_core.E045",
        )


def _wrong(queues: list[str]) -> Iterator[CheckMessage]:
    from tasks_core.contrib.mail import conf

    told = getattr(settings, "QUEUED_EMAIL", None) or {}
    problems = list(conf.problems(told))
    mailers = _mailers()
    for alias in queues:
        name = (mailers[alias].get("OPTIONS") or {}).get("mailer")
        if name is None:
            problems.append(f"MAILERS[{alias!r}]: {conf.WHICH_MAILER}")
        elif name not in mailers or name in queues:
            problems.append(f"MAILERS[{alias!r}]: the mailer {name!r} must be one that sends.")
    if not problems:
        problems += _missing(conf.get()["BACKEND"])
    for problem in problems:
        yield Error(problem, hint="See docs/howto/mail.", id="tasks_core.E046")


def _missing(path: str) -> list[str]:
    try:
        import_string(path)
    except ImportError as error:
        return [f'QUEUED_EMAIL["BACKEND"]: {error}']
    return []
