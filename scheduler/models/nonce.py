"""Signed requests that were answered, so that none is answered twice."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from tasks_core.fields import KeyField


class SpentNonce(models.Model):
    """The nonce of a signed request; of no use once the request's time has passed."""

    nonce = KeyField(max_length=64, primary_key=True)
    spent_at = models.DateTimeField(db_index=True)

    class Meta:
        ordering: ClassVar = ["spent_at"]

    def __str__(self) -> str:
        return str(self.nonce)
