"""One entry of the ledger log: what one group commit made true.

State is the fold of entries over the pure core. An entry lists *items in the order in which they
were applied*: runs of commands of one shard with the decisions taken for them, runs of facts of one
shard, and ledger records. It also holds its outputs, the user events, so that whoever publishes
them needs no state of its own.

Bodies of commands and facts are the fixed-width records of `outcry_wire`; the entry around them is
msgpack. ``version`` tells readers the schema; they refuse what they do not know.
"""

from typing import Final, NamedTuple, TypeVar

import msgspec
from msgspec import Struct

from outcry.domain.errors import CorruptError
from outcry.domain.signed_order import SignedOrder
from outcry.messages.ledger_records import LedgerRecord
from outcry.messages.settlements import MarketNews, SettlementRequest
from outcry.messages.user_events import UserBatch


ENTRY_VERSION: Final = 1
#: How a list of nothing is packed.
NOTHING: Final = b"\x90"


class Decision(Struct, frozen=True, array_like=True, gc=False):
    """What the sequencer decided about one numbered `PlaceOrder`, for ever.

    Applying the log sets exactly this hold; it is never computed again.
    """

    #: Set aside for the order: micros for a buy, lots of the token for a sell.
    hold: int
    fee_version: int
    #: Unique per account while the order is open and 24 h after; "" when the client gave none.
    client_order_id: str
    #: Digest of the client's request: a repeat with other content is a reject.
    request_hash: bytes
    #: The order as its maker signed it: a chain settles it by this, and it is nowhere else.
    signed: SignedOrder | None = None
    #: One more than the session with whose connection the order goes; 0: it stays.
    session: int = 0


class Commands(Struct, frozen=True, array_like=True, tag="c", gc=False):
    """A run of numbered commands of one shard; one decision for each `PlaceOrder` in it."""

    shard: int
    body: bytes
    decisions: list[Decision]


class Facts(Struct, frozen=True, array_like=True, tag="f", gc=False):
    """A run of facts of one shard: whole commands, none left out."""

    shard: int
    body: bytes


class Recorded(Struct, frozen=True, array_like=True, tag="r", gc=False):
    """One ledger record. ``key_id`` is the API key of who asked, 0 where none was used."""

    record: LedgerRecord
    key_id: int = 0


Item = Commands | Facts | Recorded


class Entry(Struct, frozen=True, array_like=True, gc=False):
    """The content of one row of the ledger log. ``at_us`` is the sequencer's time at the seal."""

    version: int
    at_us: int
    items: list[Item]
    events: list[UserBatch]
    #: Outputs as well: trades that are to be settled on a chain, and markets that moved.
    settlements: list[SettlementRequest] = []
    news: list[MarketNews] = []


class _ItemsOnly(Struct, frozen=True, array_like=True, gc=False):
    version: int
    at_us: int
    items: list[Item]
    events: msgspec.Raw


class Told(Struct, frozen=True, array_like=True, gc=False):
    """To whom an entry said something; what, is left packed."""

    user_id: int
    prev_n: int
    events: msgspec.Raw


class FoldedEntry(Struct, frozen=True, array_like=True, gc=False):
    """An entry with all that state is folded from: what it put out is left packed."""

    version: int
    at_us: int
    items: list[Item]
    events: list[Told]
    settlements: msgspec.Raw = msgspec.Raw(NOTHING)
    news: msgspec.Raw = msgspec.Raw(NOTHING)


class _OutputsOnly(Struct, frozen=True, array_like=True, gc=False):
    version: int
    at_us: int
    items: msgspec.Raw
    events: msgspec.Raw
    settlements: msgspec.Raw = msgspec.Raw(b"\x90")
    news: msgspec.Raw = msgspec.Raw(b"\x90")


AnyEntryT = TypeVar("AnyEntryT", Entry, FoldedEntry, _ItemsOnly, _OutputsOnly)

NO_EVENTS: Final = NOTHING


class Outputs(NamedTuple):
    """What an entry has for each stream of outputs, packed as it goes there."""

    events: bytes = NOTHING
    settlements: bytes = NOTHING
    news: bytes = NOTHING


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Entry)
_folded_decoder = msgspec.msgpack.Decoder(FoldedEntry)
_items_decoder = msgspec.msgpack.Decoder(_ItemsOnly)
_outputs_decoder = msgspec.msgpack.Decoder(_OutputsOnly)


def pack_entry(entry: Entry) -> bytes:
    """Return *entry* as bytes."""
    return _encoder.encode(entry)


def unpack_entry(body: bytes) -> Entry:
    """Return the entry in *body*; raises `CorruptError` when it is not one of this version."""
    return _unpacked(_decoder, body)


def unpack_folded(body: bytes) -> FoldedEntry:
    """Return what the fold needs of the entry in *body*; raises like `unpack_entry`."""
    return _unpacked(_folded_decoder, body)


def unpack_items(body: bytes) -> list[Item]:
    """Return only the items of the entry in *body*; raises like `unpack_entry`."""
    return _unpacked(_items_decoder, body).items


def packed_events(body: bytes) -> bytes:
    """Return only the user events of the entry in *body*, as `pack_batches` packs them."""
    return bytes(_unpacked(_outputs_decoder, body).events)


def packed_outputs(body: bytes) -> Outputs:
    """Return only the outputs of the entry in *body*."""
    entry = _unpacked(_outputs_decoder, body)
    return Outputs(bytes(entry.events), bytes(entry.settlements), bytes(entry.news))


def _unpacked(decoder: msgspec.msgpack.Decoder[AnyEntryT], body: bytes) -> AnyEntryT:
    try:
        entry = decoder.decode(body)
    except msgspec.MsgspecError as error:
        raise CorruptError(f"a log entry of {len(body)} bytes does not decode: {error}") from error
    if entry.version != ENTRY_VERSION:
        raise CorruptError(f"log entry of version {entry.version}; this code reads {ENTRY_VERSION}")
    return entry
