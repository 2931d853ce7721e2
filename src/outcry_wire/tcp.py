"""The binary protocol over TCP: frames, the messages of a session, and its logon.

* A **frame** is a length (u32, big-endian) and as many bytes of payload, at most `FRAME_MAX`. The
  payload is one message of the session (types 128..191), or any number of commands (1..5).
* Everything in a payload is a record with the header of `outcry_wire.records`.
* A client's commands are `PLACE_ORDER`, `CANCEL_ORDER`, `CANCEL_ALL`, `REDUCE_ORDER` and
  `REPLACE_ORDER` of `outcry_wire.records`, where ``seq`` is the client's own count (1, 2, 3, ...
  for ever, over all connections of the session), ``order_id`` is the client's own id (see
  `CLIENT_ID_LIMIT`), ``account`` is 0 or the session's own, ``time_us`` and ``stp_group`` are
  set by the exchange, whatever they say.
* The answers are `ORDER_PLACED`, `ORDER_REJECTED`, `COMMAND_REJECTED`, `ORDER_CANCELLED`,
  `ORDER_REDUCED`, `ORDER_REPLACED`, `COMMAND_DONE` and `Message.FILL`. Their ``seq`` counts the
  numbered messages of the session, so that a client knows which one it got last. The flag
  `LAST_OF_SEQ` marks the last answer to each command, and nothing else.

docs/reference/tcp.md shows every byte; tests/vectors/tcp.json has examples.
"""

import hashlib
import hmac
from collections.abc import Iterator
from enum import IntEnum, IntFlag
from struct import Struct
from typing import Final

from outcry_wire.records import (
    CANCEL_ALL,
    CANCEL_ORDER,
    COMMAND_DONE,
    COMMAND_REJECTED,
    HEADER_SIZE,
    LAYOUTS,
    ORDER_CANCELLED,
    ORDER_PLACED,
    ORDER_REDUCED,
    ORDER_REJECTED,
    ORDER_REPLACED,
    PLACE_ORDER,
    REDUCE_ORDER,
    REPLACE_ORDER,
    RecordType,
)


VERSION: Final = 1
FRAME_HEAD: Final = Struct(">I")
#: Bytes of payload in one frame, at most.
FRAME_MAX: Final = 65_536
#: Client order ids are 1 .. `CLIENT_ID_LIMIT` - 1 and rise with every new order of a session.
CLIENT_ID_LIMIT: Final = 1 << 40
#: Messages of the session begin here; what is less is a command or a fact.
FIRST_MESSAGE: Final = 128
#: Bytes of a name: of a key, of an instrument. ASCII, filled up with zeros.
NAME_SIZE: Final = 32
TEXT_SIZE: Final = 112
NONCE_SIZE: Final = 32


#: Flag of LOGON_ACCEPTED: what has no answer is to be sent again, also if ``last_seq`` has it.
SEND_ALL_AGAIN: Final = 4
#: Flag of a record: the number that it has is not complete, another frame has more of it.
MORE_FOLLOWS: Final = 8


class Message(IntEnum):
    """First byte of the records that only this protocol has."""

    # from the client
    LOGON = 128
    LOGOUT = 129
    #: Both ways: "I am here". Nobody answers it.
    HEARTBEAT = 130
    RESEND = 131
    INSTRUMENTS = 132
    SUBSCRIBE = 133
    UNSUBSCRIBE = 134

    # from the exchange
    HELLO = 160
    LOGON_ACCEPTED = 161
    LOGON_REFUSED = 162
    #: Why the exchange closes the connection, or the answer to a logout.
    GOODBYE = 163
    INSTRUMENT = 164
    #: The answer to RESEND, INSTRUMENTS or (UN)SUBSCRIBE is complete; see ``of``.
    DONE = 165
    MESSAGE_REFUSED = 166
    #: Drop copy: what follows in this frame was sent to another session.
    COPY = 167
    FILL = 168
    TOP = 169
    LEVEL = 170
    TRADE = 171
    #: From an exchange: a command is numbered and durable; what becomes of it follows.
    ACCEPTED = 172


class LogonFlag(IntFlag):
    """What a client wants of its connection."""

    #: When the connection ends, cancel what the session has in the books.
    CANCEL_ON_DISCONNECT = 1
    #: Also receive what other sessions of the account are told; such a session cannot trade.
    DROP_COPY = 2


class Feed(IntFlag):
    """What of an instrument is followed."""

    TOP = 1
    LEVELS = 2
    TRADES = 4


class Role(IntEnum):
    """On which side of a fill one was."""

    TAKER = 0
    MAKER = 1


#: version H, wishes H (`LogonFlag`), session I (one's own number for it), heartbeat_ms I (0: the
#: exchange's choice), 4 pad, next_number q (first numbered message wanted again; 0: none), key 32s,
#: proof 32s (`proof_of`; zeros where no secret is asked for). ``account`` is in the header.
LOGON: Final = Struct("<BBHIqqqHHII4xq32s32s")
#: Nothing more: the header is all.
LOGOUT: Final = Struct("<BBHIqqq")
HEARTBEAT: Final = Struct("<BBHIqqq")
INSTRUMENTS: Final = Struct("<BBHIqqq")
#: next_number q: send the numbered messages from this one on once more.
RESEND: Final = Struct("<BBHIqqqq")
#: feeds B (`Feed`), 7 pad. ``instrument`` is in the header.
SUBSCRIBE: Final = Struct("<BBHIqqqB7x")
UNSUBSCRIBE: Final = Struct("<BBHIqqqB7x")

#: version_min H, version_max H, frame_max I, nonce 32s
HELLO: Final = Struct("<BBHIqqqHHI32s")
#: session I, heartbeat_ms I, last_seq q (the client's last command that was taken), last_order_id q
#: (its highest), next_number q (of the next numbered message), first_number q (the oldest that can
#: be sent again), rate I (commands a second, 0: as many as you like), previous_end I (reject number
#: for which the last connection was closed, or 0)
LOGON_ACCEPTED: Final = Struct("<BBHIqqqIIqqqqII")
#: reject I, 4 pad, text 112s (a sentence in ASCII, filled up with zeros)
LOGON_REFUSED: Final = Struct("<BBHIqqqI4x112s")
GOODBYE: Final = Struct("<BBHIqqqI4x112s")
#: kind B, state B, 6 pad, tick q, price_min q, price_max q, qty_min q, qty_max q, orders_max q,
#: name 32s. Also sent, unasked, when one of them changes.
INSTRUMENT: Final = Struct("<BBHIqqqBB6xqqqqqq32s")
#: of B (type of the message that is answered), 7 pad, count q
DONE: Final = Struct("<BBHIqqqB7xq")
#: reject I, of B, 3 pad
MESSAGE_REFUSED: Final = Struct("<BBHIqqqIB3x")
#: session I, 4 pad: the session that was told what follows
COPY: Final = Struct("<BBHIqqqI4x")
#: One's own side of a fill: trade_id q, order_id q, price q, qty q, remaining q, budget_left q,
#: fill I, match B, role B, outcome B, side B. ``price`` is in ticks of outcome 0.
FILL: Final = Struct("<BBHIqqqqqqqqqIBBBB")
#: update_id q, bid q, bid_lots q, ask q, ask_lots q; lots 0: nobody is there
TOP: Final = Struct("<BBHIqqqqqqqq")
#: update_id q, price q, lots q (0: the level is gone), orders I, side B (0 bids, 1 asks),
#: is_snapshot B (1: first of a snapshot: forget the levels of both sides), 2 pad
LEVEL: Final = Struct("<BBHIqqqqqqIBB2x")
#: trade_id q, price q, qty q, fill I, match B, taker_side B (0: the taker bid), 2 pad
TRADE: Final = Struct("<BBHIqqqqqqIBB2x")
#: order_id q (0: the command names none), exchange_id q (the order's id in the exchange), n q (log
#: entry), command B, repeated B (1: it was taken before, and was not entered again), 6 pad
ACCEPTED: Final = Struct("<BBHIqqqqqqBB6x")

#: The layout of each message of the session.
MESSAGES: Final[dict[Message, Struct]] = {
    Message.LOGON: LOGON,
    Message.LOGOUT: LOGOUT,
    Message.HEARTBEAT: HEARTBEAT,
    Message.RESEND: RESEND,
    Message.INSTRUMENTS: INSTRUMENTS,
    Message.SUBSCRIBE: SUBSCRIBE,
    Message.UNSUBSCRIBE: UNSUBSCRIBE,
    Message.HELLO: HELLO,
    Message.LOGON_ACCEPTED: LOGON_ACCEPTED,
    Message.LOGON_REFUSED: LOGON_REFUSED,
    Message.GOODBYE: GOODBYE,
    Message.INSTRUMENT: INSTRUMENT,
    Message.DONE: DONE,
    Message.MESSAGE_REFUSED: MESSAGE_REFUSED,
    Message.COPY: COPY,
    Message.FILL: FILL,
    Message.TOP: TOP,
    Message.LEVEL: LEVEL,
    Message.TRADE: TRADE,
    Message.ACCEPTED: ACCEPTED,
}
#: What a client may say as a command.
COMMANDS: Final[dict[RecordType, Struct]] = {
    RecordType.PLACE_ORDER: PLACE_ORDER,
    RecordType.CANCEL_ORDER: CANCEL_ORDER,
    RecordType.CANCEL_ALL: CANCEL_ALL,
    RecordType.REDUCE_ORDER: REDUCE_ORDER,
    RecordType.REPLACE_ORDER: REPLACE_ORDER,
}
#: What answers a command, besides `FILL`. These and `FILL` are numbered.
ANSWERS: Final[dict[RecordType, Struct]] = {
    RecordType.ORDER_PLACED: ORDER_PLACED,
    RecordType.ORDER_REJECTED: ORDER_REJECTED,
    RecordType.COMMAND_REJECTED: COMMAND_REJECTED,
    RecordType.ORDER_CANCELLED: ORDER_CANCELLED,
    RecordType.ORDER_REDUCED: ORDER_REDUCED,
    RecordType.ORDER_REPLACED: ORDER_REPLACED,
    RecordType.COMMAND_DONE: COMMAND_DONE,
}

assert all(layout.size % 8 == 0 for layout in MESSAGES.values())
assert min(layout.size for layout in LAYOUTS.values()) >= HEADER_SIZE


class FramingError(ValueError):
    """Bytes that are not frames of records: nothing behind them can be understood."""


def frame(payload: bytes) -> bytes:
    """Return *payload* as one frame; raises `FramingError` if it is empty or too long."""
    check_length(len(payload))
    return FRAME_HEAD.pack(len(payload)) + payload


def check_length(length: int) -> None:
    """Raise `FramingError` unless a frame may have that many bytes of payload."""
    if length < HEADER_SIZE or length > FRAME_MAX or length % 8:
        raise FramingError(
            f"a frame of {length} bytes; expected {HEADER_SIZE} to {FRAME_MAX}, a multiple of 8"
        )


def records_in(payload: bytes) -> Iterator[bytes]:
    """Yield each record of a payload; raises `FramingError` where one does not fit."""
    at = 0
    while at < len(payload):
        size = int.from_bytes(payload[at + 2 : at + 4], "little")
        if size < HEADER_SIZE or size % 8 or at + size > len(payload):
            raise FramingError(f"a record of {size} bytes at {at} of {len(payload)}")
        yield payload[at : at + size]
        at += size


def layout_of(record: bytes) -> tuple[RecordType | Message, Struct]:
    """Return the type and the layout of a record; raises `FramingError` if there is none."""
    number = record[0]
    kind: RecordType | Message
    try:
        if number >= FIRST_MESSAGE:
            kind, layout = Message(number), MESSAGES[Message(number)]
        else:
            kind, layout = RecordType(number), LAYOUTS[RecordType(number)]
    except ValueError:
        raise FramingError(f"there is no record of type {number}") from None
    if layout.size != len(record):
        raise FramingError(f"{kind.name} of {len(record)} bytes; expected {layout.size}")
    return kind, layout


def fixed_text(text: str, size: int) -> bytes:
    """Return *text* in ASCII, cut to *size* bytes; the layout fills it up with zeros."""
    return text.encode("ascii", "replace")[:size]


def text_of(field: bytes) -> str:
    """Return the text of a field that is filled up with zeros."""
    return field.rstrip(b"\0").decode("ascii", "replace")


def proof_of(secret: bytes, nonce: bytes, logon: bytes) -> bytes:
    """Return the proof that belongs into *logon*: HMAC-SHA256 over who asks for what, just now.

    *nonce* is that of this connection's `HELLO`; of *logon*, all but the proof itself counts.
    """
    content = b"outcry tcp logon 1\0" + nonce + logon[: LOGON.size - 32]
    return hmac.new(secret, content, hashlib.sha256).digest()
