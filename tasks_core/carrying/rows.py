"""Rows, and lists of them: by reference, to be read anew, unless they go as they were."""

from typing import Any

from django.db import models

from tasks_core.carrying.snapshots import pack_snapshot
from tasks_core.carrying.values import MADE, MARK, Terms, model_of, pack_value, unpack
from tasks_core.exceptions import InvalidCall, RowGone
from tasks_core.words import kind_of


@pack_value.register
def _(value: models.Model, terms: Terms) -> Any:
    if terms.snapshot is False:
        return _reference(value, terms)
    return pack_snapshot(value, terms.snapshot)


@pack_value.register
def _(value: list, terms: Terms) -> Any:  # type: ignore[type-arg]
    packed = [pack_value(each, terms) for each in value]
    return _together(packed) if len(packed) > 1 else packed


@pack_value.register
def _(value: models.QuerySet, terms: Terms) -> Any:  # type: ignore[type-arg]
    raise InvalidCall(
        f"{terms.what} is {kind_of(value)}, which cannot be carried to a worker: it would have "
        "other rows there. Send the rows, as list(…), or their keys."
    )


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


def _row(told: dict[str, Any]) -> models.Model:
    return _read(told, [told["pk"]])[0]


def _rows(told: dict[str, Any]) -> list[models.Model]:
    return _read(told, told["pks"])


def _read(told: dict[str, Any], packed_keys: list[Any]) -> list[models.Model]:
    model = model_of(told)
    keys = [model._meta.pk.to_python(key) for key in unpack(packed_keys)]  # "7", if not yet read
    # Documented, like _meta: with managers of its own a model may hide rows.
    found: dict[Any, models.Model] = model._base_manager.using(told["using"]).in_bulk(keys)  # noqa: SLF001
    if gone := [str(key) for key in keys if key not in found]:
        raise RowGone(
            f"{model._meta.label} {', '.join(gone)} is gone since the job was stored. To have it "
            "as it was, say snapshot=True beside background=True."
        )
    return [found[key] for key in keys]


MADE.update({"row": _row, "rows": _rows, "model": model_of})
