"""How an incoming order trades in the reference book.

Price first, then time: the best opposite price, and the oldest order there. The maker's price
rules. An incoming order is over when it has what it wants, when its money is spent, when a trade
with oneself stops it, or when nothing within its limit is left.
"""

from outcry.kernel.naive_book import Order
from outcry.kernel.naive_state import State
from outcry_wire.records import (
    WAS_RESTING,
    CancelReason,
    MatchKind,
    RecordType,
    ReduceReason,
    SelfTrade,
    Side,
)


def enter(state: State, taker: Order, *, may_rest: bool) -> None:
    """Let *taker* trade as far as it can; what remains rests or is cancelled."""
    reason = trade(state, taker)
    filled = not taker.is_money and taker.remaining == 0
    if reason is not None:
        state.emit_cancelled(taker, reason, resting=False)
    elif filled:
        return
    elif may_rest:
        state.rest(taker)
        state.emit_for(
            taker,
            RecordType.ORDER_PLACED,
            *(taker.order_id, taker.price, taker.remaining, taker.outcome, taker.side),
        )
    else:
        state.emit_cancelled(taker, CancelReason.IMMEDIATE, resting=False)


def trade(state: State, taker: Order) -> CancelReason | None:
    """Trade *taker* against its book.

    Return why it must be cancelled now, or None if it is filled or nothing within its limit is
    left.
    """
    fill = 0
    for maker in state.book_of(taker).makers(taker):
        price = taker.own_price(maker.price)
        if taker.is_money and taker.budget_left < price:
            return CancelReason.MONEY_SPENT
        if taker.is_own_group(maker):
            if meet_own(state, taker, maker):
                return CancelReason.SELF_TRADE
            continue
        wanted = taker.budget_left // price if taker.is_money else taker.remaining
        quantity = min(wanted, maker.remaining)
        if taker.is_money:
            taker.budget_left -= quantity * price
        else:
            taker.remaining -= quantity
        taker.filled += quantity
        maker.remaining -= quantity
        maker.filled += quantity
        emit_traded(state, taker, maker, quantity, fill)
        fill += 1
        if maker.remaining == 0:
            state.remove(maker)
        if taker.is_money and taker.budget_left < price:
            return CancelReason.MONEY_SPENT
        if not taker.is_money and taker.remaining == 0:
            return None
    return None


def emit_traded(state: State, taker: Order, maker: Order, quantity: int, fill: int) -> None:
    """Note one fill at the maker's price."""
    if taker.outcome == maker.outcome:
        match = MatchKind.TRANSFER
    elif taker.side == Side.BUY:
        match = MatchKind.MINT
    else:
        match = MatchKind.MERGE
    state.emit_for(
        taker,
        RecordType.TRADED,
        *(state.seq, maker.price, quantity),
        *(taker.order_id, taker.remaining, taker.budget_left),
        *(maker.order_id, maker.account, maker.remaining),
        *(fill, match, taker.outcome, taker.side, maker.outcome, maker.side),
    )


def meet_own(state: State, taker: Order, maker: Order) -> bool:
    """Handle that *taker* meets *maker* of its own group; return whether *taker* is over."""
    if taker.self_trade == SelfTrade.CANCEL_TAKER:
        return True
    if taker.self_trade == SelfTrade.CANCEL_MAKER:
        state.cancel(maker, CancelReason.SELF_TRADE)
        return False
    if taker.self_trade == SelfTrade.CANCEL_BOTH:
        state.cancel(maker, CancelReason.SELF_TRADE)
        return True
    quantity = min(taker.remaining, maker.remaining)
    maker.remaining -= quantity
    taker.remaining -= quantity
    emit_reduced(state, maker, quantity, ReduceReason.SELF_TRADE, resting=True)
    emit_reduced(state, taker, quantity, ReduceReason.SELF_TRADE, resting=False)
    if maker.remaining == 0:
        state.cancel(maker, CancelReason.SELF_TRADE)
    return taker.remaining == 0


def emit_reduced(
    state: State, order: Order, by: int, reason: ReduceReason, *, resting: bool
) -> None:
    """Note that *order* became smaller without a fill."""
    state.emit_for(
        order,
        RecordType.ORDER_REDUCED,
        *(order.order_id, order.price, by, order.remaining),
        *(order.outcome, order.side, reason),
        flags=WAS_RESTING if resting else 0,
    )


def can_fill(state: State, taker: Order) -> bool:
    """Return whether the fill-or-kill *taker* would trade as a whole. Changes nothing."""
    remaining, budget_left = taker.remaining, taker.budget_left
    for maker in state.book_of(taker).makers(taker):
        price = taker.own_price(maker.price)
        if taker.is_money and budget_left < price:
            return True
        if taker.is_own_group(maker):
            if taker.self_trade == SelfTrade.CANCEL_MAKER:
                continue
            return False
        if taker.is_money:
            budget_left -= min(budget_left // price, maker.remaining) * price
            if budget_left < price:
                return True
        else:
            remaining -= min(remaining, maker.remaining)
            if remaining == 0:
                return True
    return False
