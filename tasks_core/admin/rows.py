"""Rows that only the package writes, in the databases of every backend that keeps jobs."""

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from tasks_core import job_backends
from tasks_core.admin import elsewhere
from tasks_core.backends.database import DatabaseBackend
from tasks_core.backends.database.questions import indexed
from tasks_core.models import Job

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Any]
else:
    ModelAdmin = admin.ModelAdmin

BACKEND = "backend"


def backends() -> dict[str, DatabaseBackend]:
    """Return the backends that keep jobs, by alias; the default database's if there is none."""
    return job_backends.of_databases() or {"default": DatabaseBackend({})}


def chosen(request: HttpRequest) -> DatabaseBackend:
    """Return the backend that a page is about: the filter of the list, the first without one."""
    kept = parse_qs(request.GET.get("_changelist_filters", ""))
    alias = request.GET.get(BACKEND) or next(iter(kept.get(BACKEND, [])), "")
    known = backends()
    return known.get(alias) or next(iter(known.values()))


class BackendFilter(admin.SimpleListFilter):
    """Shown when jobs are kept in several databases."""

    title = _("backend")
    parameter_name = BACKEND

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        others = elsewhere.backends() if model_admin.model is Job else ()
        return [(alias, alias) for alias in (*backends(), *others)]

    def has_output(self) -> bool:
        return len(self.lookup_choices) > 1

    def choices(self, changelist: Any) -> Any:
        """Offer each backend, and no "all": one list reads one database."""
        first = str(self.lookup_choices[0][0])
        for number, choice in enumerate(super().choices(changelist)):
            if number:
                choice["selected"] |= self.value() is None and choice["display"] == first
                yield choice

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset  # it has its database already


class CountedPaginator(Paginator):  # type: ignore[type-arg]
    """Counts no further than anybody turns pages."""

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        return int(rows.order_by()[: indexed.COUNTED].count())


class ReadOnlyAdmin(ModelAdmin):
    """Rows that only the package writes."""

    show_full_result_count = False  # counting millions of rows is slower than showing a page
    paginator = CountedPaginator
    show_facets = admin.ShowFacets.NEVER  # the same, for each choice of each filter

    class Media:
        css = {"all": ("tasks_core/admin.css",)}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).using(chosen(request).database)

    def get_list_filter(self, request: HttpRequest) -> Any:
        return (BackendFilter, *super().get_list_filter(request))

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Any:
        """Find a row wherever it is: links from elsewhere name no backend."""
        try:
            pk = self.model._meta.pk.to_python(object_id)
        except (ValidationError, ValueError):
            return None
        first = chosen(request).database
        others = [each.database for each in backends().values() if each.database != first]
        found = (self.get_queryset(request).using(name).filter(pk=pk) for name in (first, *others))
        return next((row for rows in found for row in rows), None)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
