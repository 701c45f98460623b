"""The mails that left, read back from the files in which the file backend keeps them."""

from __future__ import annotations

import email
from dataclasses import dataclass
from datetime import datetime
from email import policy
from email.utils import parsedate_to_datetime
from pathlib import Path

from django.conf import settings

SEPARATOR = "-" * 79  # what Django's file backend writes after each mail


@dataclass(frozen=True, kw_only=True)
class Mail:
    subject: str
    sender: str
    to: str
    reply_to: str
    sent_at: datetime
    text: str


def newest(*, limit: int = 30) -> list[Mail]:
    """Return the newest mails first; none if mail does not go to files."""
    folder = Path(settings.EMAIL_FILE_PATH)
    if not folder.is_dir():
        return []
    files = sorted(folder.glob("*.log"), key=lambda path: path.stat().st_mtime, reverse=True)
    mails = [mail for path in files[:limit] for mail in read(path)]
    return sorted(mails, key=lambda mail: mail.sent_at, reverse=True)[:limit]


def read(path: Path) -> list[Mail]:
    """Return the mails in one file."""
    texts = path.read_text(encoding="utf-8", errors="replace").split(SEPARATOR)
    return [parse(text.lstrip()) for text in texts if text.strip()]


def parse(text: str) -> Mail:
    message = email.message_from_string(text, policy=policy.default)
    body = message.get_body(preferencelist=("plain",))
    return Mail(
        subject=str(message["Subject"]),
        sender=str(message["From"]),
        to=str(message["To"]),
        reply_to=str(message["Reply-To"] or ""),
        sent_at=parsedate_to_datetime(str(message["Date"])),
        text=body.get_content().strip() if body else "",
    )
