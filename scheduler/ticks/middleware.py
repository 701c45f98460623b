"""Requests that make the schedules of a site go on, where nothing else does."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.core.exceptions import MiddlewareNotUsed
from django.db import transaction
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from scheduler import conf
from tasks_core.signals import job_enqueued


class TickMiddleware:
    """
    Looks after a response, when it is time to, whether something is due, and ticks if so.

    Put it first in MIDDLEWARE. The response has been sent by then, and the tick is done in a
    thread of its own, so no request waits for it. See SCHEDULER["TICK_REQUESTS"].
    """

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        tuning = conf.tuning()
        if tuning.tick_requests is None:
            raise MiddlewareNotUsed("SCHEDULER['TICK_REQUESTS'] is None.")
        from scheduler.ticks.pulse import pulse

        self.pulse = pulse
        self.get_response = get_response
        self.is_async = iscoroutinefunction(get_response)
        if self.is_async:
            markcoroutinefunction(self)
        if tuning.tick_jobs:
            job_enqueued.connect(self.look_soon)

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        if self.is_async:
            return self.__acall__(request)
        response: HttpResponseBase = self.get_response(request)
        if self.pulse.is_time():
            self.tick_after(response, request)
        return response

    async def __acall__(self, request: HttpRequest) -> HttpResponseBase:
        response: HttpResponseBase = await self.get_response(request)
        if self.pulse.is_time():
            self.tick_after(response, request)
        return response

    def tick_after(self, response: HttpResponseBase, request: HttpRequest) -> None:
        """Let the pulse beat when the server has sent ``response`` and closes it."""
        if getattr(request, "is_tick", False):
            return
        close = response.close

        def close_and_tick() -> None:
            try:
                close()
            finally:
                self.pulse.begin()

        response.close = close_and_tick  # type: ignore[method-assign]

    def look_soon(self, result: Any, **kwargs: Any) -> None:
        """Look after this response: a job was stored in this process."""
        transaction.on_commit(self.pulse.hurry, using=result.backend.database)
