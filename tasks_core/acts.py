"""What a person does to jobs in certain states, batch by batch, and its note in their history."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from tasks_core import history
from tasks_core.backends.served import ServedBackend
from tasks_core.batches import batches
from tasks_core.models import Job
from tasks_core.states import JobState


def _together_with_history(alias: str | None) -> AbstractContextManager[Any]:
    """Where one database has both, what is not noted is not done."""
    is_one = alias is not None and alias == history.database()
    return transaction.atomic(using=alias) if is_one else nullcontext()


def _asked(backend: ServedBackend, ids: Sequence[UUID]) -> int:
    return backend.cancel(ids).asked


def _cancelled(backend: ServedBackend, ids: Sequence[UUID]) -> int:
    return backend.cancel(ids).cancelled


@dataclass(frozen=True)
class Act:
    """A verb, the states of the jobs that it is done to, and its words in their history."""

    verb: Callable[[ServedBackend, Sequence[UUID]], int]
    states: Sequence[JobState]
    done: Any
    flag: int = history.CHANGE

    def on(self, backend: ServedBackend, ids: Sequence[UUID], *, user: Any) -> int:
        """Do it to those of the jobs that are in the right state, and return how many."""
        return sum(self._on(backend, batch, user=user) for batch in batches(ids))

    def _on(self, backend: ServedBackend, ids: Sequence[UUID], *, user: Any) -> int:
        act = self._locked if backend.database else self._elsewhere
        with _together_with_history(backend.database):
            mine, count = act(backend, ids)
            history.note(mine, str(self.done), user=user, flag=self.flag)
        return count

    def _locked(self, backend: ServedBackend, ids: Sequence[UUID]) -> tuple[list[Job], int]:
        jobs = Job.objects.using(backend.database).filter(pk__in=ids, state__in=self.states)
        # Locked, so that the history tells of exactly those to which it was done.
        with transaction.atomic(using=backend.database):
            mine = list(jobs.select_for_update().only("label", "task", "state"))
            return mine, self.verb(backend, [job.pk for job in mine])

    def _elsewhere(self, backend: ServedBackend, ids: Sequence[UUID]) -> tuple[list[Job], int]:
        """Nothing can be locked there, so that the history may name one that was faster."""
        found = backend.questions.rows(backend.place, ids)
        mine = [job for job in found if job.state in self.states]
        return mine, self.verb(backend, [job.pk for job in mine])


RETRY = Act(ServedBackend.retry, (JobState.FAILED, JobState.CANCELLED), _("made ready"))
CANCEL = Act(_cancelled, (JobState.SCHEDULED, JobState.READY), _("cancelled"))
ASK = Act(_asked, (JobState.RUNNING,), _("asked to stop"))
DELETE = Act(
    ServedBackend.delete,
    tuple(state for state in JobState if state != JobState.RUNNING),
    _("deleted"),
    flag=history.DELETION,
)
