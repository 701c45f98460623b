"""The app ``tasks_core.contrib.mail``: it has a table."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class QueuedMailConfig(AppConfig):
    name = "tasks_core.contrib.mail"
    label = "tasks_core_mail"
    verbose_name = _("Queued mail")
    runs_only_declared_tasks = True  # its functions are no tasks for a writer of the store
    default_auto_field = "django.db.models.BigAutoField"
