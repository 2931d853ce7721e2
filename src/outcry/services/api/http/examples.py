"""Examples for the schema: requests that were made and answers that were given.

``examples.json`` beside this file is taken from docs/reference/http.md, whose every answer came
from an exchange; a test holds the three together.
"""

import re
from pathlib import Path
from typing import Any, Final, cast

from litestar.openapi.spec import OpenAPIMediaType, OpenAPIResponse, Operation, RequestBody
from msgspec import Struct, json


FILE: Final = Path(__file__).with_name("examples.json")
JSON: Final = "application/json"
_PARAMETER: Final = re.compile(r"\{[^}]*\}")


class Example(Struct, frozen=True, omit_defaults=True):
    """One request with its answer."""

    method: str
    path: str
    answer: dict[str, Any]
    query: dict[str, str] = {}
    body: dict[str, Any] | None = None
    status: int = 200


class Examples:
    """All of them, by the route that they are of."""

    def __init__(self, examples: list[Example]) -> None:
        """The first one of a route that went well counts, and the first that was declined."""
        self._examples = examples

    @classmethod
    def load(cls) -> "Examples":
        """Read the file."""
        return cls(json.decode(FILE.read_bytes(), type=list[Example]))

    def complete(self, path: str, method: str, operation: Operation) -> None:
        """Add to *operation* what the file has of its route."""
        shape = re.compile(_PARAMETER.sub("[^/]+", path))
        found = [
            one
            for one in self._examples
            if one.method.lower() == method and shape.fullmatch(one.path)
        ]
        good = next((one for one in found if one.status == 200), None)  # noqa: PLR2004 - good
        declined = next((one for one in found if one.status != 200), None)  # noqa: PLR2004
        asked = good or declined
        if asked is not None and asked.body is not None and operation.request_body is not None:
            cast("RequestBody", operation.request_body).content[JSON].example = asked.body
        if good is not None:
            _show(operation, "200", good)
            for parameter in operation.parameters or ():
                name = getattr(parameter, "name", "")
                if name in good.query:
                    parameter.example = good.query[name]  # type: ignore[union-attr]
        if declined is not None:
            _show(operation, "default", declined)


def _show(operation: Operation, status: str, example: Example) -> None:
    response = (operation.responses or {}).get(status)
    if isinstance(response, OpenAPIResponse):
        for media in (response.content or {}).values():
            if isinstance(media, OpenAPIMediaType):
                media.example = example.answer
