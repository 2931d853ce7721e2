"""Rows that there are most of: of orders, fills, postings, balances and positions. Pure.

Compiled with the rules of the ledger where there is a compiler: see `outcry.runtime.rules_twin`.
"""

from collections.abc import Sequence
from typing import Final

from outcry.domain.ledger.effects import POSTING_KINDS, Fill, Posting
from outcry.domain.ledger.numbers import KEY_BITS, KEY_MASK
from outcry.domain.ledger.state import Ledger
from outcry.domain.order import Order
from outcry.ports.projection import BalanceRow, OrderRow, PositionRow, TradeRow
from outcry.ports.rows import JournalRow, pack_leg


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
    legs: dict[int, list[bytes]] = {}
    leg = 0
    for posting in postings:
        asset, amount, ref, at_us = posting.asset, posting.amount, posting.ref, posting.at_us
        kind = _KIND_NUMBERS[posting.kind]
        gave = pack_leg(leg, asset, -amount, posting.source_after, kind, ref, at_us)
        got = pack_leg(leg + 1, asset, amount, posting.target_after, kind, ref, at_us)
        for account, packed in ((posting.source, gave), (posting.target, got)):
            known = legs.get(account)
            if known is None:
                legs[account] = [packed]
            else:
                known.append(packed)
        leg += 2
    return [JournalRow(account, n, b"".join(packed)) for account, packed in legs.items()]


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
