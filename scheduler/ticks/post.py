"""A signed tick that this site sends to itself, as WordPress does. It goes nowhere else."""

from __future__ import annotations

from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlsplit

from scheduler import conf
from scheduler.exceptions import SchedulerError
from scheduler.ticks.signing import path_of, signed_headers

TIMEOUT = 5.0  # seconds; the tick goes on when nobody waits for its answer any more
ERROR = 300  # the first status that is no answer to a tick: no redirection is followed
TOO_MANY = 429


class TickFailed(SchedulerError):
    """The site could not be asked to tick."""


def post() -> None:
    """Send a POST to SCHEDULER["TICK_URL"], whatever host a request was for. Raises TickFailed."""
    tuning = conf.tuning()
    if tuning.tick_secret is None or tuning.tick_url is None:
        raise TickFailed(
            "SCHEDULER['TICK_REQUESTS'] is 'fire-and-forget', which needs TICK_SECRET and TICK_URL."
        )
    headers = signed_headers(tuning.tick_secret[0], tuning.tick_url)
    try:
        status = _status(tuning.tick_url, headers)
    except TimeoutError:
        return  # it has been sent, or the next request tries again
    except (OSError, HTTPException) as error:
        raise TickFailed(f"No tick could be sent to {tuning.tick_url}: {error}") from error
    if status >= ERROR and status != TOO_MANY:
        raise TickFailed(
            f"{tuning.tick_url} answered a tick with {status}: SCHEDULER['TICK_URL'] must be the "
            "address at which scheduler.ticks.urls is mounted, and have the same TICK_SECRET."
        )


def _status(url: str, headers: dict[str, str]) -> int:
    parts = urlsplit(url)
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=TIMEOUT)
    try:
        connection.request("POST", path_of(url), headers=headers)
        return connection.getresponse().status
    finally:
        connection.close()
