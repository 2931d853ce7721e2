"""Matches: what the kernel says of a fill, as the ledger settles it."""

from msgspec import Struct


class Match(Struct, frozen=True, gc=False):
    """One fill as the kernel reports it; ``price`` in outcome-0 ticks, ``qty`` in lots."""

    seq: int
    trade_id: int
    fill: int
    match: int
    price: int
    qty: int
    taker_order: int
    taker_remaining: int
    maker_order: int
    maker_remaining: int
    at_us: int
