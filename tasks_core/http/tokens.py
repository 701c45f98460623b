"""Tokens of django-rest-knox: of each the site keeps a hash, and the end of its time."""

from typing import Any

from knox.auth import TokenAuthentication
from rest_framework.exceptions import AuthenticationFailed

SCHEME = "Bearer"


class Token(TokenAuthentication):  # type: ignore[misc]  # no types are published
    """``Authorization: Bearer \u2026``, whatever prefix REST_KNOX gives it on other pages."""

    def authenticate_header(self, request: Any) -> str:
        return SCHEME

    def authenticate_credentials(self, token: bytes) -> Any:
        if not token.isascii() or b"\0" in token:  # no database would look for such a one
            raise AuthenticationFailed("The token is not valid.")
        return super().authenticate_credentials(token)
