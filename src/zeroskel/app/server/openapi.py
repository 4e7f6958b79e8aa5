"""The OpenAPI description of the REST routes."""

import json
from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from zeroskel.app.server.errors import Problem, problems
from zeroskel.app.server.progress_lines import TimelineLine
from zeroskel.app.server.wire import AdaptRequest, ExplainRequest, PredictRequest, TimelineRequest

DESCRIBED: tuple[type[BaseModel], ...] = (
    PredictRequest,
    ExplainRequest,
    TimelineRequest,
    AdaptRequest,
    Problem,
    TimelineLine,
)
EVERYWHERE = (400, 401, 403, 405, 421, 500, 503)  # statuses of all routes
OPEN_PATHS = ("/api/v1/health",)  # need no token
BEARER = {
    "type": "http",
    "scheme": "bearer",
    "description": "The token of --token or ZEROSKEL_TOKEN. A server on the loopback may have none.",
}


class Application(FastAPI):
    """FastAPI application with a complete OpenAPI description.

    The description includes the bodies that the routes read themselves, the security scheme, and the problems.

    Args:
        needs_token: whether clients must send a token.
        options: options of FastAPI.
    """

    def __init__(self, *, needs_token: bool, **options: Any) -> None:
        super().__init__(**options)
        self.needs_token = needs_token

    def openapi(self) -> dict[str, Any]:
        """Return the OpenAPI description."""
        if self.openapi_schema is None:
            self.openapi_schema = complete(super().openapi(), needs_token=self.needs_token)
        return self.openapi_schema


def complete(description: dict[str, Any], *, needs_token: bool) -> dict[str, Any]:
    """Return FastAPI's description with request bodies, security scheme and problems of all routes."""
    _, models = models_json_schema(
        [(model, "validation") for model in DESCRIBED], ref_template="#/components/schemas/{model}"
    )
    components = description.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    schemas.update(models["$defs"])
    components["securitySchemes"] = {"bearer": BEARER}
    for path, operations in description["paths"].items():
        for operation in operations.values():
            responses = operation["responses"]
            for status, answer in problems(*EVERYWHERE).items():
                responses.setdefault(str(status), answer)
            operation["responses"] = dict(sorted(responses.items()))
            if path not in OPEN_PATHS:
                operation["security"] = [{"bearer": []}] if needs_token else [{}, {"bearer": []}]
    text = json.dumps(description["paths"])
    for name in ("HTTPValidationError", "ValidationError"):  # of FastAPI; this server sends problems
        if f'schemas/{name}"' not in text:
            schemas.pop(name, None)
    return description
