"""Addresses of the admin of schedules, and people with these permissions."""

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.urls import reverse

from tests.scheduler.places import DAY

NOTHING = "tests.app.tasks.nothing"
EFFECT = "tests.app.tasks.leave_effect"


def member(*permissions, name="ada"):
    user = get_user_model().objects.create_user(name, is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return user


def page(name, *keys, model="schedule"):
    return reverse(f"admin:tasks_scheduler_{model}_{name}", args=keys)


def filled_in(**fields):
    """Return what a browser sends of a schedule that is due every day at nine."""
    usual = {
        "key": "report",
        "task": NOTHING,
        "args": "[]",
        "kwargs": "{}",
        "kind": "cron",
        "cron": "0 9 * * *",
        "timezone": "UTC",
        "every_unit": "60",
        "nth": "1",
        "catch_up": "latest",
        "catch_up_limit": "100",
        "overlap": "skip",
        "overlap_timeout": "1 h",
        "calendar_action": "skip",
        "enabled": "on",
    }
    return {name: value for name, value in {**usual, **fields}.items() if value is not None}


def in_database(key="tea", **options):
    from scheduler import operations

    options = {"task": NOTHING, "cron": "0 * * * *", "timezone": "UTC", **options}
    return operations.create(key, user="test", **options)


__all__ = ["DAY", "EFFECT", "NOTHING", "filled_in", "in_database", "member", "page"]
