"""What every private route of the CLOB surface does first: who asks, and how often."""

import time
from functools import partial
from typing import Any, TypeVar, cast

from msgspec import json

from outcry.domain.rejects import Rejected
from outcry.runtime.clob_identity import Holder
from outcry.runtime.envelope import Refused, accept
from outcry.runtime.forms import read_body, read_query
from outcry.runtime.identity import TRADE
from outcry.services.api.clob.gate import Asking
from outcry.services.api.clob.login import Login
from outcry.services.api.http.asking import SIGNER_RATE, address, told
from outcry.services.api.http.parts import Asked, clob, parts


FormT = TypeVar("FormT")


async def asking(request: Asked) -> Asking:
    """Return the request as it came, its body whole."""
    path = request.scope.get("raw_path") or request.scope["path"].encode()
    body = await request.body()
    return Asking(request.method, path.decode("latin-1"), request.headers, body, address(request))


async def login(request: Asked) -> Login:
    """Return the address that logs in, when it does not so too often."""
    door, where = clob(request).private, address(request)
    told(request, partial(door.login_rates.state, where))
    accept(door.login_rates.take(where))
    return accept(door.gate.login(await asking(request), time.time()))


async def holder(request: Asked, scope: str) -> Holder:
    """Return who asks, when they hold a key with *scope*, and not too often."""
    gate = clob(request).private.gate
    told(request, partial(parts(request).gate.left, address(request)))
    found = accept(await gate.holder(await asking(request), scope, time.time()))
    counted(request, found)
    return found


async def trader(request: Asked) -> Holder:
    """Return who asks to enter or cancel orders; the answer says what is left of that limit."""
    found = await holder(request, TRADE)
    left = partial(clob(request).private.order_rates.state, found.principal.account)
    cast("dict[str, Any]", request.scope)[SIGNER_RATE] = left
    return found


def counted(request: Asked, found: Holder) -> None:
    """Count a request of a holder."""
    holders = parts(request).holders
    key = ("key", found.principal.key_id)
    told(request, partial(holders.state, key))
    limited = holders.take(key)
    if limited:
        raise Refused(limited)


async def form(request: Asked, decoder: json.Decoder[FormT]) -> FormT:
    """Return the form in the body."""
    read: FormT | Rejected = read_body(decoder, await request.body())
    return accept(read)


def query(request: Asked, wanted: type[FormT]) -> FormT:
    """Return the parameters in the address."""
    read: FormT | Rejected = read_query(wanted, dict(request.query_params))
    return accept(read)
