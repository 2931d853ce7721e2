"""What every public route of the CLOB surface does first."""

from functools import partial
from typing import TypeVar

from msgspec import Struct, json

from outcry.domain.rejects import Rejected
from outcry.runtime.envelope import accept
from outcry.runtime.forms import read_body, read_query
from outcry.services.api.http.asking import address, told
from outcry.services.api.http.parts import Asked, parts


FormT = TypeVar("FormT", bound=Struct)
BodyT = TypeVar("BodyT")


def admit(request: Asked) -> None:
    """Let a visitor in, unless their address asks too often."""
    gate, where = parts(request).gate, address(request)
    told(request, partial(gate.left, where))
    accept(gate.visitor(where))


def asked(request: Asked, form: type[FormT]) -> FormT:
    """Return the parameters of a visitor's request. Ones that nobody knows are let be."""
    admit(request)
    return accept(read_query(form, dict(request.query_params)))


async def asked_body(request: Asked, decoder: json.Decoder[BodyT]) -> BodyT:
    """Return the body of a visitor's request."""
    admit(request)
    read: BodyT | Rejected = read_body(decoder, await request.body())
    return accept(read)
