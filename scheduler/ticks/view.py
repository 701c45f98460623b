"""The signed URL: whoever holds the secret may ask for a tick, and for nothing else."""

from __future__ import annotations

from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseForbidden,
    HttpResponseNotAllowed,
    JsonResponse,
    UnreadablePostError,
)
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from scheduler import conf, signals
from scheduler.models import Schedule
from scheduler.ticks.admission import Refused, TooMany, admit
from scheduler.ticks.pulse import REST, pulse
from scheduler.ticks.ticker import ticker

LONGEST_BODY = 16 * 1024  # bytes; none is needed, but some cron services send one
UNDER_WAY, TOO_LARGE, TOO_MANY = 202, 413, 429


@never_cache
@csrf_exempt
def tick(request: HttpRequest) -> HttpResponse:
    """
    Tick, and answer 200 with what was done; 202 while another tick does it.

    404 without SCHEDULER["TICK_SECRET"], 405 for all but POST, 413 for a long body, 403 for a
    request that is not signed well or was sent before, 429 for too many.
    """
    request.is_tick = True  # type: ignore[attr-defined]  # TickMiddleware leaves it alone
    tuning = conf.tuning()
    if tuning.tick_secret is None:
        raise Http404("SCHEDULER['TICK_SECRET'] is not set.")
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    body = _body(request)
    if body is None:
        return HttpResponse(status=TOO_LARGE)
    try:
        admit(
            request.headers,
            method=request.method,
            path=request.get_full_path(),
            body=body,
            secrets=tuning.tick_secret,
            alias=conf.database(),
            rate=tuning.tick_rate,
        )
    except Refused as refused:
        signals.tick_refused.send_robust(sender=Schedule, why=str(refused))
        return HttpResponseForbidden()
    except TooMany as error:
        return HttpResponse(status=TOO_MANY, headers={"Retry-After": str(error.seconds)})
    return _ticked()


def _ticked() -> HttpResponse:
    report = ticker.tick()
    pulse.rest(REST)
    if report is None:
        return JsonResponse({"under_way": True}, status=UNDER_WAY)
    return JsonResponse(report.as_dict())


def _body(request: HttpRequest) -> bytes | None:
    """Return the body, or None if it is too long: no more of it is read than may be."""
    try:
        declared = int(request.headers.get("Content-Length") or 0)
        body: bytes = b"" if declared > LONGEST_BODY else request.read(LONGEST_BODY + 1)
    except (ValueError, UnreadablePostError):
        return None
    return None if max(declared, len(body)) > LONGEST_BODY else body
