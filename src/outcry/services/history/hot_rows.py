"""Rows that there are most of: of orders, fills, postings, balances and positions. Pure.

Compiled with the rules of the ledger where there is a compiler: see `outcry.runtime.rules_twin`.
"""

from collections.abc import Sequence
from typing import Final

from outcry.domain.ledger.effects import POSTING_KINDS, Fill, Posting
from outcry.domain.ledger.numbers import KEY_BITS, KEY_MASK
from outcry.domain.ledger.state import Ledger
from outcry.domain.order import Order
from outcry.domain.outcomes import own_price
from outcry.ports.projection import BalanceRow, OrderRow, PositionRow, TradeRow
from outcry.ports.rows import LEG_SIZE, JournalRow
from outcry.runtime.big_endian import put_seven


_NO_LEG: Final = bytes(LEG_SIZE)
_KIND_NUMBERS: Final = {kind: number for number, kind in enumerate(POSTING_KINDS)}


def order_rows(changed: Sequence[tuple[Order, int]]) -> list[OrderRow]:
    """Return the rows of orders, each with the entry that changed it last."""
    return [_order_row(order, n) for order, n in changed]


def _order_row(order: Order, n: int) -> OrderRow:
    return tuple.__new__(
        OrderRow,
        (
            order.order_id, order.account, order.market_id, order.outcome, order.side, order.kind,
            order.tif, order.post_only, order.price, order.qty, order.budget, order.remaining,
            order.filled, order.volume, order.fee, order.hold, order.fee_version, order.status,
            order.reason, order.reject, order.client_order_id, order.expire_at_us,
            order.created_at_us, order.updated_at_us, order.update_id, order.placed_n, n,
        ),
    )  # fmt: skip


def trade_row(n: int, fill: Fill) -> TradeRow:
    """Return the row of a fill that entry *n* settled."""
    return tuple.__new__(
        TradeRow,
        (
            fill.trade_id, fill.fill, fill.market_id, fill.match, fill.price, fill.qty,
            fill.taker_order, fill.taker_account, fill.taker_outcome, fill.taker_side,
            fill.taker_fee, fill.maker_order, fill.maker_account, fill.maker_outcome,
            fill.maker_side, fill.maker_fee, fill.at_us, n,
        ),
    )  # fmt: skip


def journal_rows(n: int, postings: Sequence[Posting]) -> list[JournalRow]:
    """Return one row for each account: of a posting its source gave, its target got."""
    legs: dict[int, bytearray] = {}
    leg = 0
    for posting in postings:
        _add_leg(legs, posting.source, leg, posting, -posting.amount, posting.source_after)
        _add_leg(legs, posting.target, leg + 1, posting, posting.amount, posting.target_after)
        leg += 2
    return [JournalRow(account, n, bytes(packed)) for account, packed in legs.items()]


def _add_leg(
    legs: dict[int, bytearray], account: int, leg: int, posting: Posting, amount: int, after: int
) -> None:
    """Add what *posting* did to *account*, as `outcry.ports.rows.pack_leg` has it."""
    packed = legs.get(account)
    if packed is None:
        packed = legs[account] = bytearray()
    at = len(packed)
    packed.extend(_NO_LEG)
    buffer = packed
    kind = _KIND_NUMBERS[posting.kind]
    put_seven(
        buffer, at, leg, posting.asset, amount, after, kind, posting.ref, posting.at_us
    )  # fmt: skip


def add_candle(candles: dict[tuple[int, int], list[int]], fill: Fill, lasts_us: int) -> None:
    """Add a fill to the candle of its market and time; see `outcry.services.history.series`."""
    price, qty, at_us = fill.price, fill.qty, fill.at_us
    key = fill.market_id, at_us - at_us % lasts_us
    candle = candles.get(key)
    if candle is None:
        candles[key] = [price, price, price, price, qty, price * qty, 1]
        return
    if price > candle[1]:
        candle[1] = price
    elif price < candle[2]:
        candle[2] = price
    candle[3] = price
    candle[4] += qty
    candle[5] += price * qty
    candle[6] += 1


def add_turnover(days: dict[tuple[int, int], list[int]], fill: Fill, lasts_us: int) -> None:
    """Add both sides of a fill to the days of who traded."""
    day_us = fill.at_us - fill.at_us % lasts_us
    _add_side(days, (fill.taker_account, day_us), fill.taker_outcome, fill.taker_fee, fill)
    _add_side(days, (fill.maker_account, day_us), fill.maker_outcome, fill.maker_fee, fill)


def _add_side(
    days: dict[tuple[int, int], list[int]], key: tuple[int, int], outcome: int, fee: int, fill: Fill
) -> None:
    own = own_price(outcome, fill.price)
    volume = own * fill.qty
    sums = days.get(key)
    if sums is None:
        days[key] = [volume, fee, 1]
        return
    sums[0] += volume
    sums[1] += fee
    sums[2] += 1


def balance_rows(ledger: Ledger, keys: Sequence[int]) -> list[BalanceRow]:
    """Return the rows of balances."""
    return [_balance_row(ledger, key, key) for key in keys]


def _balance_row(ledger: Ledger, key: int, number: int) -> BalanceRow:
    balance, chain = ledger.balances[key], ledger.chain
    incoming = outgoing = 0
    transit = chain.transit.get(key) if chain.transit else None
    if transit is not None:
        incoming, outgoing = transit.incoming, transit.outgoing
    account, asset = number >> KEY_BITS, number & KEY_MASK
    return tuple.__new__(
        BalanceRow, (account, asset, balance.total, balance.held, incoming, outgoing)
    )


def position_rows(ledger: Ledger, keys: Sequence[int]) -> list[PositionRow]:
    """Return the rows of positions."""
    return [_position_row(ledger, key, key) for key in keys]


def _position_row(ledger: Ledger, key: int, number: int) -> PositionRow:
    position = ledger.positions[key]
    account, market_id = number >> KEY_BITS, number & KEY_MASK
    cost, bought, paid = position.cost, position.bought, position.paid
    return PositionRow(
        account, market_id, cost[0], cost[1], position.realised, position.fees, position.net_cash,
        position.redeemed, position.redeemed_at_us, bought[0], bought[1], paid[0], paid[1],
    )  # fmt: skip
