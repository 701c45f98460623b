"""The site and the callers of the jobs' API."""

from tests.tasks_core.http.conftest import ada, api_site, eve, stranger  # noqa: F401 - fixtures
