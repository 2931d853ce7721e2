"""What every route does first: who asks, from where, and with which parameters."""

from typing import Final, TypeVar

from outcry.runtime.envelope import accept
from outcry.runtime.forms import read_query
from outcry.runtime.identity import Principal
from outcry.services.api.forms import Query
from outcry.services.api.http.parts import Asked, parts


IDEMPOTENCY_KEY: Final = "idempotency-key"

QueryT = TypeVar("QueryT", bound=Query)


def address(request: Asked) -> str:
    """Return the address of the client, "" on a unix socket."""
    return request.client.host if request.client else ""


def visitor(request: Asked, form: type[QueryT]) -> QueryT:
    """Return the parameters of a request that needs no credentials."""
    accept(parts(request).gate.visitor(address(request)))
    return parameters(request, form)


def parameters(request: Asked, form: type[QueryT]) -> QueryT:
    """Return the parameters in the address."""
    return accept(read_query(form, dict(request.query_params)))


async def holder(request: Asked, scope: str) -> Principal:
    """Return who asks, when they are a user with *scope*."""
    return accept(await parts(request).gate.holder(scope, request.headers, address(request)))


async def admin(request: Asked) -> Principal:
    """Return the admin who asks."""
    return accept(await parts(request).gate.admin(request.headers, address(request)))
