"""Rows, and lists of them: by reference, to be read anew, or with the values that they had."""

from typing import Any

from django.apps import apps
from django.db import models
from django.utils.encoding import is_protected_type

from tasks_core.carrying.values import MADE, MARK, Snapshot, Terms, pack_value, unpack
from tasks_core.exceptions import InvalidCall


@pack_value.register
def _(value: models.Model, terms: Terms) -> Any:
    return _reference(value, terms) if terms.snapshot is False else _snapshot(value, terms.snapshot)


@pack_value.register
def _(value: list, terms: Terms) -> Any:  # type: ignore[type-arg]
    packed = [pack_value(each, terms) for each in value]
    return _together(packed) if len(packed) > 1 else packed


def _reference(row: models.Model, terms: Terms) -> dict[str, Any]:
    if row.pk is None:
        raise InvalidCall(
            f"{terms.what} is not saved, so no worker would find it: let it travel as it is, with "
            "snapshot=True beside background=True."
        )
    key = pack_value(row.pk, Terms(terms.what))
    return {MARK: "row", "model": row._meta.label, "pk": key, "using": row._state.db}


def _together(packed: list[Any]) -> Any:
    """Return references to rows of one table as one, to be read at once; else what they were."""
    if not all(isinstance(each, dict) and each.get(MARK) == "row" for each in packed):
        return packed
    (model, using), *others = {(each["model"], each["using"]) for each in packed}
    if others:
        return packed
    return {MARK: "rows", "model": model, "using": using, "pks": [each["pk"] for each in packed]}


def _snapshot(row: models.Model, names: Snapshot) -> dict[str, Any]:
    return {
        MARK: "snapshot",
        "model": row._meta.label,
        "using": row._state.db,
        "is_new": row._state.adding,
        "fields": {
            field.attname: _value(field, row)
            for field in row._meta.concrete_fields
            if _travels(field, names)
        },
    }


def _travels(field: "models.Field[Any, Any]", names: Snapshot) -> bool:
    if isinstance(names, bool) or field.primary_key:
        return True
    return field.name in names or field.attname in names


def _value(field: "models.Field[Any, Any]", row: models.Model) -> Any:
    value = field.value_from_object(row)
    if not is_protected_type(value):
        value = field.value_to_string(row)  # as Django's serializers have it
    return pack_value(value, Terms(f"{row._meta.label}.{field.name}"))


def _row(told: dict[str, Any]) -> models.Model:
    return _read(told, [told["pk"]])[0]


def _rows(told: dict[str, Any]) -> list[models.Model]:
    return _read(told, told["pks"])


def _read(told: dict[str, Any], packed_keys: list[Any]) -> list[models.Model]:
    model: Any = _model(told)  # its DoesNotExist is no attribute that its type has
    keys = [model._meta.pk.to_python(key) for key in unpack(packed_keys)]  # "7", if not yet read
    # Documented, like _meta: with managers of its own a model may hide rows.
    found: dict[Any, models.Model] = model._base_manager.using(told["using"]).in_bulk(keys)  # noqa: SLF001
    if gone := [str(key) for key in keys if key not in found]:
        raise model.DoesNotExist(
            f"{model._meta.label} {', '.join(gone)} is gone since the job was stored. To have it "
            "as it was, say snapshot=True beside background=True."
        )
    return [found[key] for key in keys]


def _row_as_it_was(told: dict[str, Any]) -> models.Model:
    model, values = _model(told), told["fields"]
    known = [field for field in model._meta.concrete_fields if field.attname in values]
    row = model.from_db(
        told["using"],
        [field.attname for field in known],
        [field.to_python(unpack(values[field.attname])) for field in known],
    )
    row._state.adding = told["is_new"]
    return row


def _model(told: dict[str, Any]) -> type[models.Model]:
    try:
        return apps.get_model(told["model"])
    except LookupError as error:
        raise InvalidCall(f"{told['model']!r:.200} is no model of this project.") from error


MADE.update({"row": _row, "rows": _rows, "snapshot": _row_as_it_was, "model": _model})
