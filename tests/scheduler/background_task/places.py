"""Tasks as a project of django-background-tasks declares them, with its import changed."""

from functools import partial

from django.utils.text import slugify

from scheduler.contrib.background_task import background
from scheduler.contrib.background_task.exceptions import InvalidTaskError

noted = []


@background
def legacy_note(*args, **kwargs):
    noted.append((args, kwargs))


@background(schedule=60, queue="legacy_mail", remove_existing_tasks=True)
def legacy_mail(address):
    noted.append(address)


@background(name="legacy fails")
def legacy_fails():
    raise RuntimeError("the shop is closed")


@background
def legacy_gives_up():
    raise InvalidTaskError("there is no such shop")


class Counter:
    """Something that can be called and has names of ours."""

    name = "not the task's"

    def __init__(self):
        self.queue = "not the task's either"

    def __call__(self, by):
        noted.append(by)


legacy_count = background(name="legacy count")(Counter())
legacy_part = background(name="legacy part")(partial(noted.append))
legacy_slug = background(slugify)
