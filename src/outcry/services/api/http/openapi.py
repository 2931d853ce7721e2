"""OpenAPI: what routes take, added to what the framework knows they return.

A route names its forms in ``opt``: ``query`` and ``body`` (structs), ``scope``. The same structs
that read requests therefore describe them. ``items`` names what a list in the body may hold, where
that is one of several forms.
"""

import re
from collections.abc import Iterator
from typing import Any, Final

from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.spec import (
    OpenAPIMediaType,
    OpenAPIResponse,
    Operation,
    Parameter,
    Reference,
    RequestBody,
    SecurityScheme,
)
from litestar.routes import HTTPRoute
from msgspec import json

from outcry.runtime.envelope import Envelope, Refusal
from outcry.services.api.http.examples import JSON, Examples
from outcry.services.api.http.glossary import WORDS, describe_fields


TOKEN: Final = "token"  # noqa: S105 - a name
SECURITY: Final = {
    TOKEN: SecurityScheme(type="http", scheme="bearer", bearer_format="JWT, ES256"),
    "api_key": SecurityScheme(type="apiKey", name="x-api-key", security_scheme_in="header"),
}
#: Components of this name are those of our forms; the framework's own are left as they are.
_REFERENCE: Final = "#/components/schemas/{name}"

Schema = dict[str, Any]


def describe(app: Litestar) -> None:
    """Complete the application's schema; called once, when all routes are there."""
    schema = app.openapi_schema
    components: dict[str, Any] = schema.components.schemas
    schema.components.security_schemes = dict(SECURITY)
    refused = _component(Envelope[Refusal], components)
    examples = Examples.load()
    for path, method, handler in _handlers(app):
        item = (schema.paths or {}).get(path)
        operation = getattr(item, method, None)
        if isinstance(operation, Operation):
            _complete(operation, handler, components)
            _name_plainly(operation, components)
            if path.startswith("/api") and operation.responses is not None:
                # The framework's own refusals never get out: ours are the default for all.
                good = {
                    status: answer
                    for status, answer in operation.responses.items()
                    if status == "200"
                }
                operation.responses = {**good, "default": _refusal(refused)}
            examples.complete(path, method, operation)
    for name, component in components.items():
        describe_fields(name, component)


def _handlers(app: Litestar) -> Iterator[tuple[str, str, HTTPRouteHandler]]:
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            for method, (handler, _) in route.route_handler_map.items():
                yield route.path_format or "/", method.lower(), handler


def _complete(operation: Operation, handler: HTTPRouteHandler, components: dict[str, Any]) -> None:
    for parameter in operation.parameters or ():
        if isinstance(parameter, Parameter):
            parameter.description = parameter.description or WORDS.get(parameter.name)
    if "query" in handler.opt:
        operation.parameters = [*(operation.parameters or []), *_parameters(handler.opt["query"])]
    if "body" in handler.opt:
        forms = handler.opt["body"]
        forms = forms if isinstance(forms, tuple) else (forms,)
        schemas = [_component(form, components) for form in forms]
        for name, kinds in handler.opt.get("items", {}).items():
            listed = components[forms[0].__name__]["properties"][name]
            listed["items"] = {"anyOf": [_component(kind, components) for kind in kinds]}
        content = _media(schemas[0] if len(schemas) == 1 else {"anyOf": schemas})
        filled = all(components[form.__name__].get("required") for form in forms)
        operation.request_body = RequestBody(content={JSON: content}, required=filled)
    scope = handler.opt.get("scope")
    if scope:
        operation.security = [{name: []} for name in ([TOKEN] if scope == TOKEN else SECURITY)]
        needed = "a token" if scope == TOKEN else f"scope `{scope}`"
        operation.description = f"{operation.description}\n\nNeeds {needed}."


def _name_plainly(operation: Operation, components: dict[str, Any]) -> None:
    """Take module names out of the names of generic answers."""
    for response in (operation.responses or {}).values():
        for media in (getattr(response, "content", None) or {}).values():
            reference = media.schema
            if isinstance(reference, Reference) and "." in reference.ref:
                name = reference.ref.rpartition("/")[2]
                plain = re.sub(r"outcry\.(?:\w+\.)*", "", name)
                components[plain] = components.pop(name, components.get(plain))
                reference.ref = _REFERENCE.format(name=plain)


def _parameters(form: type) -> list[Parameter]:
    schema = json.schema_components([form])[1][form.__name__]
    describe_fields(form.__name__, schema)
    required = schema.get("required", ())
    return [
        Parameter(name=name, param_in="query", required=name in required, schema=field)
        for name, field in schema["properties"].items()
    ]


def _component(form: Any, components: dict[str, Any]) -> Schema:  # noqa: ANN401 - a type form
    (reference,), found = json.schema_components([form], ref_template=_REFERENCE)
    components.update(found)
    return reference


def _media(schema: Schema) -> OpenAPIMediaType:
    return OpenAPIMediaType(schema=schema)  # type: ignore[arg-type]


def _refusal(schema: Schema) -> OpenAPIResponse:
    return OpenAPIResponse(description="The request was declined.", content={JSON: _media(schema)})
