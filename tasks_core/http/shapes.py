"""What goes in and out, as values: pydantic checks with them, and describes them."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from pydantic.json_schema import GenerateJsonSchema

from tasks_core.http.kinds import Cursor, Instant, Limit, Name, Seconds
from tasks_core.options import MAX_LABEL
from tasks_core.payloads import MAX_WHOLE, MIN_WHOLE
from tasks_core.results import Status
from tasks_core.states import JobState


class Shape(BaseModel):
    """The base of all that is answered."""

    model_config = ConfigDict(from_attributes=True)


class Said(BaseModel):
    """The base of all that a body may say: nothing is guessed, nothing unknown is passed over."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


class Asked(BaseModel):
    """The base of all that the part of an address behind ``?`` may say: it is always text."""

    model_config = ConfigDict(extra="forbid")


class Schema(GenerateJsonSchema):
    """Says of whole numbers what every store keeps of them."""

    def int_schema(self, schema: Any) -> dict[str, Any]:
        return {"minimum": MIN_WHOLE, "maximum": MAX_WHOLE, **super().int_schema(schema)}


class Nothing(Said):
    """What is asked needs no words."""


class CallOptions(Said):
    """What a caller may say of a call; all else is what the task declares."""

    when: Instant | Seconds | None = Field(
        None, description="Not before this instant, or after so many seconds."
    )
    expires_at: Instant | None = Field(None, description="Not started after this instant.")
    label: str = Field("", max_length=MAX_LABEL, description="For people: shown in lists.")


class JobQuery(Asked):
    """Which jobs; nothing said means all."""

    backend: Name = Field("default", description="An alias of JOBS.")
    state: JobState | None = None
    queue: Name = ""
    task: Name = ""
    creator: Name = ""
    since: Instant | None = Field(None, description="Stored at this instant or later.")
    until: Instant | None = Field(None, description="Stored before this instant.")
    limit: Limit = 50
    cursor: Cursor = ""


class Receipt(Shape):
    """A job that was stored."""

    id: UUID
    task: str
    state: Status


class JobLine(Shape):
    """A job as a list shows it. Times are UTC."""

    id: UUID
    task: str
    state: JobState
    reason: str
    label: str
    creator: str
    queue: str
    priority: int
    attempts: int
    max_attempts: int
    run_after: datetime
    enqueued_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    expires_at: datetime | None
    cancel_requested_at: datetime | None
    progress_done: int | None
    progress_total: int | None


class AttemptOf(Shape):
    """An attempt that raised."""

    attempt: int
    at: str
    exception: str
    message: str
    traceback: str | None = Field(description="null without the permission to view jobs")


class JobWhole(JobLine):
    """All that is known of a job."""

    args: list[Any]
    kwargs: dict[str, Any]
    return_value: Any
    errors: list[AttemptOf]


class JobPage(Shape):
    """A page of jobs, the newest first."""

    jobs: list[JobLine]
    next: str | None = Field(description="The cursor of the next page; null on the last.")


class Wrong(Shape):
    """A field that was refused."""

    field: str
    message: str
    cure: str


class Problem(Shape):
    """Why nothing was done: RFC 9457."""

    type: Literal["about:blank"] = "about:blank"
    title: str
    status: int
    detail: str
    errors: list[Wrong] = []
