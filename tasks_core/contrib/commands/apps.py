"""The app ``tasks_core.contrib.commands``."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CommandsConfig(AppConfig):
    name = "tasks_core.contrib.commands"
    label = "tasks_core_commands"
    verbose_name = _("Management commands as jobs")
    runs_only_declared_tasks = True
