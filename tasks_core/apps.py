"""The app ``tasks_core``."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TasksCoreConfig(AppConfig):
    name = "tasks_core"
    label = "tasks_core"
    verbose_name = _("Background jobs")
    runs_only_declared_tasks = True  # our own functions are no tasks for a writer of the store
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from tasks_core import checks, registry, signals  # noqa: F401 - they register themselves

        registry.autodiscover()
