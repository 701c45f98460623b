"""
What a signed tick says of itself: three headers, of which the last signs the others.

X-Tick-Signature is HMAC-SHA256, in hexadecimal, of time, nonce, method and path, each followed
by a line break, and then the body. The path is as in the request, with its query.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets as random
import shlex
from urllib.parse import urlsplit

from tasks_core import clock

TIME, NONCE, SIGNATURE = "X-Tick-Time", "X-Tick-Nonce", "X-Tick-Signature"


def signature(
    secret: str, *, time: str, nonce: str, method: str, path: str, body: bytes = b""
) -> str:
    """Return the signature of one request."""
    text = "".join(f"{part}\n" for part in (time, nonce, method, path))
    return hmac.new(secret.encode(), text.encode() + body, hashlib.sha256).hexdigest()


def signed_headers(secret: str, url: str, *, body: bytes = b"") -> dict[str, str]:
    """Return the headers of one POST to ``url``; they are good for five minutes, and once."""
    time, nonce = str(int(clock.now().timestamp())), random.token_hex(16)
    signed = signature(secret, time=time, nonce=nonce, method="POST", path=path_of(url), body=body)
    return {TIME: time, NONCE: nonce, SIGNATURE: signed}


def path_of(url: str) -> str:
    """Return what a request to ``url`` has in its first line."""
    parts = urlsplit(url)
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def curl(url: str, headers: dict[str, str]) -> str:
    """Return the command that sends one signed tick."""
    words = ["curl", "--fail-with-body", "--silent", "--show-error", "--request", "POST"]
    for name, value in headers.items():
        words += ["--header", f"{name}: {value}"]
    return shlex.join([*words, url])
