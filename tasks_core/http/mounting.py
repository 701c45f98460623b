"""The addresses of an API: its views, its document, and a refusal for every other address."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.http import Http404
from django.urls import URLPattern, path, re_path

from tasks_core.exceptions import MissingExtra

try:
    import pydantic  # noqa: F401 - asked for here, where the whole of it begins
    import rest_framework  # noqa: F401
except ImportError as _error:
    raise MissingExtra(_error.name or "it", extra="http") from None
if not apps.is_installed("tasks_core.http"):
    raise ImproperlyConfigured(
        'The API needs its table: add "tasks_core.http" to INSTALLED_APPS and migrate.'
    )

from tasks_core.http.document import NAME, DocumentView
from tasks_core.http.door import Door


class Nowhere(Door):
    """Whatever else there is not, said as the API says it."""

    def initial(self, request: Any, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        raise Http404("There is nothing at this address; openapi.json tells what there is.")


def mounted(title: str, views: Mapping[str, tuple[str, type[Door]]]) -> list[URLPattern]:
    """Return the patterns of these views by address, each with its name."""
    found = [path(route, view.as_view(), name=name) for route, (name, view) in views.items()]
    document = path(NAME, DocumentView.as_view(urls=found, title=title), name="document")
    nowhere = re_path(r"^[\s\S]*$", Nowhere.as_view())
    with_slashes = [each for known in (document, *found) for each in _with_slash(known)]
    return [*with_slashes, nowhere]


def _with_slash(known: URLPattern) -> list[URLPattern]:
    """Return the pattern, and one with a slash: redirected to it, a POST would lose its body."""
    route = str(known.pattern)
    return [known, path(f"{route}/", known.callback)] if route else [known]
