"""The documentation of the interface: a page without scripts, and the AsyncAPI description of the stream."""

import json
from collections.abc import Callable, Iterator
from functools import cache
from importlib import resources
from typing import Any

from fastapi import APIRouter
from starlette.responses import HTMLResponse, JSONResponse, Response

from zeroskel import __version__

Schema = dict[str, Any]


def documentation_routes(openapi: Callable[[], Schema]) -> APIRouter:
    """Return a router for /docs and /asyncapi.json.

    Args:
        openapi: function that returns the OpenAPI description.
    """
    router = APIRouter(include_in_schema=False)

    @router.get("/docs")
    def page() -> Response:
        return HTMLResponse(render_page(openapi(), asyncapi()))

    @router.get("/docs/style.css")
    def style() -> Response:
        return Response(_resource("documentation.css"), media_type="text/css")

    @router.get("/asyncapi.json")
    def stream_description() -> Response:
        return JSONResponse(asyncapi())

    return router


@cache
def asyncapi() -> Schema:
    """Return the AsyncAPI description of the stream."""
    description: Schema = json.loads(_resource("asyncapi.json"))
    description["info"]["version"] = __version__
    return description


def render_page(openapi: Schema, stream: Schema) -> str:
    """Return the documentation page of the routes and of the stream."""
    import jinja2  # takes a while to import; only this page needs it

    environment = jinja2.Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.globals.update(type_text=type_text, fields=fields, content_types=content_types)
    return environment.from_string(_resource("documentation.html.j2")).render(openapi=openapi, stream=stream)


def type_text(schema: Schema) -> str:
    """Return the type of a schema in words, such as "list of number or null"."""
    if "$ref" in schema:
        return str(schema["$ref"]).rsplit("/", 1)[-1]
    for union in ("anyOf", "oneOf"):
        if union in schema:
            return " or ".join(dict.fromkeys(type_text(option) for option in schema[union]))
    if "const" in schema:
        return json.dumps(schema["const"])
    if "enum" in schema:
        return "one of " + ", ".join(json.dumps(value) for value in schema["enum"])
    if schema.get("type") == "array":
        return f"list of {type_text(schema.get('items', {}))}"
    if schema.get("type") == "object" and isinstance(schema.get("additionalProperties"), dict):
        return f"object of {type_text(schema['additionalProperties'])}"
    if schema.get("type") == "object" and "properties" in schema:
        return "object with " + ", ".join(schema["properties"])
    return str(schema.get("type", "anything"))


def fields(schema: Schema) -> Iterator[tuple[str, str, bool, str]]:
    """Yield name, type, whether it is required, and description of each property of a schema."""
    for name, entry in schema.get("properties", {}).items():
        yield name, type_text(entry), name in schema.get("required", ()), entry.get("description", "")


def content_types(answer: Schema) -> str:
    """Return the media types of a body or an answer with the names of their schemas."""
    content = answer.get("content", {})
    return "; ".join(
        f"{media}: {type_text(entry['schema'])}" if "schema" in entry else media for media, entry in content.items()
    )


def _resource(name: str) -> str:
    return (resources.files("zeroskel.resources") / name).read_text(encoding="utf-8")
