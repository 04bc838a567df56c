"""The OpenAPI document is true: it has the server's routes and no others, and answers are as it says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.routing import Route
from tests.unit.http.asgi_client import Client

from tiscam_emu.handle import Camera
from tiscam_emu.http.app import make_app
from tiscam_emu.http.bench import Bench
from tiscam_emu.http.routes import ROUTES

_KINDS: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
    "null": (type(None),),
    "array": (list,),
    "object": (dict,),
}


def _wrong(value: Any, schema: dict[str, Any], known: dict[str, Any], where: str = "answer") -> Iterator[str]:
    """Where a value is not as a schema says; of JSON Schema what the document uses."""
    if "$ref" in schema:
        yield from _wrong(value, known[schema["$ref"].rpartition("/")[2]], known, where)
    elif "anyOf" in schema:
        if all(list(_wrong(value, choice, known)) for choice in schema["anyOf"]):
            yield f"{where}: {value!r} is none of {schema['anyOf']}"
    elif "enum" in schema and value not in schema["enum"]:
        yield f"{where}: {value!r} is not in {schema['enum']}"
    elif not _is_of_kind(value, schema.get("type", [])):
        yield f"{where}: {value!r} is no {schema['type']}"
    else:
        yield from _wrong_inside(value, schema, known, where)


def _is_of_kind(value: Any, kinds: str | list[str]) -> bool:
    names = [kinds] if isinstance(kinds, str) else kinds
    switch = isinstance(value, bool)
    return not names or any(isinstance(value, _KINDS[kind]) and (kind == "boolean") == switch for kind in names)


def _wrong_inside(value: Any, schema: dict[str, Any], known: dict[str, Any], where: str) -> Iterator[str]:
    if isinstance(value, dict) and "properties" in schema:
        if missing := set(schema.get("required", ())) - value.keys():
            yield f"{where}: lacks {missing}"
        if extra := value.keys() - schema["properties"].keys():
            yield f"{where}: {extra} are not told of"
        for name in value.keys() & schema["properties"].keys():
            yield from _wrong(value[name], schema["properties"][name], known, f"{where}.{name}")
    if isinstance(value, list):
        for item in value:
            yield from _wrong(item, schema.get("items", {}), known, f"{where}[]")


def test_it_has_the_routes_of_the_server_and_no_others(bench: Bench) -> None:
    app = make_app(bench)
    starlette = app._app  # type: ignore[attr-defined]
    assert isinstance(starlette, Starlette)
    served = {
        (method, route.path)
        for route in starlette.routes
        if isinstance(route, Route) and route.include_in_schema
        for method in route.methods or ()
        if method != "HEAD"
    }
    paths = Client(app).get("/openapi.json").json()["paths"]
    told = {(method.upper(), path) for path, operations in paths.items() for method in operations}
    assert told == served
    for path, operations in paths.items():
        for operation in operations.values():
            places = {parameter["name"] for parameter in operation["parameters"] if parameter["in"] == "path"}
            assert places == {part[1:-1] for part in path.split("/") if part.startswith("{")}
    names = [operation["operationId"] for operations in paths.values() for operation in operations.values()]
    assert len(set(names)) == len(names)


ANSWERS_WITH_AN_END = [row for row in ROUTES if row.method == "GET" and row.gives != "text/event-stream"]


@pytest.mark.parametrize("row", ANSWERS_WITH_AN_END, ids=lambda row: row.path)
def test_answers_are_as_it_says(client: Client, camera: Camera, row: Any) -> None:
    camera["GPOut"] = 1
    camera.faults("busy=0.5")
    document = client.get("/openapi.json").json()
    known = document["components"]["schemas"]
    answer = client.get(row.path.format(name="left", feature="ExposureTime"))
    operation = document["paths"][row.path]["get"]
    content = operation["responses"][str(row.status)]["content"] if answer.status == row.status else {}
    content = content or operation["responses"]["default"]["content"]
    kind = answer.headers["content-type"]
    assert list(content) == [kind]
    if kind.endswith("json"):
        assert not list(_wrong(answer.json(), content[kind]["schema"], known))


def test_every_schema_that_is_named_is_there(client: Client) -> None:
    document = client.get("/openapi.json").json()

    def named(part: Any) -> Iterator[str]:
        if isinstance(part, dict):
            for key, value in part.items():
                if key == "$ref":
                    yield value.rpartition("/")[2]
                yield from named(value)
        elif isinstance(part, list):
            for value in part:
                yield from named(value)

    assert set(named(document)) <= document["components"]["schemas"].keys()


def test_the_check_finds_what_is_wrong() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}
    assert not list(_wrong({"a": 1}, schema, {}))
    wrongs: list[Any] = [{}, {"a": "1"}, {"a": True}, {"a": 1, "b": 2}, []]
    for wrong in wrongs:
        assert list(_wrong(wrong, schema, {}))
