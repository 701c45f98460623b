"""What a person does to jobs from a page, and what the page says of it."""

from collections.abc import Sequence
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import ngettext

from tasks_core.acts import ASK, CANCEL, DELETE, RETRY, Act
from tasks_core.backends.served import ServedBackend

__all__ = ["ASK", "CANCEL", "DELETE", "RETRY", "Act", "tell"]


def tell(
    request: HttpRequest, backend: ServedBackend, ids: Sequence[UUID], *, acts: Sequence[Act]
) -> None:
    """Do these to the jobs, one after the other, and say to how many."""
    counts = [(act, act.on(backend, ids, user=request.user)) for act in acts]
    told = ngettext("%(count)d of %(all)d job", "%(count)d of %(all)d jobs", len(ids))
    text = f"{told % {'count': counts[0][1], 'all': len(ids)}} {acts[0].done}"
    text += "".join(f", {count} {act.done}" for act, count in counts[1:] if count)
    is_done = sum(count for _act, count in counts) == len(ids)
    messages.add_message(request, messages.SUCCESS if is_done else messages.WARNING, f"{text}.")
