"""What every route does first: who asks, from where, and with which parameters."""

from collections.abc import Callable
from functools import partial
from typing import Any, Final, TypeVar, cast

from outcry.domain.rejects import Reject, Rejected
from outcry.runtime.envelope import Refused, accept
from outcry.runtime.forms import read_query
from outcry.runtime.identity import READ, Principal
from outcry.services.api.forms import (
    AccountQuery,
    BalanceQuery,
    ClosedQuery,
    PositionsQuery,
    Query,
)
from outcry.services.api.http.parts import Asked, parts


IDEMPOTENCY_KEY: Final = "idempotency-key"
#: Where a request keeps what says how much of its limit is left.
RATE: Final = "outcry.rate"
#: The same of the limit on orders, which the CLOB surface tells under names of its own.
SIGNER_RATE: Final = "outcry.signer_rate"

QueryT = TypeVar("QueryT", bound=Query)
AccountT = TypeVar("AccountT", BalanceQuery, PositionsQuery, ClosedQuery, AccountQuery)


def address(request: Asked) -> str:
    """Return the address of the client, "" on a unix socket."""
    return request.client.host if request.client else ""


def told(request: Asked, left: Callable[[], tuple[int, int, int]]) -> None:
    """Have the answer say what is left of the limit that counts for this request."""
    # A scope is open to additions; its declared type is not.
    cast("dict[str, Any]", request.scope)[RATE] = left


def visitor(request: Asked, form: type[QueryT]) -> QueryT:
    """Return the parameters of a request that needs no credentials."""
    gate, where = parts(request).gate, address(request)
    told(request, partial(gate.left, where))
    accept(gate.visitor(where))
    return parameters(request, form)


async def onlooker(request: Asked, form: type[AccountT]) -> AccountT:
    """Return the parameters of a read about a user; only the user may ask for further accounts."""
    read = visitor(request, form)
    if read.account:
        who = await holder(request, READ)
        if who.user_id != read.uid:
            accept(Rejected(Reject.ACCOUNT_UNKNOWN, str(read.account)))
    return read


def parameters(request: Asked, form: type[QueryT]) -> QueryT:
    """Return the parameters in the address."""
    return accept(read_query(form, dict(request.query_params)))


async def holder(request: Asked, scope: str) -> Principal:
    """Return who asks, when they are a user with *scope*, and not too often."""
    gate, where = parts(request).gate, address(request)
    told(request, partial(gate.left, where))
    found = accept(await gate.holder(scope, request.headers, where))
    holders = parts(request).holders
    key = ("key", found.key_id) if found.key_id else ("user", found.user_id)
    told(request, partial(holders.state, key))
    limited = holders.take(key)
    if limited:
        raise Refused(limited)
    return found


async def admin(request: Asked) -> Principal:
    """Return the admin who asks."""
    return accept(await parts(request).gate.admin(request.headers, address(request)))
