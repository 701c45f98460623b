"""What goes in and out, as values: pydantic checks with them, and describes them."""

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    TypeAdapter,
    WithJsonSchema,
)
from pydantic.json_schema import GenerateJsonSchema

from tasks_core.options import MAX_LABEL
from tasks_core.payloads import MAX_WHOLE, MIN_WHOLE
from tasks_core.results import Status
from tasks_core.states import JobState

MOST = 100  # of a list
LONGEST_NAME = 255
LONGEST_DELAY = 366 * 24 * 3600  # seconds
INSTANT = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d(:\d\d(\.\d+)?)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


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


def _instant(value: Any) -> datetime:
    """Return an instant of RFC 3339 in UTC; no date is one, and no number."""
    if not isinstance(value, str) or not INSTANT.fullmatch(value):
        raise ValueError("not an instant such as 2030-01-01T09:00:00Z")
    try:
        return datetime.fromisoformat(value.upper()).astimezone(UTC)
    except OverflowError:
        raise ValueError("outside the calendar") from None


def _whole(value: Any) -> Any:
    if isinstance(value, str) and not (value.isascii() and value.isdecimal()):
        raise ValueError("not a whole number")
    return value


def _storable(value: Any) -> Any:
    """Return what a database can be asked for, whichever it is."""
    if isinstance(value, str):
        value.encode()  # half of a surrogate pair cannot be, and its error is a ValueError
        if "\0" in value:
            raise ValueError("contains a NUL character")
    return value


Instant = Annotated[
    datetime,
    PlainValidator(_instant),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
Seconds = Annotated[float, Field(ge=0, le=LONGEST_DELAY)]
Text = Annotated[str, BeforeValidator(_storable)]
Name = Annotated[Text, Field(max_length=LONGEST_NAME)]
to_name = TypeAdapter(Name).validate_python  # its errors are ValueErrors
# Of a row with the longest name, in its longest spelling.
Cursor = Annotated[Text, Field(max_length=2000, description="The `next` of the page before.")]
Limit = Annotated[int, Field(ge=1, le=MOST), BeforeValidator(_whole)]
Reason = Annotated[Text, Field(max_length=LONGEST_NAME, description="Why, for the record.")]


def moment_or_delay(said: datetime | float | None) -> datetime | timedelta | None:
    """Return an instant as it is, and seconds as the delay that they are."""
    return timedelta(seconds=said) if isinstance(said, int | float) else said


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
