"""What a claim may be told."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypedDict
from uuid import UUID


class ClaimOptions(TypedDict, total=False):
    """What a claim may be told beside how many."""

    ids: Sequence[UUID] | None  # these jobs and no others
    ahead: int  # so many more, if they are of the tasks that are known to be short
    short: Sequence[str]
    alone: bool  # a suspect, and nothing else
    waits: bool  # whoever asks will be told of more, if there are fewer than it has room for
    now: datetime | None  # None: the store's clock, read by the claim itself
