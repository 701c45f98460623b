from django.contrib.auth.models import User
from django.db import models


class Effect(models.Model):
    """One side effect of a job, so that tests can count how often it happened."""

    name = models.CharField(max_length=255, db_index=True)
    payload = models.JSONField(default=dict)
    at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name


class Member(User):
    """A user of the tests of receivers: what other tests do with theirs is not heard."""

    class Meta:
        proxy = True
