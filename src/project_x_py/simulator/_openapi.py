"""The OpenAPI document of the simulated gateway, made from its routes.

Requests are described by the structs that the routes bind, answers by :mod:`._openapi_rows`. A
route that is not described there is documented with the bare envelope, so the document never
lacks one.

Invariant (``tests/simulator/test_openapi.py``): every route is in the document, and every answer
of a route keeps to it.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import msgspec

from project_x_py.simulator._error_codes import CODES
from project_x_py.simulator._openapi_rows import PAYLOADS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from project_x_py.simulator._rest import Route

__all__ = ["DOCUMENT_PATHS", "document_of"]

DOCUMENT_PATHS = frozenset({"/openapi.json", "/swagger/v1/swagger.json"})
"""Where the document is served, without a token."""

_REF = "#/components/schemas/{name}"
_JSON = "application/json"
_PROBLEM = "application/problem+json"
_TIME_ENDINGS = ("Time", "Timestamp", "createdAfter", "createdBefore")

_Schema = dict[str, object]


class ProblemDetails(msgspec.Struct, rename="camel"):
    """Why a body could not be read."""

    type: str
    title: str
    status: int
    errors: dict[str, list[str]]
    trace_id: str


def document_of(routes: Iterable[Route]) -> bytes:
    """Return the document of some routes as JSON."""
    return _document(tuple(routes))


@lru_cache(maxsize=8)
def _document(routes: tuple[Route, ...]) -> bytes:
    structs: set[type[msgspec.Struct]] = {ProblemDetails}
    structs.update(route.binds for route in routes if route.binds is not None)
    for payload in PAYLOADS.values():
        structs.update(payload.structs)
    ordered = sorted(structs, key=lambda kind: kind.__name__)
    _, components = msgspec.json.schema_components(ordered, ref_template=_REF)
    for schema in components.values():
        _mark_times(schema)
    document = {
        "openapi": "3.1.0",
        "info": {
            "title": "ProjectX Gateway API (simulated)",
            "version": "v1",
            "description": "Domain failures are answered with 200 and an error code of the route.",
        },
        "paths": {route.path: _path(route) for route in routes},
        "components": {
            "schemas": components,
            "securitySchemes": {
                "Bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
            },
        },
    }
    return msgspec.json.encode(document)


def _path(route: Route) -> _Schema:
    name = route.path.removeprefix("/api/").replace("/", "_")
    operation: _Schema = {
        "tags": [name.partition("_")[0]],
        "operationId": name,
        "responses": _responses(route),
        "security": [] if route.open else [{"Bearer": []}],
    }
    summary = (route.handle.__doc__ or "").partition("\n")[0]
    if summary:
        operation["summary"] = summary
    if route.binds is not None:
        schema = {"$ref": _REF.format(name=route.binds.__name__)}
        operation["requestBody"] = {"required": True, "content": {_JSON: {"schema": schema}}}
    return {route.method.lower(): operation}


def _responses(route: Route) -> _Schema:
    answers: _Schema = {
        "200": {"description": "The answer", "content": {_JSON: {"schema": _answer(route)}}}
    }
    if route.binds is not None:
        problem = {"schema": {"$ref": _REF.format(name="ProblemDetails")}}
        answers["400"] = {"description": "Not bindable", "content": {_PROBLEM: problem}}
        answers["415"] = {"description": "Not JSON"}
    if not route.open:
        answers["401"] = {"description": "No valid token"}
    if route.bucket is not None:
        answers["429"] = {"description": "Too many requests"}
    answers["413"] = {"description": "A body of more than 1 MiB"}
    return answers


def _answer(route: Route) -> _Schema:
    payload = PAYLOADS.get(route.path)
    if payload is not None and payload.whole is not None:
        return payload.whole
    members = {} if payload is None else payload.members
    codes = CODES.get(route.path, {})
    return {
        "type": "object",
        "properties": {
            **members,
            "success": {"type": "boolean"},
            "errorCode": {
                "type": "integer",
                "format": "int32",
                "enum": [0, *codes],
                "x-enumNames": ["Success", *codes.values()],
            },
            "errorMessage": {"type": ["string", "null"]},
        },
        "required": [*members, "success", "errorCode", "errorMessage"],
    }


def _mark_times(schema: _Schema) -> None:
    properties = schema.get("properties")
    if not isinstance(properties, dict):
        return
    for name, member in properties.items():
        if name.endswith(_TIME_ENDINGS):
            for kind in (member, *member.get("anyOf", ())):
                if kind.get("type") == "string":
                    kind["format"] = "date-time"
