"""How often somebody may come, counted in a cache of the site."""

from typing import Any, ClassVar

from django.core.cache import caches
from rest_framework.throttling import SimpleRateThrottle

from tasks_core import conf


class Rate(SimpleRateThrottle):  # type: ignore[misc]  # no types are published
    """So many requests in a while."""

    setting: ClassVar[str]

    def __init__(self) -> None:
        self.cache = caches[conf.get("HTTP_CACHE")]
        super().__init__()

    def get_rate(self) -> str | None:
        return conf.get(self.setting) or None

    def key(self, who: Any) -> str:
        return f"tasks_core.http:{self.setting}:{who}"


class OfUsers(Rate):
    setting = "HTTP_RATE"

    def get_cache_key(self, request: Any, view: Any) -> str | None:
        return self.key(request.user.pk) if request.user.is_authenticated else None


class OfStrangers(Rate):
    setting = "HTTP_STRANGERS_RATE"

    def get_cache_key(self, request: Any, view: Any) -> str | None:
        # Not what X-Forwarded-For says, which a stranger writes: a proxy's middleware reads that.
        who = request.META.get("REMOTE_ADDR")
        return None if request.user.is_authenticated else self.key(who)
