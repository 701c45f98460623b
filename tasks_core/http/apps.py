"""The app ``tasks_core.http``."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class HTTPConfig(AppConfig):
    name = "tasks_core.http"
    label = "tasks_core_http"
    verbose_name = _("Background jobs over HTTP")
    runs_only_declared_tasks = True  # our own functions are no tasks for a writer of the store
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from tasks_core.http import checks  # noqa: F401 - they register themselves
