"""Tasks in the admin as django-background-tasks shows them, to be subclassed as there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import F, QuerySet
from django.http import HttpRequest

from scheduler.contrib.background_task.models import CompletedTask, Task

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Any]
else:
    ModelAdmin = admin.ModelAdmin  # generic in the stubs only

COLUMNS: list[Any] = [
    *("task_name", "task_params", "run_at", "priority", "attempts"),
    *("has_error", "locked_by", "locked_by_pid_running"),
]
SEARCHED = ["task_name", "task_params"]


@admin.action(description="priority += 1", permissions=["change"])
def inc_priority(modeladmin: Any, request: HttpRequest, queryset: QuerySet[Task]) -> None:
    queryset.update(priority=F("priority") + 1)


@admin.action(description="priority -= 1", permissions=["change"])
def dec_priority(modeladmin: Any, request: HttpRequest, queryset: QuerySet[Task]) -> None:
    queryset.update(priority=F("priority") - 1)


ACTIONS: list[Any] = [inc_priority, dec_priority]


@admin.register(Task)
class TaskAdmin(ModelAdmin):
    show_full_result_count = False
    search_fields = SEARCHED
    list_display = COLUMNS
    actions = ACTIONS


@admin.register(CompletedTask)
class CompletedTaskAdmin(ModelAdmin):
    show_full_result_count = False
    search_fields = SEARCHED
    list_display = COLUMNS

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # it has ended
