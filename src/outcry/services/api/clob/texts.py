"""How the CLOB surface says no: our reject numbers in the words that its clients compare. Pure.

``error`` is one text. Where official clients compare it literally (research notes, §1.4) it is that
text alone; else our sentence. What was got and expected stands beside it, with our number.
"""

from typing import Final, NamedTuple

from msgspec import Struct

from outcry.domain.rejects import Reject, Rejected


NO_BALANCE: Final = "not enough balance / allowance"
NOT_READY: Final = "the market is not yet ready to process new orders"
CROSSES: Final = "invalid post-only order: order crosses book"
POST_ONLY_MODE: Final = "post-only mode: only post-only orders and cancels are allowed"
BAD_EXPIRATION: Final = "invalid expiration"
BAD_NONCE: Final = "invalid nonce"
OTHER_VERSION: Final = "order_version_mismatch"
FOK_UNFILLED: Final = (
    "order couldn't be fully filled. FOK orders are fully filled or killed."
)  # fmt: skip
FAK_UNMATCHED: Final = (
    "no orders found to match with FAK order. "
    "FAK orders are partially filled or killed if no match is found."
)
KEY_EXISTS: Final = "Could not create api key"
NO_KEY: Final = "Could not derive api key!"
BAD_KEY: Final = "Unauthorized/Invalid api key"
BAD_LOGIN: Final = "Invalid L1 Request headers"

#: The markets' states that are no end: whoever waits may trade.
_WAITING: Final = ("draft", "paused")


class Text(NamedTuple):
    """What a client is told of a reject."""

    error: str
    #: The surface's own symbol for the kind of refusal, "" where it has none.
    code: str = ""


#: By number; every other one is told by its own sentence.
TEXTS: Final[dict[Reject, Text]] = {
    Reject.MALFORMED: Text("Invalid order payload"),
    Reject.RATE_LIMITED: Text("Too Many Requests"),
    Reject.GUESSING: Text("Too Many Requests"),
    Reject.CREDENTIALS_MISSING: Text(BAD_KEY),
    Reject.KEY_INVALID: Text(BAD_KEY),
    Reject.LOGIN_INVALID: Text(BAD_LOGIN),
    Reject.REQUEST_STALE: Text(BAD_KEY),
    Reject.CLOB_KEY_EXISTS: Text(KEY_EXISTS),
    Reject.KEY_UNKNOWN: Text(NO_KEY),
    Reject.SIGNATURE_INVALID: Text("invalid signature", "INVALID_ORDER_ERROR"),
    Reject.ORDER_NONCE_INVALID: Text(BAD_NONCE, "INVALID_ORDER_ERROR"),
    Reject.ORDER_FEE_RATE_INVALID: Text("invalid fee rate", "INVALID_ORDER_ERROR"),
    Reject.ORDER_VERSION: Text(OTHER_VERSION),
    Reject.NOT_OWNER: Text("order owner has to be the owner of the API KEY"),
    Reject.ACCOUNT_FROZEN: Text("address in closed only mode"),
    Reject.PRICE_OFF_GRID: Text(
        "order is invalid. Price breaks minimum tick size rule.", "INVALID_ORDER_MIN_TICK_SIZE"
    ),
    Reject.PRICE_OUT_OF_BOUNDS: Text("order is invalid. Price is out of bounds."),
    Reject.QUANTITY_BELOW_MINIMUM: Text(
        "order is invalid. Size lower than the minimum.", "INVALID_ORDER_MIN_SIZE"
    ),
    Reject.CLIENT_ORDER_ID_REUSED: Text(
        "order is invalid. Duplicated.", "INVALID_ORDER_DUPLICATED"
    ),
    Reject.TOKEN_UNKNOWN: Text("No orderbook exists for the requested token id"),
    Reject.MARKET_UNKNOWN: Text("market not found"),
    Reject.EVENT_UNKNOWN: Text("event not found"),
    Reject.FUNDS_INSUFFICIENT: Text(NO_BALANCE, "INVALID_ORDER_NOT_ENOUGH_BALANCE"),
    Reject.TOKENS_INSUFFICIENT: Text(NO_BALANCE, "INVALID_ORDER_NOT_ENOUGH_BALANCE"),
    Reject.EXPIRY_IN_PAST: Text(BAD_EXPIRATION, "INVALID_ORDER_EXPIRATION"),
    Reject.EXPIRY_WITHOUT_GTD: Text(BAD_EXPIRATION, "INVALID_ORDER_EXPIRATION"),
    Reject.POST_ONLY_IMMEDIATE: Text(
        "invalid post-only order: only GTC and GTD order types are allowed",
        "INVALID_POST_ONLY_ORDER_TYPE",
    ),
    Reject.POST_ONLY_WOULD_TRADE: Text(CROSSES, "INVALID_POST_ONLY_ORDER"),
    Reject.INSTRUMENT_NOT_OPEN: Text(NOT_READY, "MARKET_NOT_READY"),
    Reject.BUYS_NOTHING: Text(FAK_UNMATCHED),
    Reject.FOK_UNFILLED: Text(FOK_UNFILLED, "FOK_ORDER_NOT_FILLED_ERROR"),
    Reject.FAK_UNMATCHED: Text(FAK_UNMATCHED),
}

_BAND_STATUSES: Final = {1: 400, 2: 401, 3: 404, 4: 400, 5: 400, 6: 400, 7: 400, 8: 400}
_STATUSES: Final = {
    Reject.BODY_TOO_LARGE: 413,
    Reject.ROUTE_UNKNOWN: 404,
    Reject.METHOD_NOT_ALLOWED: 405,
    Reject.RATE_LIMITED: 429,
    Reject.SUBSCRIPTIONS_LIMIT: 429,
    Reject.CONNECTIONS_LIMIT: 429,
    Reject.GUESSING: 429,
    Reject.SCOPE_MISSING: 403,
    Reject.SIGNATURE_INVALID: 400,
    Reject.SIGNED_ORDERS_UNSUPPORTED: 400,
    Reject.UNSIGNED_ORDERS_DISABLED: 400,
    Reject.NOT_OWNER: 400,
    Reject.ACCOUNT_FROZEN: 400,
    Reject.ADDRESS_MISSING: 400,
    Reject.CLOB_KEY_EXISTS: 400,
    Reject.KEY_UNKNOWN: 400,
    Reject.BUSY: 503,
    Reject.SHUTTING_DOWN: 425,
    Reject.MODE_FORBIDS: 503,
    Reject.UNAVAILABLE: 425,
}
_POST_ONLY_GOT: Final = ("post_only", "just started")


class ErrorView(Struct, frozen=True, omit_defaults=True):
    """The answer to a request that was declined."""

    error: str
    code: str = ""
    reject: int = 0
    name: str = ""
    got: str = ""
    expected: str = ""
    retry_after_seconds: int = 0


def text_of(rejected: Rejected) -> Text:
    """Return what a client is told."""
    reject = rejected.reject
    if reject is Reject.MODE_FORBIDS and rejected.got in _POST_ONLY_GOT:
        return Text(POST_ONLY_MODE, "post_only_mode")
    if reject is Reject.MARKET_NOT_OPEN and rejected.got in _WAITING:
        return Text(NOT_READY, "MARKET_NOT_READY")
    told = TEXTS.get(reject) or Text(rejected.sentence)
    if told.error == NO_BALANCE:
        # Clients compare the beginning; the rest is for a person.
        return told._replace(error=f"{NO_BALANCE}: {rejected.got}, {rejected.expected}")
    return told


def error_view(rejected: Rejected, retry_after_seconds: int = 0) -> ErrorView:
    """Return the whole answer."""
    error, code = text_of(rejected)
    reject, got, expected = rejected
    return ErrorView(error, code, reject, reject.name, got, expected, retry_after_seconds)


def sentence_of(rejected: Rejected) -> str:
    """Return one text that says everything, for places that have room for a text only."""
    error, _ = text_of(rejected)
    parts = [error]
    if rejected.got:
        parts.append(f"got {rejected.got}")
    if rejected.expected:
        parts.append(f"expected {rejected.expected}")
    return "; ".join(parts)


def http_status(reject: Reject) -> int:
    """Return the HTTP status of *reject* on this surface."""
    return _STATUSES.get(reject) or _BAND_STATUSES[reject // 100]
