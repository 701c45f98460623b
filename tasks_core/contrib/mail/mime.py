"""Parts of a message that are MIME already: as the bytes that they will be sent as, and back."""

from base64 import b64decode, b64encode
from email import message_from_bytes, policy
from email.charset import Charset
from email.message import Message, MIMEPart
from email.mime.base import MIMEBase
from typing import Any

from django.core.mail import EmailMessage

from tasks_core.carrying.values import MADE, MARK, Terms, pack_value


@pack_value.register
def _(value: Message, terms: Terms) -> Any:
    return _packed("message", value.as_bytes())


@pack_value.register
def _(value: MIMEPart, terms: Terms) -> Any:
    return _packed("part", value.as_bytes())


@pack_value.register
def _(value: MIMEBase, terms: Terms) -> Any:
    return _packed("base", value.as_bytes())


@pack_value.register
def _(value: EmailMessage, terms: Terms) -> Any:
    """Of a message that is attached to another, what would be sent."""
    return pack_value(value.message(), terms)


@pack_value.register
def _(value: Charset, terms: Terms) -> Any:
    return {MARK: "charset", "is": vars(value)}


def _packed(kind: str, content: bytes) -> dict[str, str]:
    return {MARK: f"mime {kind}", "is": b64encode(content).decode()}


def _base(content: bytes) -> Message:
    """Return what Django 5.2 takes for a part: only its class says that it is one."""
    made = MIMEBase.__new__(MIMEBase)
    vars(made).update(vars(message_from_bytes(content)))
    return made


def _charset(told: dict[str, Any]) -> Charset:
    made = Charset(told["is"]["input_charset"])
    vars(made).update(told["is"])
    return made


MADE.update(
    {
        "mime message": lambda told: message_from_bytes(b64decode(told["is"])),
        "mime part": lambda told: message_from_bytes(b64decode(told["is"]), policy=policy.default),
        "mime base": lambda told: _base(b64decode(told["is"])),
        "charset": _charset,
    }
)
