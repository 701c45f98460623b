"""Seals: what came back from a store that others write to is what this project stored."""

import hmac
from functools import lru_cache

from django.conf import settings
from django.utils.crypto import salted_hmac

SIZE = 32  # hexadecimal digits: 128 bits, as many as an id has


def seal(text: str, *, salt: str) -> str:
    """Return the seal of ``text``, made with SECRET_KEY; ``salt`` says what the text is for."""
    return _seal(settings.SECRET_KEY, salt, text)


def is_sealed(text: str, found: str, *, salt: str) -> bool:
    """Say whether ``found`` is the seal of ``text`` by SECRET_KEY or a key of its FALLBACKS."""
    if hmac.compare_digest(_seal(settings.SECRET_KEY, salt, text).encode(), found.encode()):
        return True
    return any(
        hmac.compare_digest(_seal(secret, salt, text).encode(), found.encode())
        for secret in settings.SECRET_KEY_FALLBACKS
    )


def _seal(secret: str | bytes, salt: str, text: str) -> str:
    sealing = _begun(secret, salt).copy()  # what needs the key alone is done once
    sealing.update(text.encode())
    return sealing.hexdigest()[:SIZE]


@lru_cache(maxsize=64)
def _begun(secret: str | bytes, salt: str) -> hmac.HMAC:
    key = salted_hmac(f"tasks_core.{salt}", "", secret=secret, algorithm="sha256").digest()
    return hmac.new(key, digestmod="sha256")
