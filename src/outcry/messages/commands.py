"""Commands: wishes, numbered by the sequencer, carried out by the matching kernel.

Each class is one record of `outcry_wire.records` with its fields in the order of the layout;
`pack` and `unpack_commands` are exact inverses. ``seq`` is dense within a shard, ``time_us`` never
decreases. The kernel needs nothing else: limits, ticks and states arrive as commands too.
"""

from typing import ClassVar, Final

from msgspec import Struct
from msgspec.structs import astuple

from outcry.messages.record_bodies import Body, unpack_records
from outcry_wire.records import LAYOUTS, RecordType


class Command(Struct, frozen=True, gc=False):
    """What every command has. ``instrument`` and ``account`` are 0 where they mean nothing."""

    TYPE: ClassVar[RecordType]

    instrument: int
    seq: int
    time_us: int
    account: int


class PlaceOrder(Command, frozen=True, gc=False):
    """Enter an order; see `records.PLACE_ORDER`.

    ``price`` (limit or bound) is in outcome-0 ticks, ``qty`` in lots (0 for money orders),
    ``budget`` in micros net of the largest fee (0 for others), ``expire_at_us`` 0 without GTD.
    """

    TYPE = RecordType.PLACE_ORDER

    order_id: int
    stp_group: int
    outcome: int
    side: int
    kind: int
    tif: int
    post_only: int
    self_trade: int
    price: int
    qty: int
    budget: int
    expire_at_us: int


class CancelOrder(Command, frozen=True, gc=False):
    """Cancel one order of the account."""

    TYPE = RecordType.CANCEL_ORDER

    order_id: int


class CancelAll(Command, frozen=True, gc=False):
    """Cancel every order of the account, oldest first; ``instrument`` 0 means in all books."""

    TYPE = RecordType.CANCEL_ALL


class ReduceOrder(Command, frozen=True, gc=False):
    """Take ``by`` lots off an order; it keeps its priority."""

    TYPE = RecordType.REDUCE_ORDER

    order_id: int
    by: int


class ReplaceOrder(Command, frozen=True, gc=False):
    """Give an order another price and total quantity (what is filled already included)."""

    TYPE = RecordType.REPLACE_ORDER

    order_id: int
    price: int
    total_qty: int
    post_only: int


class Tick(Command, frozen=True, gc=False):
    """Time has passed: orders that expire at or before ``time_us`` end."""

    TYPE = RecordType.TICK


class AddInstrument(Command, frozen=True, gc=False):
    """Open a book. Prices in ticks, quantities in lots."""

    TYPE = RecordType.ADD_INSTRUMENT

    kind: int
    state: int
    tick: int
    price_min: int
    price_max: int
    qty_min: int
    qty_max: int
    orders_max: int
    rules_version: int


class SetInstrument(Command, frozen=True, gc=False):
    """Set state, tick and limits of a book, all at once; ``closed`` cancels what rests."""

    TYPE = RecordType.SET_INSTRUMENT

    state: int
    tick: int
    qty_min: int
    qty_max: int
    orders_max: int


class SetLimits(Command, frozen=True, gc=False):
    """Set how many orders may rest: of one account, and in all books together."""

    TYPE = RecordType.SET_LIMITS

    account_orders_max: int
    total_orders_max: int


class Checkpoint(Command, frozen=True, gc=False):
    """Ask for the hash of one book, or of all open ones when ``instrument`` is 0."""

    TYPE = RecordType.CHECKPOINT

    checkpoint_id: int


COMMANDS: Final[dict[int, type[Command]]] = {
    cls.TYPE: cls
    for cls in (
        PlaceOrder,
        CancelOrder,
        CancelAll,
        ReduceOrder,
        ReplaceOrder,
        Tick,
        AddInstrument,
        SetInstrument,
        SetLimits,
        Checkpoint,
    )
}


#: How each class is packed; numbers of enumerations as plain ints, for packing one costs a call.
_PACKING: Final = {
    cls: (LAYOUTS[cls.TYPE].pack, int(cls.TYPE), LAYOUTS[cls.TYPE].size)
    for cls in COMMANDS.values()
}


def pack_command(command: Command) -> bytes:
    """Return the record of *command*."""
    pack, kind, size = _PACKING[type(command)]
    return pack(kind, 0, size, *astuple(command))


def unpack_commands(body: Body) -> list[Command]:
    """Return the commands in *body*; raises `CorruptError` when it holds anything else."""
    return unpack_records(body, COMMANDS, "a command", False)  # noqa: FBT003 - they have none
