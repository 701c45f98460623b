"""The app ``scheduler.contrib.background_task``; its label is no other package's."""

from django.apps import AppConfig, apps
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _


class BackgroundTaskConfig(AppConfig):
    name = "scheduler.contrib.background_task"
    label = "tasks_background_task"
    verbose_name = _("Background tasks")
    runs_only_declared_tasks = True
    default_auto_field = "django.db.models.BigAutoField"

    def import_models(self) -> None:
        for needed in ("tasks_core", "scheduler"):
            if not apps.is_installed(needed):
                raise ImproperlyConfigured(
                    f"{self.name} needs the app {needed!r}: INSTALLED_APPS += "
                    '["tasks_core", "scheduler", "scheduler.contrib.background_task"].'
                )
        super().import_models()

    def ready(self) -> None:
        from scheduler.contrib.background_task import checks, receivers  # noqa: F401  they register
