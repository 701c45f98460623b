"""Rows as they were: the values of their fields when something happened."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any, TypeAlias

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.expressions import DatabaseDefault
from django.utils.encoding import is_protected_type

from tasks_core import conf
from tasks_core.carrying.values import MADE, MARK, Snapshot, Terms, model_of, pack_value, unpack
from tasks_core.exceptions import InvalidCall

DATABASE_DEFAULT = {MARK: "database default"}

Field: TypeAlias = "models.Field[Any, Any]"


def check_names(snapshot: Snapshot | None, model: type[models.Model]) -> None:
    """Raise InvalidCall, with the nearest, for a name in ``snapshot`` of no field of ``model``."""
    if snapshot is None or isinstance(snapshot, bool):
        return
    known = [name for field in model._meta.concrete_fields for name in (field.name, field.attname)]
    for name in snapshot:
        if name not in {"pk", *known}:
            raise InvalidCall(
                f"snapshot names {name!r:.80}, which is no field of {model._meta.label} with a "
                f"column.{conf.did_you_mean(name, known)}"
            )


def pack_snapshot(row: models.Model, names: Snapshot) -> dict[str, Any]:
    """Return the values of the fields that are loaded; others stay deferred, nothing is read."""
    not_loaded = row.get_deferred_fields()  # generated ones of a new row, too
    known = {
        field: field.value_from_object(row)
        for field in row._meta.concrete_fields
        if field.attname not in not_loaded and _travels(field, row, names)
    }
    return {
        MARK: "snapshot",
        "model": row._meta.label,
        "using": row._state.db,
        "is_new": row._state.adding,
        "fields": {
            field.attname: _packed(field, row, value)
            for field, value in known.items()
            if not _is_unknown(value)
        },
    }


def _travels(field: Field, row: models.Model, names: Snapshot) -> bool:
    if field.primary_key or field in row._meta.pk_fields:
        return True
    if isinstance(names, bool):
        return not _is_password(field, row)
    return field.name in names or field.attname in names


def _is_password(field: Field, row: models.Model) -> bool:
    """Say whether it is the hash of a password, which should not lie in a queue unasked."""
    from django.contrib.auth.base_user import AbstractBaseUser  # a model, which waits for apps

    return field.name == "password" and isinstance(row, AbstractBaseUser)


def _is_unknown(value: Any) -> bool:
    """Say whether only the database knows what it will be, as of ``F("count") + 1``."""
    return hasattr(value, "resolve_expression") and not isinstance(value, DatabaseDefault)


def _packed(field: Field, row: models.Model, raw: Any) -> Any:
    if isinstance(raw, DatabaseDefault):
        return DATABASE_DEFAULT
    what = f"{row._meta.label}.{field.name}"
    try:
        value = _text_of(field, field.to_python(raw))
    except (ValidationError, TypeError, ValueError) as error:
        told = "; ".join(error.messages) if isinstance(error, ValidationError) else error
        raise InvalidCall(f"{what} cannot hold {raw!r:.80}: {told}") from error
    return pack_value(value, Terms(what))


def _text_of(field: Field, value: Any) -> Any:
    """Return a value of Python as what ``_read`` takes: as text, unless it can be carried."""
    if isinstance(field, models.JSONField):
        return json.dumps(value, cls=field.encoder)  # what its column holds
    if is_protected_type(value) or isinstance(value, bytes | bytearray | memoryview):
        return value
    if isinstance(value, str):
        value = str.__str__(value)  # of a member of an enum what the database is given
    # As Django's serializers have it; they ask a row, which may hold what is not yet converted.
    return field.value_to_string(SimpleNamespace(**{field.attname: value}))  # type: ignore[arg-type]


def _row_as_it_was(told: dict[str, Any]) -> models.Model:
    model, values = model_of(told), told["fields"]
    known = [field for field in model._meta.concrete_fields if field.attname in values]
    row = model.from_db(
        told["using"],
        [field.attname for field in known],
        [_read(field, values[field.attname]) for field in known],
    )
    row._state.adding = told["is_new"]
    return row


def _read(field: Field, told: Any) -> Any:
    if told == DATABASE_DEFAULT:
        return field.get_default()
    value = unpack(told)
    if isinstance(field, models.JSONField):
        return json.loads(value, cls=field.decoder)
    return field.to_python(value)


MADE["snapshot"] = _row_as_it_was
