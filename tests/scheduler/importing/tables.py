"""Tables of other packages, for as long as a test lasts."""

from contextlib import contextmanager
from importlib import import_module

from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.db import connection
from django.test import override_settings


@contextmanager
def installed(app, *names):
    """Install ``app`` with the tables of these models of its own, and yield the models."""
    with override_settings(INSTALLED_APPS=[*settings.INSTALLED_APPS, app]):
        import_module(f"{app}.models")
        config = next(each for each in apps.get_app_configs() if each.name == app)
        models = [config.get_model(name) for name in names]
        with connection.schema_editor() as editor:
            for model in models:
                editor.create_model(model)
        try:
            yield models
        finally:
            with connection.schema_editor() as editor:
                for model in reversed(models):
                    editor.delete_model(model)
            for model in [
                each for each in admin.site._registry if each._meta.app_label == config.label
            ]:
                admin.site.unregister(model)
