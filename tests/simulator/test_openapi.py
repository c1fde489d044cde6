"""The served document: every route is in it, and answers keep to it."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from tests.simulator.scripted import house, post

from project_x_py.simulator._assembly import Assembly
from project_x_py.simulator._error_codes import CODES
from project_x_py.simulator._openapi import DOCUMENT_PATHS, document_of
from project_x_py.simulator._openapi_rows import PAYLOADS
from project_x_py.simulator._rest import Request, Route
from project_x_py.simulator._routes import ROUTES, ping


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """The document of all routes."""
    read: dict[str, Any] = msgspec.json.decode(document_of(ROUTES))
    return read


def schema_of(document: dict[str, Any], route: Route, *, request: bool) -> dict[str, Any]:
    """The schema of a route's body or answer."""
    operation = document["paths"][route.path][route.method.lower()]
    holder = operation["requestBody"] if request else operation["responses"]["200"]
    schema: dict[str, Any] = holder["content"]["application/json"]["schema"]
    return schema


def references(value: object) -> list[str]:
    """Every reference in a part of the document."""
    if isinstance(value, dict):
        own = [value["$ref"]] if "$ref" in value else []
        return own + [ref for member in value.values() for ref in references(member)]
    return [ref for item in value for ref in references(item)] if isinstance(value, list) else []


@pytest.mark.parametrize("path", sorted(DOCUMENT_PATHS))
async def test_it_is_served_without_a_token(path: str) -> None:
    """Both addresses serve the same document, to GET only."""
    parts = house()
    reply = await parts.front.answer(Request("GET", path, "", {}, b""))
    assert (reply.status, reply.body) == (200, document_of(ROUTES))
    assert reply.headers["content-type"].startswith("application/json")
    assert (await parts.front.answer(Request("POST", path, "", {}, b""))).status == 405


def test_every_route_is_described(document: dict[str, Any]) -> None:
    """Paths, methods, tokens and bodies are those of the table, and nothing else is there."""
    assert document["openapi"].startswith("3.1")
    described = {(p, m.upper()) for p, methods in document["paths"].items() for m in methods}
    assert described == {(route.path, route.method) for route in ROUTES}
    for route in ROUTES:
        operation = document["paths"][route.path][route.method.lower()]
        assert operation["security"] == ([] if route.open else [{"Bearer": []}])
        assert ("requestBody" in operation) == (route.binds is not None)
        assert ("401" in operation["responses"]) == (not route.open)


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    """Components that are named exist."""
    found = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    assert set(references(document)) <= found


def test_bodies_have_the_members_of_their_structs(document: dict[str, Any]) -> None:
    """Names are those of the wire, required is what has no default, times are times."""
    schemas = document["components"]["schemas"]
    for route in ROUTES:
        if route.binds is None:
            continue
        schema = schemas[schema_of(document, route, request=True)["$ref"].rpartition("/")[2]]
        fields = msgspec.structs.fields(route.binds)
        assert set(schema["properties"]) == {field.encode_name for field in fields}
        assert schema["required"] == [field.encode_name for field in fields if field.required]
    assert schemas["RetrieveBars"]["properties"]["startTime"]["format"] == "date-time"


def test_every_payload_belongs_to_a_route() -> None:
    """An answer is described for routes that exist, and a new route gets the bare envelope."""
    assert set(PAYLOADS) <= {route.path for route in ROUTES}
    new = Route("/api/New/thing", ping)
    schema = schema_of(msgspec.json.decode(document_of([new])), new, request=False)
    assert schema["required"] == ["success", "errorCode", "errorMessage"]


@pytest.mark.parametrize("route", [r for r in ROUTES if r.method == "POST"], ids=lambda r: r.path)
async def test_an_answer_has_the_members_of_its_description(
    document: dict[str, Any], route: Route
) -> None:
    """Success or failure, an envelope has the described members in their order."""
    parts: Assembly = house()
    body = dict.fromkeys(("userName", "apiKey", "password", "deviceId", "appId"), "x")
    body |= {"verifyKey": "x", "contractId": "x"}
    asked = {**body, "filter": {"accountId": 20514377}, "accountId": 20514377}
    reply = await post(parts, route.path, asked)
    assert reply.status == 200
    assert (
        list(msgspec.json.decode(reply.body))
        == schema_of(document, route, request=False)["required"]
    )


def test_error_codes_are_enumerated(document: dict[str, Any]) -> None:
    """Each route has its own, with their names."""
    for path, codes in CODES.items():
        for operation in document["paths"][path].values():
            answer = operation["responses"]["200"]["content"]["application/json"]["schema"]
            if "properties" in answer:
                described = answer["properties"]["errorCode"]
                assert described["enum"] == [0, *codes]
                assert described["x-enumNames"] == ["Success", *codes.values()]
