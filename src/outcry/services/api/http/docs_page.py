"""The page at /docs: the OpenAPI schema as plain HTML. No script, nothing from elsewhere."""

from collections.abc import Iterator
from html import escape
from typing import Any, Final

from litestar import Request
from litestar.openapi.plugins import OpenAPIRenderPlugin
from msgspec import json


Schema = dict[str, Any]

_METHODS: Final = ("get", "post")
_STYLE: Final = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
code, pre { font: 14px/1.45 ui-monospace, monospace }
h2 { margin: 2.5rem 0 .25rem; border-top: 1px solid #ccc; padding-top: 1rem }
h2 code { font-size: 18px }
table { border-collapse: collapse; width: 100% }
pre { overflow-x: auto }
td { border-bottom: 1px solid #eee; padding: .25rem .75rem .25rem 0; vertical-align: top }
nav { columns: 3 }
@media (prefers-color-scheme: dark) {
  body { background: #111; color: #ddd } a { color: #8bf }
  h2 { border-color: #444 } td { border-color: #333 }
}
"""


class DocsPage(OpenAPIRenderPlugin):
    """Renders the schema for a person."""

    def __init__(self) -> None:
        """Stand at the root of the documentation."""
        super().__init__(path="/")

    def render(self, request: Request[Any, Any, Any], openapi_schema: Schema) -> bytes:
        """Return the whole page."""
        del request
        return page(openapi_schema).encode()


def page(schema: Schema) -> str:
    """Return the page of an OpenAPI schema."""
    title = escape(schema["info"]["title"])
    routes = list(_routes(schema))
    index = "".join(
        f'<a href="#{escape(anchor)}">{escape(method.upper())} {escape(path)}</a><br>'
        for path, method, anchor, _ in routes
    )
    sections = "".join(_section(schema, *route) for route in routes)
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{_STYLE}</style><h1>{title} {escape(schema['info']['version'])}</h1>"
        f"<p>{escape(schema['info'].get('description', ''))} "
        'As data: <a href="/docs/openapi.json">openapi.json</a>.</p>'
        f"<nav>{index}</nav>{sections}</html>"
    )


def _routes(schema: Schema) -> Iterator[tuple[str, str, str, Schema]]:
    for path, item in sorted(schema["paths"].items()):
        for method in _METHODS:
            if method in item:
                yield path, method, f"{method}{path}".replace("/", "-"), item[method]


def _section(schema: Schema, path: str, method: str, anchor: str, operation: Schema) -> str:
    parts = [
        f'<h2 id="{escape(anchor)}"><code>{escape(method.upper())} {escape(path)}</code></h2>',
        *(f"<p>{escape(text)}</p>" for text in operation.get("description", "").split("\n\n")),
    ]
    parameters = [
        (parameter["name"], parameter["schema"], parameter.get("required", False))
        for parameter in operation.get("parameters", ())
    ]
    if parameters:
        parts.append(f"<h3>Parameters</h3>{_table(schema, parameters)}")
    body = operation.get("requestBody")
    if body:
        parts.append(f"<h3>Body</h3>{_fields(schema, _content(body))}{_example(body)}")
    answer = operation.get("responses", {}).get("200")
    if answer and "content" in answer:
        parts.append(f"<h3>Answer</h3>{_fields(schema, _content(answer))}{_example(answer)}")
    return "".join(parts)


def _example(holder: Schema) -> str:
    """Return what was once sent or answered, as it was."""
    example = next(iter(holder["content"].values())).get("example")
    return "" if example is None else f"<pre>{escape(_indented(example))}</pre>"


def _indented(example: object) -> str:
    return json.format(json.encode(example), indent=2).decode()


def _content(holder: Schema) -> Schema:
    media: Schema = next(iter(holder["content"].values()))
    return media.get("schema", {})  # type: ignore[no-any-return]


def _resolve(schema: Schema, node: Schema) -> Schema:
    while "$ref" in node:
        name = node["$ref"].rpartition("/")[2]
        node = schema["components"]["schemas"][name]
    return node


def _fields(schema: Schema, node: Schema) -> str:
    found = _resolve(schema, node)
    required = found.get("required", ())
    rows = [(name, field, name in required) for name, field in found.get("properties", {}).items()]
    return _table(schema, rows) if rows else f"<p>{escape(_kind(schema, node))}</p>"


def _table(schema: Schema, rows: list[tuple[str, Schema, bool]]) -> str:
    lines = []
    for name, field, required in rows:
        note = field.get("description", "")
        if not required and field.get("default") not in (None, ""):
            note = f"{note} Default: {field['default']}.".strip()
        lines.append(
            f"<tr><td><code>{escape(name)}</code>{'' if required else ' (optional)'}"
            f"<td>{escape(_kind(schema, field))}<td>{escape(note)}"
        )
    return f"<table>{''.join(lines)}</table>"


def _kind(schema: Schema, node: Schema) -> str:
    """Return the type of a field in words."""
    if "enum" in node:
        return " | ".join(str(value) for value in node["enum"])
    if "$ref" in node:
        found = _resolve(schema, node)
        names = ", ".join(found.get("properties", ()))
        return f"{{{names}}}" if names else node["$ref"].rpartition("/")[2]
    for key in ("anyOf", "oneOf"):
        if key in node:
            return " | ".join(_kind(schema, choice) for choice in node[key])
    kind = node.get("type", "any")
    if kind == "array" and isinstance(node.get("items"), dict):
        return f"list of {_kind(schema, node['items'])}"
    return " | ".join(kind) if isinstance(kind, list) else str(kind)
