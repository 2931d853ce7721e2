"""The documentation of the HTTP door: complete, and true when the same day is lived again."""

import re

from msgspec import json
from tests.support.http_door import http_door
from tools import write_http_page

from outcry.services.api.http.examples import FILE, Example
from outcry.services.api.http.glossary import PARTICULAR, WORDS


async def test_the_examples_are_what_an_exchange_answers() -> None:
    """docs/reference/http.md is what tools/write_http_page.py writes, but for moving numbers."""
    page = write_http_page.PAGE.read_text("utf-8")

    assert write_http_page.steady(await write_http_page.render()) == write_http_page.steady(page)


def test_the_schema_has_the_examples_of_the_page() -> None:
    """examples.json is what tools/write_http_page.py takes from the page."""
    page = write_http_page.PAGE.read_text("utf-8")
    assert json.decode(FILE.read_bytes(), type=list[Example]) == write_http_page.examples(page)


async def test_every_route_is_described_and_shown() -> None:
    """Each route has a description and forms in OpenAPI, a place at /docs and an example."""
    page = write_http_page.PAGE.read_text("utf-8")
    async with http_door() as door:
        schema = (await door.client.get("/docs/openapi.json")).json()
        html = (await door.client.get("/docs")).text

    assert len(schema["paths"]) > 30
    for path, item in schema["paths"].items():
        for method, operation in item.items():
            assert operation["description"], path
            assert f"{method.upper()} {path}" in html
            shape = re.sub(r"\\{\w+\\}", r"\\d+", re.escape(path))
            if path.startswith("/api"):
                answers = [
                    shown
                    for answer in operation["responses"].values()
                    for shown in answer["content"].values()
                ]
                assert any("example" in shown for shown in answers), path
                body = operation.get("requestBody")
                assert not body or "example" in body["content"]["application/json"], path
                assert re.search(rf"^{method.upper()} {shape}(\?|$)", page, re.MULTILINE), path
                assert "default" in operation["responses"], path
            else:
                assert f"`{path}`" in page, path


async def test_the_schema_names_what_it_refers_to() -> None:
    """No reference in the schema leads nowhere, and the page needs nothing from elsewhere."""
    async with http_door() as door:
        answer = await door.client.get("/docs/openapi.json")
        html = (await door.client.get("/docs")).text

    names = set(re.findall(r'"#/components/schemas/([^"]+)"', answer.text))
    assert names <= set(answer.json()["components"]["schemas"])
    assert "PlaceBody" in names
    assert not re.search(r"(src|href)=.(https?:)?//", html)
    assert "<script" not in html


async def test_every_field_says_what_it_means() -> None:
    """Each field of a form or answer, and each parameter, has words; no word is left over."""
    async with http_door() as door:
        schema = (await door.client.get("/docs/openapi.json")).json()
    names = set()
    for form, component in schema["components"]["schemas"].items():
        for field, kind in component.get("properties", {}).items():
            assert "$ref" in kind or kind.get("description"), f"{form}.{field}"
            names |= {field, f"{form}.{field}"}
    for item in schema["paths"].values():
        for operation in item.values():
            for parameter in operation.get("parameters", ()):
                told = parameter.get("description") or parameter["schema"].get("description")
                assert told, parameter
                names.add(parameter["name"])
    assert set(WORDS) <= names
    forms = {name.partition(".")[0] for name in PARTICULAR} - set(schema["components"]["schemas"])
    assert all(form.endswith("Query") for form in forms)
