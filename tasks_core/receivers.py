"""``@receiver``: Django's own, whose function may run in the background instead."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import update_wrapper
from typing import Any

from django.core import signals as core
from django.db import DEFAULT_DB_ALIAS, models
from django.db.backends.signals import connection_created
from django.db.models import signals as of_models
from django.dispatch import Signal
from django.dispatch import receiver as django_receiver

from tasks_core import signals as ours
from tasks_core.carrying import Snapshot, check_snapshot, pack, unpack
from tasks_core.carrying.delivery import Arguments, declared, deliver
from tasks_core.exceptions import InvalidCall

CONNECTING = frozenset({"sender", "weak", "dispatch_uid"})  # what Signal.connect() takes

# The row is gone, or not yet there, when a worker looks for it.
AS_IT_WAS = (of_models.pre_save, of_models.pre_delete, of_models.post_delete)
DELETIONS = (of_models.pre_delete, of_models.post_delete)

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
        if snapshot is not None:
            raise InvalidCall("@receiver takes snapshot= together with background=True only.")
        return django_receiver(signal, **options)
    found = list(signal) if isinstance(signal, list | tuple) else [signal]
    for each in found:
        _refuse(each)
    connecting = {name: options.pop(name) for name in CONNECTING & options.keys()}

    def declare(function: Any) -> BackgroundReceiver:
        made = _made(function, options, snapshot=snapshot)
        for each in found:
            made.signals.append(each)
            each.connect(made, **connecting)
        return made

    return declare


def _made(
    function: Any, options: dict[str, Any], *, snapshot: Snapshot | None
) -> BackgroundReceiver:
    if not isinstance(function, BackgroundReceiver):
        return BackgroundReceiver(function, snapshot=snapshot, **options)
    if options or snapshot is not None:
        raise InvalidCall(
            f"{function.task.name}: of several @receiver the lowest says the options, for all."
        )
    return function


class BackgroundReceiver:
    """What is connected: sent a signal, it enqueues a job; ``func`` is what the job calls."""

    def __init__(
        self, func: Callable[..., Any], *, snapshot: Snapshot | None, **options: Any
    ) -> None:
        check_snapshot(snapshot)
        update_wrapper(self, func)
        self.func = func
        self.signals: list[Signal] = []
        self.snapshot = snapshot
        self.task = declared(func, self._opened, what="@receiver", options=options)

    def __call__(self, *, signal: Signal, sender: Any, **sent: Any) -> None:
        """Enqueue a job: in the transaction, if its backend can, else when that commits."""
        call = self._packed(signal, sender, sent)
        deliver(self.task, call, using=_database_of(sent), what="what the signal sends")

    def _packed(self, signal: Signal, sender: Any, sent: dict[str, Any]) -> dict[str, Any]:
        if signal not in self.signals:
            raise InvalidCall(
                f"{self.task.name} was connected to a signal that it was not declared for: name "
                "it in @receiver([…], background=True), so that workers know of it."
            )
        as_it_was = signal in AS_IT_WAS if self.snapshot is None else self.snapshot
        if signal in DELETIONS and isinstance(sent.get("origin"), models.QuerySet):
            sent = {**sent, "origin": None}  # its rows are gone
        return {
            "signal": self.signals.index(signal),
            "sender": pack(sender, what="sender", snapshot=False),
            "sent": {
                name: pack(value, what=name, snapshot=as_it_was) for name, value in sent.items()
            },
        }

    def _opened(self, call: dict[str, Any]) -> Arguments:
        return [], {
            "signal": self.signals[call["signal"]],
            "sender": unpack(call["sender"]),
            **{name: unpack(value) for name, value in call["sent"].items()},
        }


def _refuse(signal: Any) -> None:
    if not isinstance(signal, Signal):
        raise InvalidCall(f"@receiver takes a signal or a list of them, not {signal!r:.80}.")
    for refused, name, why in REFUSED:
        if signal is refused:
            raise InvalidCall(f"No job can follow {name}: {why}. Leave out background=True.")


def _database_of(sent: dict[str, Any]) -> str:
    """Return the database in whose transaction the signal was sent, as far as it says so."""
    instance = sent.get("instance")
    known = instance._state.db if isinstance(instance, models.Model) else None
    return sent.get("using") or known or DEFAULT_DB_ALIAS
