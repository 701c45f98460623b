"""One task is called: who may, with which arguments, and once for a key."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.db import router
from django.http import Http404

from tasks_core import Call, background
from tasks_core.backends.served import ServedBackend
from tasks_core.conf import did_you_mean
from tasks_core.definition import Task
from tasks_core.exceptions import InvalidCall
from tasks_core.http import arguments, finding, keys, signatures, wrongs
from tasks_core.http.kinds import moment_or_delay
from tasks_core.http.models import AnsweredKey
from tasks_core.http.problems import Refused
from tasks_core.http.shapes import CallOptions, Receipt
from tasks_core.preparation import all_accepted, home_of
from tasks_core.states import UNKNOWN

CREATE = "tasks_core.add_job"
LATER = "Send a later instant, or leave it out."


def callable_by(user: Any, name: str) -> Task[Any, Any]:
    """Return the task; raise Http404 for one that cannot be called."""
    known = signatures.callable_tasks()
    if name not in known:
        # As the document, it tells users of what they may call.
        told = [each for each, task in known.items() if user.has_perm(permission(task))]
        meant = did_you_mean(name, told) if told else ""
        raise Http404(f"No task {name!r:.200} is callable over HTTP.{meant}")
    return known[name]


def permission(task: Task[Any, Any]) -> str:
    return CREATE if task.http is True else str(task.http)


def store(
    task: Task[Any, Any],
    said: CallOptions,
    backend: ServedBackend,
    *,
    key: keys.Key | None,
    user: Any,
    new_id: UUID,
) -> tuple[UUID, bool]:
    """
    Store what a body says, unless that was done for the key; return the job, and whether it was.

    Raises Refused naming what no store keeps, or what would never run.
    """
    given = arguments.given(task, said.arguments)  # type: ignore[attr-defined]  # each its own
    call = _call(task, given, said, user=user)
    with _explained(given):
        return _once(key, backend, call, new_id=new_id)


def _once(
    key: keys.Key | None, backend: ServedBackend, call: Call, *, new_id: UUID
) -> tuple[UUID, bool]:
    def put(job_id: UUID) -> UUID:
        result = background.on(backend.alias).enqueue_many([replace(call, id=job_id)])[0]
        return result.id or job_id

    def put_anew() -> UUID:
        _refuse_expired(call, backend=backend)
        return put(new_id)

    def write_down() -> UUID:
        _refuse_expired(call, backend=backend)
        all_accepted(backend, [call], [call.func])
        return new_id

    alias = home_of(backend, call)
    if alias is not None:
        stored = keys.once(key, alias=alias, act=put_anew)
        return stored.job_id, stored.was_before
    # No transaction covers both stores. The id is written down first, and a job is stored under
    # one id only once: whoever repeats the request before that was noted repeats this, too.
    home = router.db_for_write(AnsweredKey)
    written = keys.once(key, alias=home, act=write_down, is_done=False)
    if written.is_done:
        return written.job_id, True
    job_id = put(written.job_id)  # another one, if it has the key of the task
    if key is not None:
        keys.note(key, job_id, alias=home)
    return job_id, written.was_before


def receipt(job_id: UUID, task: Task[Any, Any], backend: ServedBackend, *, user: Any) -> Receipt:
    found = backend.questions.rows(backend.place, [job_id])
    if not found:  # pruned, or on its way: in an outbox, or sent when the transaction commits
        return Receipt(id=job_id, task=task.name, state=UNKNOWN)
    if not finding.may_see(user, found[0]):
        raise Refused(
            HTTPStatus.CONFLICT, "A job of somebody else has the key of this task until it ends."
        )
    return Receipt.model_validate(found[0])


def _call(task: Task[Any, Any], given: dict[str, Any], said: CallOptions, *, user: Any) -> Call:
    args, kwargs = arguments.call_of(task, given)
    when = moment_or_delay(said.when)
    options = {"label": said.label, "expires_at": said.expires_at}
    told = {name: value for name, value in options.items() if value}
    return Call(task, args, kwargs, when=when, creator=user, **{**task.options, **told})


def _refuse_expired(call: Call, *, backend: ServedBackend) -> None:
    """Refuse a job that would have expired before it may start."""
    expires_at: Any = call.expires_at  # an instant, as the shape has it
    if expires_at is None:
        return
    now = backend.now()
    starts_at = now + call.when if isinstance(call.when, timedelta) else call.when or now
    if expires_at <= now:
        message = f"It is over; it is {now.isoformat()}."
    elif expires_at <= starts_at:
        message = f"It is not behind when={starts_at.isoformat()}, before which nothing starts."
    else:
        return
    raise wrongs.refusal(wrongs.at(["expires_at"], message, LATER))


@contextmanager
def _explained(given: dict[str, Any]) -> Iterator[None]:
    """Let what a call is refused for be told by field."""
    try:
        yield
    except InvalidCall as error:
        cure = "Send other ones; what they may be is said by openapi.json and by the task."
        unexplained = wrongs.at([wrongs.ARGUMENTS], str(error), cure)
        found = arguments.unstorable(given, at=[wrongs.ARGUMENTS])
        raise wrongs.refusal(*found or [unexplained]) from None
