"""A message of Django's as bytes, and back: all of its attributes, whatever its class."""

import json
from email.utils import formatdate, make_msgid
from typing import Any

from django.conf import settings
from django.core import mail
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.core.mail.message import EmailAlternative, EmailAttachment

from tasks_core.carrying import pack, unpack
from tasks_core.contrib.mail import conf, mime  # noqa: F401 - it adds what it knows
from tasks_core.exceptions import InvalidCall

OF_DJANGO = {kind.__name__: kind for kind in (EmailMessage, EmailMultiAlternatives)}
# Open sockets; the worker has its own.
LEFT_BEHIND = frozenset({"connection", "_connection"})
# Lists of these, which a backend may ask for their attributes.
NAMED = {"attachments": EmailAttachment, "alternatives": EmailAlternative}


def written(message: EmailMessage) -> bytes:
    """
    Return the message with the time at which it was written, and an id that it keeps.

    However often it is sent, it is one message to those who get it. Raises InvalidCall, naming
    the attribute, for what cannot be carried to a worker.
    """
    told = vars(message) | {"extra_headers": _with_origin(message.extra_headers)}
    fields = {
        name: pack(value, what=f"The message's {name}", snapshot=False)
        for name, value in told.items()
        if name not in LEFT_BEHIND
    }
    return json.dumps({"class": _class_name(type(message)), "fields": fields}).encode()


def read(content: bytes) -> EmailMessage:
    """Return the message that was written; raise InvalidCall if its class is gone."""
    told = json.loads(content)
    message = _empty(told["class"])
    fields = {name: unpack(value) for name, value in told["fields"].items()}
    for name, kind in NAMED.items():
        if name in fields:
            fields[name] = [
                kind(*each) if isinstance(each, tuple) else each for each in fields[name]
            ]
    vars(message).update(fields)
    return message


def _with_origin(headers: dict[str, Any]) -> dict[str, Any]:
    given = {name.lower() for name in headers}
    made = {
        "Date": formatdate(localtime=settings.EMAIL_USE_LOCALTIME),
        "Message-ID": make_msgid(domain=str(mail.DNS_NAME)),
    }
    return headers | {name: value for name, value in made.items() if name.lower() not in given}


def _class_name(kind: type) -> Any:
    if OF_DJANGO.get(kind.__name__) is kind:
        return kind.__name__
    try:
        return pack(kind, what="The message", snapshot=False)
    except InvalidCall:
        where, name = kind.__module__, kind.__qualname__
        is_at_top = "." not in name and where != "__main__"
        cure = f'add {where!r} to TASKS_CORE["ALLOWED_MODULES"]' if is_at_top else "move it there"
        raise InvalidCall(
            f"The message is a {where}.{name}, which no worker could find again: it is not at the "
            f"top of a module of an installed app. Either {cure}, or send the message at once: "
            f"{conf.at_once()}."
        ) from None


def _empty(name: Any) -> EmailMessage:
    kind = OF_DJANGO[name] if isinstance(name, str) else unpack(name)
    if not issubclass(kind, EmailMessage):
        raise InvalidCall(f"{name!r:.200} is no class of messages.")
    message: EmailMessage = kind.__new__(kind)
    EmailMessage.__init__(message)  # what an older release did not know
    return message
