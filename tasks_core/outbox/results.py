"""What a caller holds in hand before the backend has the job."""

from __future__ import annotations

from tasks_core import conf
from tasks_core.exceptions import JobDoesNotExist
from tasks_core.models import Outbox
from tasks_core.results import JobResult


class Written(JobResult):
    """The job of a call in the outbox; it stays as it was written until the backend has it."""

    def refresh(self) -> None:
        try:
            super().refresh()
        except JobDoesNotExist:
            rows = Outbox.objects.using(conf.get("OUTBOX_DATABASE"))
            if self.id is None or not rows.filter(pk=self.id).exists():
                super().refresh()  # handed over between the two questions, or pruned
