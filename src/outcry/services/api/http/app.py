"""The HTTP application: all routes, their parts, and what surrounds them."""

from collections.abc import Sequence
from importlib.metadata import version

from litestar import Litestar, Router
from litestar.datastructures import State
from litestar.di import Provide
from litestar.openapi import OpenAPIConfig
from litestar.types import ASGIApp

from outcry.services.api.http import errors
from outcry.services.api.http.charts import chart_routes
from outcry.services.api.http.clob import clob_routes
from outcry.services.api.http.docs_page import DocsPage
from outcry.services.api.http.health import health_routes
from outcry.services.api.http.hot import Hot
from outcry.services.api.http.openapi import describe
from outcry.services.api.http.operating import operating_routes
from outcry.services.api.http.ordering import ordering_routes
from outcry.services.api.http.parts import PARTS, Parts
from outcry.services.api.http.people import people_routes
from outcry.services.api.http.private import private_routes
from outcry.services.api.http.public import public_routes
from outcry.services.api.http.shell import Shell
from outcry.services.api.http.social import social_routes
from outcry.services.api.http.watched import Watched


def create_app(
    parts: Parts, routers: Sequence[Router], *, body_bytes_max: int, origins: tuple[str, ...]
) -> ASGIApp:
    """Return the application; *routers* are those of other services of this process.

    Pages of *origins* may ask it; ``*`` is any.
    """
    app = Litestar(
        route_handlers=[
            public_routes(),
            chart_routes(),
            ordering_routes(),
            private_routes(),
            social_routes(),
            operating_routes(),
            people_routes(),
            health_routes(),
            *(clob_routes() if parts.clob is not None else ()),
            *routers,
        ],
        state=State({PARTS: parts}),
        dependencies={"gate": Provide(lambda: parts.gate, sync_to_thread=False)},
        exception_handlers=errors.handlers(),
        request_max_body_size=body_bytes_max,
        openapi_config=OpenAPIConfig(
            title="Outcry",
            version=version("openoutcry"),
            description="A prediction-market exchange. Every answer is {code, msg, data}.",
            path="/docs",
            render_plugins=[DocsPage()],
            use_handler_docstrings=True,
        ),
        logging_config=None,
    )
    describe(app)
    return Shell(Watched(Hot(app, parts, body_bytes_max), parts.registry), origins)
