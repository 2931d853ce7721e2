"""The names of the fields of every record on TCP, in the order of their layouts, behind the header.

The page and the golden vectors are made from them. ``meanings`` says what a name does not.
"""

from typing import Final

from outcry_wire.records import RecordType
from outcry_wire.tcp import Message


HEADER_FIELDS: Final = ("type", "flags", "length", "instrument", "seq", "time_us", "account")
FIELDS: Final[dict[RecordType | Message, str]] = {
    RecordType.PLACE_ORDER: (
        "order_id stp_group outcome side kind tif post_only self_trade price qty budget "
        "expire_at_us"
    ),
    RecordType.CANCEL_ORDER: "order_id",
    RecordType.CANCEL_ALL: "",
    RecordType.REDUCE_ORDER: "order_id by",
    RecordType.REPLACE_ORDER: "order_id price total_qty post_only",
    RecordType.ORDER_PLACED: "order_id price remaining outcome side",
    RecordType.ORDER_REJECTED: "order_id reject",
    RecordType.COMMAND_REJECTED: "order_id reject command",
    RecordType.ORDER_CANCELLED: "order_id price remaining budget_left outcome side reason",
    RecordType.ORDER_REDUCED: "order_id price by remaining outcome side reason",
    RecordType.ORDER_REPLACED: (
        "order_id price remaining old_price old_remaining outcome side priority_kept"
    ),
    RecordType.COMMAND_DONE: "command count",
    Message.LOGON: "version wishes session heartbeat_ms next_number key proof",
    Message.LOGOUT: "",
    Message.HEARTBEAT: "",
    Message.RESEND: "next_number",
    Message.INSTRUMENTS: "",
    Message.SUBSCRIBE: "feeds",
    Message.UNSUBSCRIBE: "feeds",
    Message.HELLO: "version_min version_max frame_max nonce",
    Message.LOGON_ACCEPTED: (
        "session heartbeat_ms last_seq last_order_id next_number first_number rate previous_end"
    ),
    Message.LOGON_REFUSED: "reject text",
    Message.GOODBYE: "reject text",
    Message.INSTRUMENT: "kind state tick price_min price_max qty_min qty_max orders_max name",
    Message.DONE: "of count",
    Message.MESSAGE_REFUSED: "reject of",
    Message.COPY: "session",
    Message.FILL: (
        "trade_id order_id price qty remaining budget_left fill match role outcome side"
    ),
    Message.TOP: "update_id bid bid_lots ask ask_lots",
    Message.LEVEL: "update_id price lots orders side is_snapshot",
    Message.TRADE: "trade_id price qty fill match taker_side",
    Message.ACCEPTED: "order_id exchange_id n command repeated",
}
TEXTS: Final = frozenset({"key", "text", "name"})
SECRETS: Final = frozenset({"proof", "nonce"})
MEANINGS: Final[dict[str, str]] = {
    "order_id": "the client's own, 1 to 2^40 − 1; of a new order, above every earlier one",
    "stp_group": "whatever it says, the session's self-trade group is taken",
    "outcome": "0 YES, 1 NO; of a future 0",
    "side": "0 buy, 1 sell",
    "kind": "0 limit, 1 market by quantity, 2 market by money; of an instrument 0 market, 1 future",
    "tif": "0 GTC, 1 GTD, 2 IOC, 3 FOK",
    "post_only": "0 or 1",
    "self_trade": "0 cancel taker, 1 cancel maker, 2 cancel both, 3 decrement",
    "price": "ticks of outcome 0",
    "qty": "lots",
    "budget": "micros, of market orders by money",
    "expire_at_us": "microseconds since 1970, of GTD",
    "by": "lots",
    "total_qty": "lots ever to be filled, those filled included",
    "remaining": "lots",
    "reject": "its number in rejects.md",
    "command": "type of the command that is answered",
    "reason": "of a cancel 1 user, 2 all, 3 immediate, 4 fill or kill, 5 self-trade, 6 expired, "
    "7 closed, 8 money spent; of a reduction 1 user, 2 self-trade",
    "priority_kept": "1: changed where it stood; 0: its fills, then its new place or end, follow",
    "count": "how many",
    "version": "1",
    "wishes": "1 cancel on disconnect, 2 drop copy",
    "session": "the client's own number for one of its sessions",
    "heartbeat_ms": "in LOGON 0 leaves it to the engine; 1,000 to 60,000",
    "next_number": "in LOGON and RESEND the first numbered message wanted (0 in LOGON: none); in "
    "LOGON_ACCEPTED that of the next one to come",
    "key": "name of the key, ASCII, filled up with zeros",
    "proof": "HMAC-SHA256, see Logon",
    "feeds": "1 best prices, 2 levels, 4 fills, or a sum of them",
    "nonce": "random bytes of this connection",
    "last_seq": "the client's last command that was taken",
    "last_order_id": "the client's highest order id",
    "first_number": "the oldest numbered message that can be sent again",
    "rate": "commands a second, 0 for no bound",
    "previous_end": "reject number for which the last connection was closed by the engine, or 0",
    "text": "a sentence, ASCII, filled up with zeros",
    "state": "0 open, 1 post-only, 2 cancel-only, 3 halted, 4 closed",
    "price_min": "0 and 0: no bounds",
    "orders_max": "orders that may rest in this book",
    "name": "ASCII, filled up with zeros",
    "of": "type of the message that is answered",
    "trade_id": "the same for all fills of one order that came in",
    "fill": "counts from 0 within the trade",
    "match": "0 transfer, 1 mint, 2 merge",
    "role": "0 taker, 1 maker",
    "budget_left": "micros, of a market order by money",
    "update_id": "counts the changes of this book",
    "bid_lots": "0: nobody bids",
    "ask_lots": "0: nobody asks",
    "lots": "0: the level is gone",
    "orders": "how many stand there",
    "is_snapshot": "1: forget the levels of both sides, then take this one and those behind it",
    "exchange_id": "the order's id in the exchange",
    "n": "log entry of the ledger from which on it is durable",
    "repeated": "1: it was taken before, and is not entered again",
    "taker_side": "0: the one who came in bid, 1: asked",
}
