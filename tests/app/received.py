"""Receivers that run in the background, at the top of a module, where workers find them."""

from django.contrib.auth.models import User
from django.contrib.auth.signals import user_login_failed
from django.db.models.signals import m2m_changed, post_delete, post_save, pre_save
from django.dispatch import Signal

from tasks_core import receiver
from tests.app.models import Effect, Member, Sample

brewed, poured, stirred = Signal(), Signal(), Signal()


heard: list[tuple[str, dict[str, object]]] = []


class Kettle:
    """A sender that is no model."""


def note(name, sent):
    heard.append((name, sent))
    Effect.objects.create(name=name)  # for who looks from another process


@receiver(post_save, sender=Member, background=True, queue="index", label="Index")
def user_saved(**sent):
    note("saved", sent)


@receiver(pre_save, sender=Member, background=True)
def user_about_to_be_saved(**sent):
    note("before", sent)


@receiver(post_delete, sender=Member, background=True)
def user_deleted(**sent):
    note("deleted", sent)


@receiver(pre_save, sender=Sample, background=True)
def sample_about_to_be_saved(**sent):
    note("sample before", sent)


@receiver(post_delete, sender=Sample, background=True)
def sample_deleted(**sent):
    note("sample deleted", sent)


@receiver(m2m_changed, sender=User.groups.through, background=True)
def groups_changed(**sent):
    note("groups", sent)


m2m_changed.disconnect(groups_changed, sender=User.groups.through)  # the test connects it


@receiver(user_login_failed, background=True)
def login_failed(**sent):
    note("login", sent)


user_login_failed.disconnect(login_failed)  # as above


@receiver([brewed, poured], background=True, dispatch_uid="only once")
def kettle_whistled(sender, cup=None, **sent):
    note("tea", {"sender": sender, "cup": cup, **sent})


@receiver([brewed, poured], background=True, dispatch_uid="only once")
def same_kettle_whistled(**sent):
    note("same tea", sent)


@receiver(brewed, background=True)
async def kettle_whistled_to_coroutine(sender, cup=None, **sent):
    heard.append(("async tea", {"cup": cup}))


@receiver(stirred)
@receiver(Signal(), background=True)
def half_declared(**sent):
    note("half", sent)
