"""Requests about orders that exist: cancel, cancel all, reduce, replace.

None of them releases anything when it is numbered: the order may fill before the kernel sees it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from outcry.domain.ids import command_number
from outcry.domain.ledger.changes import check_replace, find_order
from outcry.domain.market import own_price
from outcry.domain.rejects import Reject, Rejected
from outcry.domain.units import format_quantity
from outcry.messages.commands import CancelAll, CancelOrder, ReduceOrder, ReplaceOrder
from outcry.messages.requests import (
    CancelAccepted,
    CancelAllRequest,
    CancelRequest,
    Declined,
    OrderAccepted,
    ReduceRequest,
    ReplaceRequest,
)
from outcry.services.asset.answers import RETRY_AFTER_MS, busy, declined
from outcry.services.asset.tickets import Ticket


if TYPE_CHECKING:
    from outcry.domain.order import Order
    from outcry.services.asset.sequencer import Sequencer


def take(
    sequencer: Sequencer,
    request: CancelRequest | CancelAllRequest | ReduceRequest | ReplaceRequest,
) -> Ticket:
    """Number the commands of one request, or decline it."""
    if isinstance(request, CancelAllRequest):
        return _cancel_all(sequencer, request)
    ledger = sequencer.ledger
    order = find_order(ledger, request.account, request.order_id, request.client_order_id)
    if isinstance(order, Rejected):
        return Ticket(declined(order))
    shard = ledger.markets[order.market_id].shard
    if sequencer.is_busy(shard, cancels=not isinstance(request, ReplaceRequest)):
        return Ticket(busy())
    if isinstance(request, CancelRequest):
        command = CancelOrder(
            order.market_id,
            sequencer.next_seq(shard),
            sequencer.time_us,
            order.account,
            order.order_id,
        )
        seq = sequencer.number(shard, command)
        number = command_number(shard, seq)
        accepted = CancelAccepted(sequencer.batch.n, [order.order_id], number)
        return Ticket(accepted, ((shard, seq),), order)
    if isinstance(request, ReduceRequest):
        return _reduce(sequencer, request, order, shard)
    return _replace(sequencer, request, order, shard)


def _reduce(sequencer: Sequencer, request: ReduceRequest, order: Order, shard: int) -> Ticket:
    if request.by <= 0:
        return Ticket(Declined(Reject.REDUCE_INVALID, format_quantity(request.by), "at least 0.01"))
    # As wide as its record takes; what is left is known when the kernel gets there.
    by = min(request.by, max(order.qty, order.replace_qty))
    command = ReduceOrder(
        order.market_id,
        sequencer.next_seq(shard),
        sequencer.time_us,
        order.account,
        order.order_id,
        by,
    )
    seq = sequencer.number(shard, command)
    return Ticket(_as_it_stands(sequencer, order, shard, seq), ((shard, seq),), order)


def _replace(sequencer: Sequencer, request: ReplaceRequest, order: Order, shard: int) -> Ticket:
    own = own_price(order.outcome, request.own_price) if request.in_book else request.own_price
    price = check_replace(
        sequencer.ledger,
        order,
        own,
        request.total_qty,
        sequencer.time_us,
        post_only=request.post_only,
    )
    if isinstance(price, Rejected):
        return Ticket(declined(price))
    early = sequencer.too_early(post_only=request.post_only)
    if early:
        return Ticket(early)
    if sequencer.awaits_chain(order.market_id):
        return Ticket(busy())
    command = ReplaceOrder(
        order.market_id,
        sequencer.next_seq(shard),
        sequencer.time_us,
        order.account,
        order.order_id,
        price,
        request.total_qty,
        int(request.post_only),
    )
    seq = sequencer.number(shard, command)
    return Ticket(_as_it_stands(sequencer, order, shard, seq), ((shard, seq),), order)


def _as_it_stands(sequencer: Sequencer, order: Order, shard: int, seq: int) -> OrderAccepted:
    """Return the answer to a change that is numbered: the order, before the kernel has spoken."""
    return OrderAccepted(
        order.order_id,
        sequencer.batch.n,
        order.status,
        order.filled,
        order.remaining,
        order.volume,
        order.fee,
        command=command_number(shard, seq),
    )


def _cancel_all(sequencer: Sequencer, request: CancelAllRequest) -> Ticket:
    """One command per book (or per shard): not atomic across books."""
    targets = _targets(sequencer, request)
    if isinstance(targets, Declined):
        return Ticket(targets)
    for shard, market_id in targets:
        if (request.account, market_id) in sequencer.ledger.shard(shard).cancel_alls:
            return Ticket(Declined(Reject.CANCEL_ALL_PENDING, retry_after_ms=RETRY_AFTER_MS))
        if sequencer.is_busy(shard, cancels=True):
            return Ticket(busy())
    seqs = []
    for shard, market_id in targets:
        seq = sequencer.next_seq(shard)
        command = CancelAll(market_id, seq, sequencer.time_us, request.account)
        seqs.append((shard, sequencer.number(shard, command)))
    return Ticket(CancelAccepted(sequencer.batch.n, []), tuple(seqs))


def _targets(sequencer: Sequencer, request: CancelAllRequest) -> list[tuple[int, int]] | Declined:
    """Return ``(shard, market_id or 0)`` of each command that the request needs."""
    ledger = sequencer.ledger
    if request.account not in ledger.owners:
        return Declined(Reject.ACCOUNT_UNKNOWN, str(request.account))
    if request.market_id:
        market = ledger.markets.get(request.market_id)
        if market is None or (request.event_id and market.event_id != request.event_id):
            return Declined(Reject.MARKET_UNKNOWN, str(request.market_id))
        return [(market.shard, market.market_id)]
    if request.event_id:
        event = ledger.events.get(request.event_id)
        if event is None:
            return Declined(Reject.EVENT_UNKNOWN, str(request.event_id))
        return [(ledger.markets[m].shard, m) for m in event.markets.values()]
    return [(shard, 0) for shard in range(sequencer.config.shards_count)]
