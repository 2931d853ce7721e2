"""Envelope: how every answer over HTTP looks, and where each reject number goes.

``{"code": 0, "msg": "success", "data": ...}`` on success. On a reject ``code`` is the family that
clients of such exchanges know (2001 …), ``msg`` is the sentence, and ``data`` holds the number,
which is the same on every door. Nothing here knows a web library.
"""

from typing import Final, Generic, TypeVar

from msgspec import Struct

from outcry.domain.rejects import Reject, Rejected
from outcry.messages.requests import Declined
from outcry_wire.sentences import SENTENCES


DataT = TypeVar("DataT")
OutcomeT = TypeVar("OutcomeT")

SUCCESS: Final = 0
AUTHENTICATION: Final = 2001
ADDRESS: Final = 2002
PARAMETER: Final = 2003
USER: Final = 2004
EVENT: Final = 2005
MARKET: Final = 2006
TOKEN: Final = 2007
SIGNATURE: Final = 2008
SEASON: Final = 2009
EVENT_EXPIRED: Final = 2010
OTHER: Final = 2997
INTERNAL: Final = 2998

#: What each family means, for the reference.
FAMILIES: Final = {
    AUTHENTICATION: "authentication",
    ADDRESS: "address missing",
    PARAMETER: "parameter",
    USER: "user",
    EVENT: "event",
    MARKET: "market",
    TOKEN: "token",
    SIGNATURE: "signature",
    SEASON: "season",
    EVENT_EXPIRED: "event expired",
    OTHER: "declined",
    INTERNAL: "internal",
}

#: By the hundred of the number.
_BAND_FAMILIES: Final = {1: PARAMETER, 2: AUTHENTICATION, 4: PARAMETER, 6: MARKET}
_FAMILIES: Final = {
    Reject.SIGNATURE_INVALID: SIGNATURE,
    Reject.SIGNED_ORDERS_UNSUPPORTED: SIGNATURE,
    Reject.UNSIGNED_ORDERS_DISABLED: SIGNATURE,
    Reject.ADDRESS_MISSING: ADDRESS,
    Reject.ADDRESS_TAKEN: ADDRESS,
    Reject.ORDER_NONCE_INVALID: SIGNATURE,
    Reject.ORDER_FEE_RATE_INVALID: SIGNATURE,
    Reject.ORDER_VERSION: SIGNATURE,
    Reject.USER_UNKNOWN: USER,
    Reject.ACCOUNT_UNKNOWN: USER,
    Reject.EVENT_UNKNOWN: EVENT,
    Reject.MARKET_UNKNOWN: MARKET,
    Reject.INSTRUMENT_UNKNOWN: MARKET,
    Reject.TOKEN_UNKNOWN: TOKEN,
    Reject.OUTCOME_INVALID: TOKEN,
    Reject.TOKEN_OF_OTHER_MARKET: TOKEN,
    Reject.SEASON_UNKNOWN: SEASON,
    Reject.AMOUNT_INVALID: PARAMETER,
    Reject.MARKET_ENDED: EVENT_EXPIRED,
    Reject.PAYOUT_INVALID: PARAMETER,
    Reject.EVENT_IDENTIFIER_REUSED: EVENT,
    Reject.END_IN_PAST: PARAMETER,
    Reject.TOKEN_REUSED: TOKEN,
    Reject.CLOCK_NOT_MANUAL: OTHER,
    Reject.CLOCK_BACKWARDS: PARAMETER,
    Reject.UNAVAILABLE: INTERNAL,
}

#: By the hundred of the number: malformed, not allowed, not there, not acceptable, not possible
#: now, and the book's own refusals.
_BAND_STATUSES: Final = {1: 400, 2: 401, 3: 404, 4: 422, 5: 422, 6: 409, 7: 409, 8: 422}
_STATUSES: Final = {
    Reject.BODY_TOO_LARGE: 413,
    Reject.BATCH_TOO_LARGE: 413,
    Reject.ROUTE_UNKNOWN: 404,
    Reject.METHOD_NOT_ALLOWED: 405,
    Reject.RATE_LIMITED: 429,
    Reject.SUBSCRIPTIONS_LIMIT: 429,
    Reject.CONNECTIONS_LIMIT: 429,
    Reject.SCOPE_MISSING: 403,
    Reject.NOT_OWNER: 403,
    Reject.SIGNATURE_INVALID: 422,
    Reject.SIGNED_ORDERS_UNSUPPORTED: 422,
    Reject.UNSIGNED_ORDERS_DISABLED: 403,
    Reject.ADDRESS_MISSING: 422,
    Reject.GUESSING: 429,
    Reject.ADDRESS_TAKEN: 409,
    Reject.CLOB_KEY_EXISTS: 409,
    Reject.CLIENT_ORDER_ID_REUSED: 409,
    Reject.KEY_REUSED: 409,
    Reject.BUSY: 503,
    Reject.SHUTTING_DOWN: 503,
    Reject.MODE_FORBIDS: 503,
    Reject.UNAVAILABLE: 503,
}


class Envelope(Struct, Generic[DataT]):
    """Every answer."""

    code: int
    msg: str
    data: DataT


class Refusal(Struct, omit_defaults=True):
    """The data of a declined request: ``reject`` and ``name`` say which rule it was."""

    reject: int
    name: str
    got: str | None = None
    expected: str | None = None
    retry_after_ms: int = 0
    #: The order that was numbered and then declined by the book, 0 when none was.
    order_id: int = 0
    n: int = 0


class Refused(Exception):
    """Ends a request at the edge of a door, which answers it with `refusal`."""

    def __init__(
        self, rejected: Rejected, *, retry_after_ms: int = 0, order_id: int = 0, n: int = 0
    ) -> None:
        """Remember what to answer."""
        super().__init__(rejected.reject.name)
        self.rejected = rejected
        self.retry_after_ms = retry_after_ms
        self.order_id = order_id
        self.n = n


def accept(outcome: OutcomeT | Rejected | Declined) -> OutcomeT:
    """Return *outcome* unless it is a refusal; raises `Refused` then, for the door to answer."""
    if isinstance(outcome, Rejected):
        raise Refused(outcome)
    if isinstance(outcome, Declined):
        rejected = Rejected(Reject(outcome.reject), outcome.got, outcome.expected)
        raise Refused(rejected, retry_after_ms=outcome.retry_after_ms)
    return outcome


def success(data: DataT) -> Envelope[DataT]:
    """Return *data* as a successful answer."""
    return Envelope(SUCCESS, "success", data)


def refusal(refused: Refused) -> Envelope[Refusal]:
    """Return the answer to a request that was declined."""
    reject, got, expected = refused.rejected
    data = Refusal(
        reject,
        reject.name,
        got or None,
        expected or None,
        refused.retry_after_ms,
        refused.order_id,
        refused.n,
    )
    return Envelope(family(reject), SENTENCES[reject], data)


def family(reject: Reject) -> int:
    """Return the ``code`` of *reject*."""
    return _FAMILIES.get(reject) or _BAND_FAMILIES.get(reject // 100, OTHER)


def http_status(reject: Reject) -> int:
    """Return the HTTP status of *reject*."""
    return _STATUSES.get(reject) or _BAND_STATUSES[reject // 100]
