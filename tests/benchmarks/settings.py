"""Django settings of whichever product the stage names."""

from typing import Any

from tests.benchmarks import stage
from tests.benchmarks.peers import peer_named

_peer = peer_named(stage.PEER)

SECRET_KEY = "bench"
USE_TZ = True
TIME_ZONE = "UTC"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS: list[str] = []
# As shipped Django reconnects for each request, and some workers for each job.
DATABASES: dict[str, Any] = {}
if _peer.is_django:
    DATABASES = stage.databases(**({"CONN_MAX_AGE": None} if _peer.is_best else {}))
if _peer.is_best:
    LOGGING = {"version": 1, "disable_existing_loggers": False, "root": {"level": "WARNING"}}
globals().update(_peer.settings())
