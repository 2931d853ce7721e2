"""User events: what one user may know of one log entry. Private, in order, without gaps.

``n`` is the log entry's number; ``prev_n`` is the last entry before it that had something for this
user (0: none), kept in ledger state, so a reader that holds ``prev_n`` knows nothing is missing.
States are absolute (the order, position or balance *after* the entry), one each per entry;
fills are listed one by one.
"""

from msgspec import MsgspecError, Struct, msgpack

from outcry.domain.errors import CorruptError


class OrderState(Struct, frozen=True, array_like=True, tag="order", gc=False):
    """An order after the entry. ``price`` is in outcome-0 ticks; reject 0 and reason 0: none."""

    order_id: int
    account: int
    market_id: int
    outcome: int
    side: int
    kind: int
    tif: int
    price: int
    qty: int
    budget: int
    remaining: int
    filled: int
    #: Micros paid or received for fills, at own-outcome prices, fees apart.
    volume: int
    fee: int
    #: An `outcry.domain.order.OrderStatus`.
    status: int
    reason: int
    reject: int
    client_order_id: str
    created_at_us: int
    updated_at_us: int
    #: Seq of the command that changed it last (in the market's shard).
    update_id: int
    #: Lots of those filled whose settlement failed on the chain.
    failed: int = 0
    #: When a GTD order ends, else 0.
    expire_at_us: int = 0


class FillDone(Struct, frozen=True, array_like=True, tag="fill", gc=False):
    """One side of one fill. ``price`` is in outcome-0 ticks, ``fee`` net of rebates in micros."""

    trade_id: int
    fill: int
    order_id: int
    account: int
    market_id: int
    outcome: int
    side: int
    price: int
    qty: int
    match: int
    maker: bool
    fee: int
    at_us: int
    #: It waits for the chain: nothing of it may be used before it is confirmed.
    pending: bool = False


class PositionState(Struct, frozen=True, array_like=True, tag="position", gc=False):
    """Tokens of one outcome after the entry; ``cost`` is in micros."""

    account: int
    market_id: int
    outcome: int
    qty: int
    held: int
    cost: int
    realised: int
    #: Lots that wait for the chain; neither is part of ``qty``.
    incoming: int = 0
    outgoing: int = 0


class BalanceState(Struct, frozen=True, array_like=True, tag="balance", gc=False):
    """Collateral after the entry, in micros; available is ``total - held``."""

    account: int
    total: int
    held: int
    #: What waits for the chain; neither is part of ``total``.
    incoming: int = 0
    outgoing: int = 0


class FillSettled(Struct, frozen=True, array_like=True, tag="settled", gc=False):
    """What the chain said of one side of a fill that was pending, and why.

    ``verdict`` 1: confirmed. 0: failed, what was given is available again and the order is not
    entered again. 2: it was confirmed and the chain took it back; the account is frozen.
    """

    trade_id: int
    fill: int
    order_id: int
    account: int
    market_id: int
    outcome: int
    side: int
    price: int
    qty: int
    verdict: int
    reason: str
    tx_hash: str
    at_us: int


UserEvent = OrderState | FillDone | FillSettled | PositionState | BalanceState


class UserBatch(Struct, frozen=True, array_like=True, gc=False):
    """Everything of one entry for one user."""

    user_id: int
    prev_n: int
    events: list[UserEvent]


_encoder = msgpack.Encoder()
_decoder = msgpack.Decoder(list[UserBatch])


def pack_batches(batches: list[UserBatch]) -> bytes:
    """Return the body of a stream entry: the events of the one log entry that is its ``last``.

    The numbers from ``first`` to ``last - 1`` had no events.
    """
    return _encoder.encode(batches)


def unpack_batches(body: bytes) -> list[UserBatch]:
    """Return the batches in *body*; raises `CorruptError` when it holds anything else."""
    try:
        return _decoder.decode(body)
    except MsgspecError as error:
        raise CorruptError(f"user events of {len(body)} bytes do not decode: {error}") from error
