"""The OpenAPI document, made of what the views check with."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from django.apps import apps
from django.http import HttpResponse, JsonResponse
from django.urls import URLPattern
from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode

from tasks_core.http import keys, problems
from tasks_core.http.door import Door
from tasks_core.http.operations import Operation, Place
from tasks_core.http.shapes import Problem, Schema

VERSION = "3.1.0"
NAME = "openapi.json"
REFERENCE = "#/components/schemas/{model}"
PARAMETERS = {
    "uuid": {"type": "string", "format": "uuid"},
    "str": {"type": "string", "minLength": 1},
    "path": {"type": "string", "minLength": 1},
}
KEY = {
    "name": keys.HEADER,
    "in": "header",
    "description": "A new one for each thing to be done, the same one to repeat a request.",
    "schema": {"type": "string", "pattern": f"^({keys.PATTERN.pattern})$"},
}
TOKEN = {"type": "http", "scheme": "bearer", "description": "A token of django-rest-knox."}


class DocumentView(Door):
    """The document of the views at ``urls``."""

    urls: Sequence[URLPattern] = ()
    title = ""

    def get(self, request: Any) -> HttpResponse:
        root = request.path.rstrip("/").removesuffix(NAME)
        return JsonResponse(document(self.title, self.urls, root=root, user=request.user))


def document(title: str, urls: Iterable[URLPattern], *, root: str, user: Any) -> dict[str, Any]:
    """Return what the views at ``urls`` take of ``user`` and answer, below the address ``root``."""
    schemas: dict[str, Any] = {}
    paths: dict[str, dict[str, Any]] = {}
    for url in urls:
        view = getattr(url.callback, "cls", Door)
        route, parameters = _address(url)
        for path, method, operation in view.operations(route, user=user):
            named = [each for each in parameters if f"{{{each['name']}}}" in path]
            place = Place(path, method, operation, named)
            told = _operation(place, schemas)
            paths.setdefault(place.path, {})[place.method.lower()] = told
    ways = _ways()
    return {
        "openapi": VERSION,
        "info": {"title": title, "version": "1"},
        "servers": [{"url": root.rstrip("/") or "/"}],
        "security": [{name: []} for name in ways],
        "paths": paths,
        "components": {"schemas": dict(sorted(schemas.items())), "securitySchemes": ways},
    }


def _ways() -> dict[str, Any]:
    from django.conf import settings

    cookie = {"type": "apiKey", "in": "cookie", "name": settings.SESSION_COOKIE_NAME}
    told = "Django's session. What changes something also needs the header X-CSRFToken."
    token = {"token": TOKEN} if apps.is_installed("knox") else {}
    return {**token, "session": {**cookie, "description": told}}


def _address(url: URLPattern) -> tuple[str, list[dict[str, Any]]]:
    route = str(url.pattern)
    found = re.findall(r"<(\w+):(\w+)>", route)
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": PARAMETERS[kind]}
        for kind, name in found
    ]
    return "/" + re.sub(r"<\w+:(\w+)>", r"{\1}", route), parameters


def _operation(place: Place, schemas: dict[str, Any]) -> dict[str, Any]:
    said = place.operation
    queries = _queries(said, schemas)
    told: dict[str, Any] = {
        "operationId": said.name,
        "summary": said.summary,
        "parameters": [*place.parameters, *queries, *([KEY] if said.takes_key else [])],
        "responses": _responses(place, schemas),
    }
    if said.description:
        told["description"] = said.description
    if said.takes is not None:
        schema = _schema(said.takes, schemas, mode="validation")
        content = {"application/json": {"schema": schema}}
        needed = any(field.is_required() for field in said.takes.model_fields.values())
        told["requestBody"] = {"content": content, "required": needed}
    return told


def _queries(said: Operation, schemas: dict[str, Any]) -> list[dict[str, Any]]:
    if said.asks is None:
        return []
    schema = said.asks.model_json_schema(ref_template=REFERENCE, schema_generator=Schema)
    schemas |= schema.pop("$defs", {})
    return [
        {"name": name, "in": "query", "schema": _of_text(each)}
        for name, each in schema["properties"].items()
    ]


def _of_text(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema without null, which an address cannot say otherwise than by silence."""
    choices = [each for each in schema.get("anyOf", ()) if each != {"type": "null"}]
    rest = {name: value for name, value in schema.items() if name != "anyOf"}
    if len(choices) == 1:
        rest.pop("default", None)
        return {**rest, **choices[0]}
    return schema


def _responses(place: Place, schemas: dict[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for status, shape in place.operation.answers.items():
        schema = _schema(shape, schemas, mode="serialization")
        told[str(status)] = _response(status, "application/json", schema)
    refusal = _schema(Problem, schemas, mode="serialization")
    is_of_one = bool(place.parameters) or place.operation.takes is not None
    for status in sorted(set(place.operation.refusals(is_of_one=is_of_one))):
        told[str(int(status))] = _response(status, problems.CONTENT_TYPE, refusal)
    return told


def _response(status: int, kind: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"description": HTTPStatus(status).phrase, "content": {kind: {"schema": schema}}}


def _schema(
    shape: type[BaseModel], schemas: dict[str, Any], *, mode: JsonSchemaMode
) -> dict[str, Any]:
    """Put the schema of a shape, and of what it is made of, among the others; return its name."""
    found = shape.model_json_schema(ref_template=REFERENCE, schema_generator=Schema, mode=mode)
    schemas |= found.pop("$defs", {})
    name = re.sub(r"[^\w.-]", "_", shape.__name__)
    schemas[name] = found
    return {"$ref": REFERENCE.format(model=name)}
