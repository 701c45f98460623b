"""Models of a project that refer to tasks, which have no table."""

import pytest
from django.apps import apps
from django.db import connection, models
from django.test.utils import isolate_apps

from scheduler.contrib.background_task.checks import check_relations
from scheduler.contrib.background_task.models import CompletedTask, Task
from tests.scheduler.background_task.places import legacy_mail, legacy_note

KINDS = [
    lambda: models.ForeignKey(Task, models.CASCADE, related_name="+"),
    lambda: models.ForeignKey(CompletedTask, models.SET_NULL, null=True, related_name="+"),
    lambda: models.OneToOneField(Task, models.CASCADE, related_name="+"),
    lambda: models.OneToOneField(Task, models.DO_NOTHING, related_name="+"),
    lambda: models.ForeignKey(Task, models.CASCADE, db_constraint=False, related_name="+"),
    lambda: models.ManyToManyField(Task, related_name="+"),
]
LOOSE = {"on_delete": models.DO_NOTHING, "db_constraint": False, "related_name": "+"}


@pytest.fixture
def told(monkeypatch):
    """Make a model, and return it with what the check says of it alone."""

    def tell(**fields):
        with isolate_apps("tests.app", "scheduler.contrib.background_task") as isolated:
            for model in (Task, CompletedTask):
                isolated.register_model(model._meta.app_label, model)
            made = type("Page", (models.Model,), {"__module__": "tests.app.models", **fields})
            isolated.models_ready = True
            monkeypatch.setattr(apps, "get_models", isolated.get_models)
            return made, check_relations()

    return tell


@pytest.mark.parametrize("kind", KINDS)
def test_one_that_needs_a_table_is_refused(told, kind):
    _made, [error] = told(task=kind())

    assert error.id == "tasks_background_task.E002"
    assert str(error).startswith("app.Page.task: (tasks_background_task.E002) It refers to ")
    assert "UUIDField" in error.hint


@pytest.mark.parametrize(
    "fields",
    [
        {"task": models.UUIDField()},
        {"task": models.ForeignKey(Task, **LOOSE)},
        {"tasks": models.ManyToManyField(Task, db_constraint=False, related_name="+")},
        {
            "task": models.ForeignKey(Task, models.CASCADE, related_name="+"),
            "Meta": type("Meta", (), {"managed": False}),
        },
    ],
)
def test_one_that_needs_none_is_not(told, fields):
    _made, messages = told(**fields)

    assert messages == []


@pytest.mark.django_db(transaction=True)
def test_what_is_not_refused_works(told):
    model, _messages = told(
        task=models.OneToOneField(Task, **LOOSE, null=True),
        tasks=models.ManyToManyField(Task, db_constraint=False, related_name="+"),
    )
    with connection.schema_editor() as editor:
        editor.create_model(model)
    try:
        tea, mail = legacy_note("tea"), legacy_mail("ada@example.com")

        page = model.objects.create(task=tea)
        page.tasks.set([tea, mail])

        assert model.objects.get().task == tea
        assert set(model.objects.get().tasks.filter(queue="legacy_mail")) == {mail}
        assert model.objects.filter(task__in=Task.objects.filter(queue=None)).get() == page
        assert model.objects.filter(task=mail).first() is None
        tea.delete()
        with pytest.raises(Task.DoesNotExist):
            model.objects.get().task  # noqa: B018
    finally:
        with connection.schema_editor() as editor:
            editor.delete_model(model)
