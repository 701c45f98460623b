"""The app ``tasks_core.contrib.mail``: it has a table."""

from django.apps import AppConfig, apps
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _


class QueuedMailConfig(AppConfig):
    name = "tasks_core.contrib.mail"
    label = "tasks_core_mail"
    verbose_name = _("Queued mail")
    runs_only_declared_tasks = True  # its functions are no tasks for a writer of the store
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        if not apps.is_installed("tasks_core"):  # whose checks would have said so
            raise ImproperlyConfigured(
                'tasks_core.contrib.mail needs "tasks_core" in INSTALLED_APPS.'
            )
