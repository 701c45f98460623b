"""People who call the API."""

import json
from typing import Any

from django.contrib.auth.models import Permission, User
from django.test import Client


class Caller:
    """Somebody at a terminal: JSON goes out, JSON comes back."""

    def __init__(self, user: User | None = None, **options: Any) -> None:
        self.user = user
        self.client = Client(**options)
        if user is not None:
            self.client.force_login(user)

    def get(self, path: str, **asked: Any) -> Any:
        return self.client.get(f"/api/{path}", asked)

    def post(self, path: str, said: Any = None, *, kind: str = "application/json", **headers: str):
        body = said if isinstance(said, str | bytes) else json.dumps({} if said is None else said)
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.post(f"/api/{path}", body, content_type=kind, headers=names)


def person(name: str, *permissions: str, **more: Any) -> User:
    user = User.objects.create_user(name, **more)
    for each in permissions:
        label, codename = each.split(".")
        found = Permission.objects.get(content_type__app_label=label, codename=codename)
        user.user_permissions.add(found)
    return user
