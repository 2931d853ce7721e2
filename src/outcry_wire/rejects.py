"""Reject numbers: every refusal of the exchange, the same on HTTP, TCP, gRPC and both feeds.

* Numbers are banded by who refuses: 100 doors, 200 identity, 300 lookups, 400 order terms,
  500 money, 600 lifecycle, 700 sequencer and capacity, 800 matching.
* A number is never reused or given another meaning.
* `SENTENCES` says what was wrong and what would be right, for a person.
"""

from enum import IntEnum
from typing import Final


class Reject(IntEnum):
    """Why a request was declined. Nothing was changed."""

    # 100: the request itself
    MALFORMED = 101
    FIELD_UNKNOWN = 102
    FIELD_MISSING = 103
    FIELD_INVALID = 104
    BODY_TOO_LARGE = 105
    BATCH_TOO_LARGE = 106
    ROUTE_UNKNOWN = 107
    METHOD_NOT_ALLOWED = 108
    RATE_LIMITED = 109
    SUBSCRIPTIONS_LIMIT = 110
    NOT_SUBSCRIBED = 111
    CONNECTIONS_LIMIT = 112
    FRAME_INVALID = 113
    VERSION_UNSUPPORTED = 114
    LOGON_EXPECTED = 115
    LOGON_LATE = 116
    HEARTBEAT_MISSED = 117
    READER_SLOW = 118
    SESSION_MOVED = 119
    RESEND_GONE = 120
    LOGGED_OUT = 121

    # 200: who asks
    CREDENTIALS_MISSING = 201
    TOKEN_INVALID = 202
    TOKEN_EXPIRED = 203
    KEY_INVALID = 204
    SCOPE_MISSING = 205
    NOT_OWNER = 206
    SIGNATURE_INVALID = 207
    SIGNED_ORDERS_UNSUPPORTED = 208
    UNSIGNED_ORDERS_DISABLED = 209
    ACCOUNT_FROZEN = 210
    ADDRESS_MISSING = 211
    GUESSING = 212
    LOGIN_INVALID = 213
    CLOB_KEY_EXISTS = 214
    ADDRESS_TAKEN = 215
    REQUEST_STALE = 216

    # 300: what is named does not exist
    USER_UNKNOWN = 301
    ACCOUNT_UNKNOWN = 302
    EVENT_UNKNOWN = 303
    MARKET_UNKNOWN = 304
    TOKEN_UNKNOWN = 305
    ORDER_UNKNOWN = 306
    INSTRUMENT_UNKNOWN = 307
    KEY_UNKNOWN = 308
    FEE_VERSION_UNKNOWN = 309
    SEASON_UNKNOWN = 310
    SETTLEMENT_UNKNOWN = 311

    # 400: terms of an order
    OUTCOME_INVALID = 401
    SIDE_INVALID = 402
    KIND_INVALID = 403
    TIME_IN_FORCE_INVALID = 404
    PRICE_OFF_GRID = 405
    PRICE_OUT_OF_BOUNDS = 406
    QUANTITY_INVALID = 407
    QUANTITY_BELOW_MINIMUM = 408
    QUANTITY_ABOVE_MAXIMUM = 409
    BUDGET_INVALID = 410
    MONEY_SELL = 411
    EXPIRY_IN_PAST = 412
    EXPIRY_WITHOUT_GTD = 413
    POST_ONLY_IMMEDIATE = 414
    CLIENT_ORDER_ID_INVALID = 415
    CLIENT_ORDER_ID_REUSED = 416
    SELF_TRADE_INVALID = 417
    TOKEN_OF_OTHER_MARKET = 418
    ORDER_NONCE_INVALID = 419
    ORDER_FEE_RATE_INVALID = 420
    ORDER_VERSION = 421
    FOK_UNFILLED = 422
    FAK_UNMATCHED = 423
    OWN_ORDER_MET = 424

    # 500: money and tokens
    FUNDS_INSUFFICIENT = 501
    TOKENS_INSUFFICIENT = 502
    AMOUNT_INVALID = 503
    BALANCE_LIMIT = 504
    KEY_REUSED = 505
    NOTHING_TO_REDEEM = 506
    FEE_SCHEDULE_INVALID = 507
    TRANSFER_TO_SELF = 508
    POSITION_LIMIT = 509
    NOTIONAL_LIMIT = 510
    ON_CHAIN_ONLY = 511
    ON_NO_CHAIN = 512

    # 600: lifecycle
    MARKET_NOT_OPEN = 601
    MARKET_ENDED = 602
    MARKET_NOT_CLOSED = 603
    MARKET_NOT_RESOLVED = 604
    ILLEGAL_TRANSITION = 605
    PAYOUT_INVALID = 606
    EVENT_IDENTIFIER_REUSED = 607
    MARKET_IDENTIFIER_REUSED = 608
    TOKEN_REUSED = 609
    CLOCK_NOT_MANUAL = 610
    CLOCK_BACKWARDS = 611
    END_IN_PAST = 612
    DISPUTE_WINDOW = 613
    REFUND_IMPOSSIBLE = 614
    QUANTITY_BOUNDS_INVALID = 615

    # 700: sequencer and capacity
    BUSY = 701
    SHUTTING_DOWN = 702
    CANCEL_ALL_PENDING = 703
    REPLACE_PENDING = 704
    ACCOUNT_ORDERS_LIMIT = 705
    BOOK_ORDERS_LIMIT = 706
    TOTAL_ORDERS_LIMIT = 707
    MODE_FORBIDS = 708
    OUT_OF_SEQUENCE = 709
    UNAVAILABLE = 710
    ACCOUNTS_LIMIT = 711
    KEYS_LIMIT = 712
    REFUSED_BEFORE = 713
    FACTS_FALSE = 714
    MARKETS_LIMIT = 715

    # 800: the book
    POST_ONLY_WOULD_TRADE = 801
    BUYS_NOTHING = 802
    ORDER_ID_REUSED = 803
    INSTRUMENT_EXISTS = 804
    INSTRUMENT_NOT_OPEN = 805
    TICK_INVALID = 806
    BOUNDS_INVALID = 807
    STATE_INVALID = 808
    REDUCE_INVALID = 809
    REPLACE_INVALID = 810
    LIMITS_INVALID = 811
    RECORD_INVALID = 812


SENTENCES: Final[dict[Reject, str]] = {
    Reject.MALFORMED: "The body could not be read; send one JSON object.",
    Reject.FIELD_UNKNOWN: "The request has a field that does not exist here; remove it.",
    Reject.FIELD_MISSING: "A required field is missing; add it.",
    Reject.FIELD_INVALID: "A field has a value of the wrong form; see 'expected'.",
    Reject.BODY_TOO_LARGE: "The body is larger than this door accepts; see 'expected'.",
    Reject.BATCH_TOO_LARGE: "The batch has more items than this door accepts; see 'expected'.",
    Reject.ROUTE_UNKNOWN: "There is nothing at this address; /docs lists every route.",
    Reject.METHOD_NOT_ALLOWED: "This route exists but not for this HTTP method; see /docs.",
    Reject.RATE_LIMITED: "Too many requests; wait as long as Retry-After says.",
    Reject.SUBSCRIPTIONS_LIMIT: (
        "This connection follows as many markets as it may; unsubscribe or open another one."
    ),
    Reject.NOT_SUBSCRIBED: "This connection does not follow that market.",
    Reject.CONNECTIONS_LIMIT: "This user has as many connections as allowed; close one first.",
    Reject.FRAME_INVALID: "The bytes are no frame of records; docs/reference/tcp.md shows them.",
    Reject.VERSION_UNSUPPORTED: "This version of the protocol is not spoken; HELLO names those.",
    Reject.LOGON_EXPECTED: "The first frame must be a LOGON, and only the first one.",
    Reject.LOGON_LATE: "No LOGON came in time; log on at once after connecting.",
    Reject.HEARTBEAT_MISSED: "Nothing was heard for three heartbeats; send HEARTBEAT when idle.",
    Reject.READER_SLOW: "This connection did not read what it was sent; read faster.",
    Reject.SESSION_MOVED: "The session logged on again over another connection.",
    Reject.RESEND_GONE: "These messages are no longer kept; LOGON_ACCEPTED names the oldest.",
    Reject.LOGGED_OUT: "Logged out as asked.",
    Reject.CREDENTIALS_MISSING: (
        "This route needs credentials; send 'Authorization: Bearer <jwt>' or 'x-api-key'."
    ),
    Reject.TOKEN_INVALID: "The token is not one that this exchange trusts; obtain a new one.",
    Reject.TOKEN_EXPIRED: "The token has expired; obtain a new one.",
    Reject.KEY_INVALID: "The API key is unknown, revoked or wrong; create or rotate a key.",
    Reject.SCOPE_MISSING: "These credentials do not carry the scope that this route needs.",
    Reject.NOT_OWNER: "This object belongs to somebody else; use your own.",
    Reject.SIGNATURE_INVALID: "The signature does not fit the order and its signer.",
    Reject.SIGNED_ORDERS_UNSUPPORTED: (
        "Signed orders are not accepted by this venue; send the unsigned form."
    ),
    Reject.ADDRESS_MISSING: "This user has no address; orders are signed by the user's own.",
    Reject.GUESSING: "Too many wrong credentials came from there; wait a minute.",
    Reject.LOGIN_INVALID: "The login is not signed by its address for here and now; see 'got'.",
    Reject.CLOB_KEY_EXISTS: "A key of this address and nonce exists; derive it.",
    Reject.ADDRESS_TAKEN: "The address cannot be linked to this user; see 'got'.",
    Reject.REQUEST_STALE: "The request's time is too far from the exchange's; see GET /time.",
    Reject.UNSIGNED_ORDERS_DISABLED: "This venue accepts signed orders only.",
    Reject.ACCOUNT_FROZEN: "The account is frozen and may only cancel; ask the operator.",
    Reject.USER_UNKNOWN: "No such user; call GET /api/user_data once to be registered.",
    Reject.ACCOUNT_UNKNOWN: "No such account.",
    Reject.EVENT_UNKNOWN: "No such event; GET /api/events lists them.",
    Reject.MARKET_UNKNOWN: "No such market; GET /api/event_detail lists those of an event.",
    Reject.TOKEN_UNKNOWN: "No such outcome token; event_detail shows the two of a market.",
    Reject.ORDER_UNKNOWN: "No such open order of this account; it may be filled or cancelled.",
    Reject.INSTRUMENT_UNKNOWN: "No such instrument.",
    Reject.KEY_UNKNOWN: "No such API key of this user.",
    Reject.SEASON_UNKNOWN: "There is no such season; /api/seasons lists them all.",
    Reject.FEE_VERSION_UNKNOWN: "No such fee schedule.",
    Reject.SETTLEMENT_UNKNOWN: "No such fill waits for the chain, nor did one of late.",
    Reject.OUTCOME_INVALID: "The outcome must be 0 (YES) or 1 (NO).",
    Reject.SIDE_INVALID: "The side must be 'buy' or 'sell'.",
    Reject.KIND_INVALID: "The order type must be 'limit' or 'market'.",
    Reject.TIME_IN_FORCE_INVALID: "The time in force must be GTC, GTD, IOC, FAK or FOK.",
    Reject.PRICE_OFF_GRID: "The price is not a multiple of the market's tick; see 'expected'.",
    Reject.PRICE_OUT_OF_BOUNDS: "The price is outside the market's bounds; see 'expected'.",
    Reject.QUANTITY_INVALID: "The quantity must be positive with at most two decimals.",
    Reject.QUANTITY_BELOW_MINIMUM: "The quantity is below the market's minimum; see 'expected'.",
    Reject.QUANTITY_ABOVE_MAXIMUM: "The quantity is above the market's maximum; see 'expected'.",
    Reject.BUDGET_INVALID: "The money must be positive with at most six decimals.",
    Reject.MONEY_SELL: "A sell is given by quantity; only a buy may be given by money.",
    Reject.EXPIRY_IN_PAST: "The expiry is not later than the exchange's time; see 'expected'.",
    Reject.EXPIRY_WITHOUT_GTD: "An expiry needs time in force GTD, and GTD needs an expiry.",
    Reject.POST_ONLY_IMMEDIATE: "A post-only order must be a GTC or GTD limit order.",
    Reject.CLIENT_ORDER_ID_INVALID: "client_order_id must be 1 to 64 printable ASCII characters.",
    Reject.CLIENT_ORDER_ID_REUSED: "This client_order_id was used for an order with other terms.",
    Reject.SELF_TRADE_INVALID: (
        "self_trade_prevention must be cancel_taker, cancel_maker, cancel_both or decrement."
    ),
    Reject.TOKEN_OF_OTHER_MARKET: "The token belongs to another market than the one named.",
    Reject.ORDER_NONCE_INVALID: "The nonce in the signed order is not the address's present one.",
    Reject.ORDER_FEE_RATE_INVALID: "The fee rate in the signed order is not the market's.",
    Reject.ORDER_VERSION: "Orders of this generation are not taken; see 'expected'.",
    Reject.FOK_UNFILLED: "The order could not be filled as a whole and was killed.",
    Reject.OWN_ORDER_MET: "The order met one of the same user and was cancelled.",
    Reject.FAK_UNMATCHED: "Nothing in the book matches the order; it was killed.",
    Reject.FUNDS_INSUFFICIENT: "Not enough available collateral; see 'got' and 'expected'.",
    Reject.TOKENS_INSUFFICIENT: "Not enough available outcome tokens; see 'got' and 'expected'.",
    Reject.AMOUNT_INVALID: "The amount must be positive with at most six decimals.",
    Reject.BALANCE_LIMIT: "The balance would exceed what the ledger can hold (10**18).",
    Reject.KEY_REUSED: "This idempotency key was used for a request with other content.",
    Reject.NOTHING_TO_REDEEM: "This account holds no token of this market.",
    Reject.FEE_SCHEDULE_INVALID: "The fee schedule is outside its bounds; see 'expected'.",
    Reject.TRANSFER_TO_SELF: "A transfer needs two different accounts.",
    Reject.POSITION_LIMIT: "The account may not own so many of this token; see 'expected'.",
    Reject.NOTIONAL_LIMIT: "The account may not set so much aside for orders; see 'expected'.",
    Reject.ON_CHAIN_ONLY: "Here only the settlement contract moves value; see 'expected'.",
    Reject.ON_NO_CHAIN: "This exchange lives on no chain; ask the operator for a withdrawal.",
    Reject.MARKET_NOT_OPEN: "The market is not open; see 'got' for its state.",
    Reject.MARKET_ENDED: "The market has reached its end time and accepts no orders.",
    Reject.MARKET_NOT_CLOSED: "The market must be closed first; see 'got' for its state.",
    Reject.MARKET_NOT_RESOLVED: "The market has no payout yet; see 'got' for its state.",
    Reject.ILLEGAL_TRANSITION: "The market cannot do this in its present state; see 'got'.",
    Reject.PAYOUT_INVALID: "The payout must be two amounts >= 0 that sum to 1 (10,000 ticks).",
    Reject.EVENT_IDENTIFIER_REUSED: "An event with this identifier exists with other content.",
    Reject.MARKET_IDENTIFIER_REUSED: "A market with this identifier exists in this event.",
    Reject.TOKEN_REUSED: "Every outcome token id belongs to one market and one outcome.",
    Reject.CLOCK_NOT_MANUAL: "The exchange runs on the real clock; it cannot be set.",
    Reject.CLOCK_BACKWARDS: "The clock only moves forward; see 'expected'.",
    Reject.END_IN_PAST: "The end time is not later than the exchange's time; see 'expected'.",
    Reject.DISPUTE_WINDOW: (
        "The market has a dispute window: propose the payout; dispute it to change it."
    ),
    Reject.REFUND_IMPOSSIBLE: "The market cannot be refunded; void it with a payout. See 'got'.",
    Reject.QUANTITY_BOUNDS_INVALID: (
        "The smallest and the largest quantity must be in order and in bounds; see 'expected'."
    ),
    Reject.BUSY: "The exchange is busy; repeat the request after 'retry_after_ms'.",
    Reject.SHUTTING_DOWN: "The exchange is stopping; repeat the request when it is back.",
    Reject.CANCEL_ALL_PENDING: "A cancel-all of this account is being carried out already.",
    Reject.REPLACE_PENDING: "A replace of this order is being carried out already.",
    Reject.ACCOUNT_ORDERS_LIMIT: "This account has as many open orders as it may have.",
    Reject.BOOK_ORDERS_LIMIT: "This market has as many open orders as it may have.",
    Reject.TOTAL_ORDERS_LIMIT: "The exchange has as many open orders as it may have.",
    Reject.MODE_FORBIDS: "The exchange does not accept this request in its present mode.",
    Reject.OUT_OF_SEQUENCE: "This does not follow what was taken last; see 'expected'.",
    Reject.UNAVAILABLE: "A part of the exchange is not reachable at present; repeat the request.",
    Reject.ACCOUNTS_LIMIT: "This user has as many accounts as allowed; use one of them.",
    Reject.KEYS_LIMIT: "This user has made as many keys as allowed; use one of them.",
    Reject.REFUSED_BEFORE: "The command was refused when it came first; send a new one.",
    Reject.MARKETS_LIMIT: "The exchange has had as many markets as it has numbers for.",
    Reject.FACTS_FALSE: "The ledger cannot have come there; nothing was applied. See 'got'.",
    Reject.POST_ONLY_WOULD_TRADE: "The post-only order would trade at once; move its price.",
    Reject.BUYS_NOTHING: "The money does not buy one lot at the best price.",
    Reject.ORDER_ID_REUSED: "The order id is in use.",
    Reject.INSTRUMENT_EXISTS: "The instrument exists already.",
    Reject.INSTRUMENT_NOT_OPEN: "The book does not accept this command in its present state.",
    Reject.TICK_INVALID: "The tick must be positive and divide 10,000 (or refine the present one).",
    Reject.BOUNDS_INVALID: "The bounds are not on the grid, not symmetric or not in order.",
    Reject.STATE_INVALID: "The instrument cannot enter this state.",
    Reject.REDUCE_INVALID: "An order can only be reduced by a positive quantity.",
    Reject.REPLACE_INVALID: "The new total must exceed what is filled, on grid and in bounds.",
    Reject.LIMITS_INVALID: "Limits must be positive.",
    Reject.RECORD_INVALID: "The record is truncated, of unknown type or of the wrong length.",
}

assert len(SENTENCES) == len(Reject)
