from django.contrib.auth.models import User
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models.functions import Now


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


class Sample(models.Model):
    """One field of each kind of which a snapshot has to know more than its value."""

    name = models.CharField(max_length=50)
    count = models.IntegerField(default=1)
    twice = models.GeneratedField(
        expression=models.F("count") * 2, output_field=models.IntegerField(), db_persist=True
    )
    at = models.DateTimeField(db_default=Now())
    lasts = models.DurationField(null=True)
    data = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    content = models.BinaryField(null=True)

    def __str__(self) -> str:
        return self.name
