"""The web side of the HTTP door: routes, errors, documentation, server."""

from litestar import Router

from outcry.services.api.http.app import create_app
from outcry.services.api.http.parts import Parts
from outcry.services.api.http.server import HttpServer


__all__ = ["HttpServer", "Parts", "Router", "create_app"]
