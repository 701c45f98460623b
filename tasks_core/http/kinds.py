"""What fields hold: instants, delays, names, limits. Each says its own cure where it is refused."""

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, PlainValidator, TypeAdapter, WithJsonSchema
from pydantic_core import PydanticCustomError

MOST = 100  # of a list
LONGEST_NAME = 255
LONGEST_DELAY = 366 * 24 * 3600  # seconds
LOCAL = r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d(:\d\d(\.\d+)?)?"
INSTANT = re.compile(rf"{LOCAL}([Zz]|[+-]\d\d:\d\d)", re.ASCII)
WITHOUT_ZONE = re.compile(LOCAL, re.ASCII)
WITHOUT_PLUS = re.compile(rf"{LOCAL} \d\d:\d\d", re.ASCII)

CURES = {
    "instant": "Send a date, a time and a zone: 2030-01-01T09:00:00Z.",
    "instant_without_zone": "Add its zone: Z for UTC, or an offset such as +01:00.",
    "instant_without_plus": "In an address a + means a space: write it as %2B.",
    "instant_outside": "Send one of the years 1 to 9999, in UTC as well.",
    "whole_number": "Send a whole number, in digits.",
    "text": "Leave out what is no text: NUL characters, and halves of surrogate pairs.",
}


def _refusal(kind: str, message: str) -> PydanticCustomError:
    return PydanticCustomError(kind, message)


def _instant(value: Any) -> datetime:
    """Return an instant of RFC 3339 in UTC; no date is one, and no number."""
    text = value if isinstance(value, str) else ""
    if WITHOUT_ZONE.fullmatch(text):
        raise _refusal("instant_without_zone", "No instant: its zone is missing")
    if WITHOUT_PLUS.fullmatch(text):
        raise _refusal("instant_without_plus", "No instant: a space is where its zone has a sign")
    if not INSTANT.fullmatch(text):
        raise _refusal("instant", "Not an instant such as 2030-01-01T09:00:00Z")
    try:
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except OverflowError:
        raise _refusal("instant_outside", "No instant: it is outside the calendar") from None
    except ValueError as error:  # of a day or an hour that there is not
        told = str(error).replace("{", "").replace("}", "")
        raise _refusal("instant", f"No instant: {told}") from None


def _whole(value: Any) -> Any:
    if isinstance(value, str) and not (value.isascii() and value.isdecimal()):
        raise _refusal("whole_number", "Not a whole number")
    return value


def _storable(value: Any) -> Any:
    """Return what a database can be asked for, whichever it is."""
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError:
            raise _refusal("text", "It contains half of a surrogate pair") from None
        if "\0" in value:
            raise _refusal("text", "It contains a NUL character")
    return value


Instant = Annotated[
    datetime,
    PlainValidator(_instant),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
Seconds = Annotated[float, Field(ge=0, le=LONGEST_DELAY)]
SecondsAhead = Annotated[float, Field(ge=1, le=LONGEST_DELAY)]
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
