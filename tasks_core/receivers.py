"""``@receiver``: Django's own, whose function may run in the background instead."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from functools import update_wrapper
from types import FunctionType
from typing import Any
from weakref import WeakValueDictionary

from django.apps import apps
from django.core import signals as core
from django.db import models
from django.db.backends.signals import connection_created
from django.db.models import signals as of_models
from django.dispatch import Signal
from django.dispatch import receiver as django_receiver

from tasks_core import signals as ours
from tasks_core.carrying import Snapshot, check_names, check_snapshot
from tasks_core.carrying.delivery import LET_LESS_TRAVEL, OPTIONS, Arguments, declared, deliver
from tasks_core.carrying.sent import database_of, name_of, pack_sent, rows_of, unpack_sent
from tasks_core.exceptions import InvalidCall

CONNECTING = frozenset({"sender", "weak", "dispatch_uid"})  # what Signal.connect() takes

# The row is gone, or not yet there, when a worker looks for it.
AS_IT_WAS = (of_models.pre_save, of_models.pre_delete, of_models.post_delete)
DELETIONS = (of_models.pre_delete, of_models.post_delete)
OF_ONE_ROW = (*AS_IT_WAS, of_models.post_save)  # which is a row of the sender
_OF_REQUESTS = "it belongs to a request, which is over when a worker begins"
_OF_MIGRATIONS = "while migrations run, the tables of jobs may not be there"
_TOO_OFTEN = "it is sent for each object that is made, also by the worker"
REFUSED: Sequence[tuple[Signal, str, str]] = (
    (core.request_started, "request_started", _OF_REQUESTS),
    (core.request_finished, "request_finished", _OF_REQUESTS),
    (core.got_request_exception, "got_request_exception", _OF_REQUESTS),
    (of_models.pre_migrate, "pre_migrate", _OF_MIGRATIONS),
    (of_models.post_migrate, "post_migrate", _OF_MIGRATIONS),
    (connection_created, "connection_created", "to store a job opens connections itself"),
    (of_models.class_prepared, "class_prepared", "models are still being loaded"),
    (of_models.pre_init, "pre_init", _TOO_OFTEN),
    (of_models.post_init, "post_init", _TOO_OFTEN),
    *(
        (value, name, "a job would be stored for it, and for that job again")
        for name, value in vars(ours).items()
        if isinstance(value, Signal)
    ),
)

_made: WeakValueDictionary[Callable[..., Any], BackgroundReceiver] = WeakValueDictionary()


def receiver(
    signal: Signal | list[Signal] | tuple[Signal, ...],
    *,
    background: bool = False,
    snapshot: Snapshot | None = None,
    **options: Any,
) -> Callable[[Callable[..., Any]], Any]:
    """
    Connect a function to a signal, or to several; with ``background``, as a task.

    Each time the signal is sent a job is enqueued when the transaction commits, and a worker
    calls the function with what was sent: rows are read anew, or, with ``snapshot=True``, are as
    they were, which is the default for ``pre_save``, ``pre_delete`` and ``post_delete``; it may
    be a list of the names of the fields that travel. Takes what ``Signal.connect()`` takes
    (``sender``, ``weak``, ``dispatch_uid``), and the options of ``@task``. Without ``background``
    it is ``django.dispatch.receiver``.

    Raises InvalidCall for signals that no job may follow, and, when the signal is sent, for
    values that cannot be carried.
    """
    if not background:
        for name in OPTIONS & options.keys() if snapshot is None else ["snapshot"]:
            raise InvalidCall(f"@receiver takes {name}= together with background=True only.")
        return django_receiver(signal, **options)
    found = _signals(signal)
    check_snapshot(snapshot)
    connecting = {name: options.pop(name) for name in CONNECTING & options.keys()}

    def declare(function: Any) -> BackgroundReceiver:
        known = _known(function)
        said = known.snapshot if known else snapshot
        _refuse_unknown_fields(said, found, connecting.get("sender"))
        made = known or BackgroundReceiver(function, snapshot=snapshot, **options)
        made.check_same(options, snapshot=snapshot)
        for each in found:
            made.follow(each)
            each.connect(made, **connecting)
        return made

    return declare


def _is_no_news(sender: Any) -> bool:
    """Say whether it is rows of ours, or of migrations, which one without ``sender=`` hears of."""
    if not isinstance(sender, type):
        return False
    if sender.__module__.split(".")[0] == __package__:
        return True
    # Their models are made for them alone, and the tables of jobs may not be there yet.
    meta = getattr(sender, "_meta", None)
    return meta is not None and meta.apps is not apps


def _signals(said: Any) -> list[Signal]:
    found = list(said) if isinstance(said, list | tuple) else [said]
    for each in found:
        _refuse(each)
    return found


def _known(function: Any) -> BackgroundReceiver | None:
    """Return what the function was made before: its jobs know one receiver by its name."""
    if isinstance(function, BackgroundReceiver):
        return function
    return _made.get(function) if isinstance(function, FunctionType) else None


class BackgroundReceiver:
    """What is connected: sent a signal, it enqueues a job; ``func`` is what the job calls."""

    def __init__(
        self, func: Callable[..., Any], *, snapshot: Snapshot | None, **options: Any
    ) -> None:
        update_wrapper(self, func)
        self.func = func
        self.task = declared(func, self._opened, what="@receiver", options=options)
        self.signals: dict[str, Signal] = {}  # by names that are the same in every process
        self.options = options
        self.snapshot = snapshot
        _made[func] = self

    def __repr__(self) -> str:
        return f"<BackgroundReceiver {self.task.name}>"

    def __call__(self, *, signal: Signal, sender: Any, **sent: Any) -> None:
        """Enqueue a job: in the transaction, if its backend can, else when that commits."""
        if _is_no_news(sender):
            return
        name = next((name for name, each in self.signals.items() if each is signal), None)
        if name is None:
            raise InvalidCall(
                f"{self.task.name} was connected to a signal that it was not declared for: name "
                "it in @receiver([…], background=True), so that workers know of it."
            )
        if signal in DELETIONS and isinstance(sent.get("origin"), models.QuerySet):
            sent["origin"] = None  # its rows are gone
        snapshot = signal in AS_IT_WAS if self.snapshot is None else self.snapshot
        short = name.rpartition(".")[2]
        try:
            call = {"signal": name, **pack_sent(sender, sent, snapshot=snapshot)}
        except InvalidCall as error:
            raise InvalidCall(f"{self.task.name}, sent {short}: {error}") from error
        deliver(
            self.task,
            call,
            using=database_of(sent),
            what=f"what {short} sends to {self.task.name}",
            cure=LET_LESS_TRAVEL if snapshot and rows_of(sent) else "",
        )

    def check_same(self, options: dict[str, Any], *, snapshot: Snapshot | None) -> None:
        """Raise InvalidCall for options other than those with which it was made."""
        if options not in ({}, self.options) or snapshot not in (None, self.snapshot):
            raise InvalidCall(
                f"{self.task.name}: of several @receiver of a function the first, which is the "
                "lowest above it, says the options, for all. Leave them out here."
            )

    def follow(self, signal: Signal) -> None:
        """Know a signal by its name, of which a worker makes the signal again."""
        known = name_of(signal, sys.modules.get(self.func.__module__))
        self.signals[known or f"signal {len(self.signals) + 1}"] = signal

    def _opened(self, call: dict[str, Any]) -> Arguments:
        if call["signal"] not in self.signals:
            raise InvalidCall(
                f"{self.task.name} follows no signal {call['signal']!r:.80} any more. "
                f"It follows {', '.join(self.signals)}."
            )
        return [], {"signal": self.signals[call["signal"]], **unpack_sent(call)}


def _refuse_unknown_fields(
    snapshot: Snapshot | None, signals: Sequence[Signal], sender: Any
) -> None:
    if not isinstance(sender, type) or not issubclass(sender, models.Model):
        return
    if any(signal in OF_ONE_ROW for signal in signals):
        check_names(snapshot, sender)


def _refuse(signal: Any) -> None:
    if not isinstance(signal, Signal):
        raise InvalidCall(f"@receiver takes a signal or a list of them, not {signal!r:.80}.")
    for refused, name, why in REFUSED:
        if signal is refused:
            raise InvalidCall(f"No job can follow {name}: {why}. Leave out background=True.")
