"""Pending: a fill of a market that settles on a chain, from the match to what the chain says.

At the match what each side gives leaves its total and waits in the account `PENDING`; what it gets
is announced and usable by nobody. So nothing ever depends on an unconfirmed trade.

* *confirmed*: the fill is exchanged as it would have been at the match; a mint issues its tokens
  only now. Fees are charged and rebates paid only now, over what is confirmed, by the same rule.
* *failed*: everything is available again to who gave it. The order is not entered again.
* *reverted*: a confirmed fill is no longer on the chain. What each side got goes to `SUSPENSE` as
  far as it is available, the rest is noted as missing, and both accounts are frozen: what then is
  right, people decide.

A buyer's value waits with the fee that the fill may cost. Exact fees add up per order, in two
counts: over all fills that have not failed (`Order.fee_slack`) and over those confirmed
(`SettlingOrder.fee_slack`). The difference of their ceilings is the order's reserve: confirming
pays from it, failing gives back from it, and it is 0 when nothing of the order is pending.
"""

from collections.abc import Iterator
from enum import IntEnum
from typing import Final

from outcry.domain import fees
from outcry.domain.errors import InvariantError
from outcry.domain.ids import COLLATERAL, FEES, PENDING, SUSPENSE
from outcry.domain.ledger.effects import Effects, Settled
from outcry.domain.ledger.exchange import Party, exchange, gets, gives
from outcry.domain.ledger.in_transit import InTransit, Leg, SettlingOrder, Verdict
from outcry.domain.ledger.lifecycle import close_drained
from outcry.domain.ledger.orders import set_hold
from outcry.domain.ledger.positions import move
from outcry.domain.ledger.postings import post
from outcry.domain.ledger.state import Ledger, balance_key
from outcry.domain.market import own_price
from outcry.domain.order import Order, hold_of
from outcry.domain.units import MICROS_PER_SECOND
from outcry_wire.records import OrderKind, Side


#: For how long a verdict is remembered: a repeat is recognised, and a reversal possible, for a day.
VERDICT_RETENTION_US: Final = 24 * 3600 * MICROS_PER_SECOND


class Outcome(IntEnum):
    """What the chain says of a fill."""

    FAILED = 0
    CONFIRMED = 1
    #: It was confirmed, and a reorganisation deeper than the confirmations took it back.
    REVERTED = 2


def parties(leg: Leg) -> tuple[tuple[Party, int], tuple[Party, int]]:
    """Return taker and maker, each with its order."""
    return (
        (Party(leg.taker_account, leg.taker_outcome, leg.taker_side), leg.taker_order),
        (Party(leg.maker_account, leg.maker_outcome, leg.maker_side), leg.maker_order),
    )


def begin(ledger: Ledger, order: Order) -> None:
    """A fill of *order* is about to be pending; call before its fee is counted."""
    settling = ledger.chain.settling.get(order.order_id)
    if settling is None:
        ledger.chain.settling[order.order_id] = SettlingOrder(1, 0, order.fee_slack)
    else:
        settling.legs += 1


def enter(
    ledger: Ledger, effects: Effects, leg: Leg, taker: tuple[Order, int], maker: tuple[Order, int]
) -> None:
    """Set aside what both sides give; with each order comes the fee counted for this fill."""
    ledger.chain.pending[leg.trade_id, leg.fill] = leg
    ledger.markets[leg.market_id].pending_count += 1
    for (order, fee), (party, _) in zip((taker, maker), parties(leg), strict=True):
        asset, amount = gives(party, leg.market_id, leg)
        if party.side == Side.BUY:
            amount += fee
            ledger.chain.settling[order.order_id].reserve += fee
        post(ledger, effects, party.account, PENDING, asset, amount, "pending", leg.trade_id)
        _in_transit(ledger, effects, party.account, asset, outgoing=amount)
        asset, amount = gets(party, leg.market_id, leg)
        _in_transit(ledger, effects, party.account, asset, incoming=amount)


def confirm(ledger: Ledger, effects: Effects, key: tuple[int, int], tx_hash: str) -> None:
    """The chain has confirmed the fill: exchange it, charge fees, pay the rebate."""
    leg = _leave(ledger, key)
    (taker, _), (maker, _) = parties(leg)
    exchange(ledger, effects, taker, maker, leg.market_id, leg, PENDING)
    for party, order_id, exact in _sides(ledger, leg):
        settling = ledger.chain.settling[order_id]
        fee, settling.fee_slack = fees.charge(exact, settling.fee_slack)
        payer = party.account
        asset, amount = gives(party, leg.market_id, leg)
        if party.side == Side.BUY:
            payer = PENDING
            settling.reserve -= fee
            amount += fee
        post(ledger, effects, payer, FEES, COLLATERAL, fee, "fee", order_id)
        ledger.position(party.account, leg.market_id).fees += fee
        _in_transit(ledger, effects, party.account, asset, outgoing=-amount)
        asset, amount = gets(party, leg.market_id, leg)
        _in_transit(ledger, effects, party.account, asset, incoming=-amount)
    _pay_rebate(ledger, effects, leg)
    _finish(ledger, effects, leg, Outcome.CONFIRMED, tx_hash, "")


def fail(ledger: Ledger, effects: Effects, key: tuple[int, int], tx_hash: str, reason: str) -> None:
    """The chain declined the fill: what both sides gave is available to them again."""
    leg = _leave(ledger, key)
    for party, order_id, exact in _sides(ledger, leg):
        order = _order(ledger, order_id)
        fee, order.fee_slack = divmod(order.fee_slack + exact, fees.DENOMINATOR)
        order.fee -= fee
        order.failed += leg.qty
        asset, amount = gives(party, leg.market_id, leg)
        if party.side == Side.BUY:
            ledger.chain.settling[order_id].reserve -= fee
            amount += fee
        post(ledger, effects, PENDING, party.account, asset, amount, "failed", leg.trade_id)
        _in_transit(ledger, effects, party.account, asset, outgoing=-amount)
        asset, amount = gets(party, leg.market_id, leg)
        _in_transit(ledger, effects, party.account, asset, incoming=-amount)
        if order_id in ledger.orders and order.kind != OrderKind.MARKET_MONEY:
            # The fee of what rests follows from the new count; it may need one micro more.
            set_hold(ledger, effects, order, hold_of(order, ledger.fees[order.fee_version]))
        effects.orders[order_id] = order
    _finish(ledger, effects, leg, Outcome.FAILED, tx_hash, reason)


def revert(
    ledger: Ledger, effects: Effects, key: tuple[int, int], tx_hash: str, reason: str
) -> None:
    """The chain took a confirmed fill back: suspend what is left of it, freeze both accounts."""
    verdict = ledger.chain.verdicts.get(key)
    if verdict is None or verdict.outcome != Outcome.CONFIRMED:
        raise InvariantError(f"fill {key} is not known to be confirmed")
    verdict.outcome, verdict.n = Outcome.REVERTED, ledger.n
    leg = verdict.leg
    for party, _ in parties(leg):
        asset, amount = gets(party, leg.market_id, leg)
        taken = min(amount, ledger.available(party.account, asset))
        move(ledger, effects, party.account, SUSPENSE, asset, taken, "reverted", leg.trade_id)
        if taken < amount:
            owed = balance_key(party.account, asset)
            ledger.chain.missing[owed] = ledger.chain.missing.get(owed, 0) + amount - taken
        ledger.frozen[party.account] = reason
    _tell(ledger, effects, leg, Outcome.REVERTED, tx_hash, reason)


def _forget_verdicts(ledger: Ledger) -> None:
    """Forget what is older than the retention at the ledger's time."""
    before_us = ledger.time_us - VERDICT_RETENTION_US
    while ledger.chain.verdicts:
        key, oldest = next(iter(ledger.chain.verdicts.items()))
        if oldest.at_us >= before_us:
            return
        del ledger.chain.verdicts[key]


def _sides(ledger: Ledger, leg: Leg) -> Iterator[tuple[Party, int, int]]:
    """Yield taker and maker, each with its order and the exact fee of the fill."""
    (taker, taker_order), (maker, maker_order) = parties(leg)
    yield taker, taker_order, _taker_exact(ledger, leg)
    schedule = ledger.fees[leg.maker_fee_version]
    price = own_price(leg.maker_outcome, leg.price)
    yield maker, maker_order, fees.exact(schedule, schedule.maker_bps, price, leg.qty)


def _taker_exact(ledger: Ledger, leg: Leg) -> int:
    schedule = ledger.fees[leg.taker_fee_version]
    price = own_price(leg.taker_outcome, leg.price)
    return fees.exact(schedule, schedule.taker_bps, price, leg.qty)


def _order(ledger: Ledger, order_id: int) -> Order:
    """Return an order with pending fills, which may have ended."""
    order = ledger.chain.settling[order_id].ended or ledger.orders.get(order_id)
    if order is None:
        raise InvariantError(f"order {order_id} has pending fills but does not exist")
    return order


def _leave(ledger: Ledger, key: tuple[int, int]) -> Leg:
    leg = ledger.chain.pending.pop(key, None)
    if leg is None:
        raise InvariantError(f"fill {key} is not pending")
    return leg


def _pay_rebate(ledger: Ledger, effects: Effects, leg: Leg) -> None:
    maker = _order(ledger, leg.maker_order)
    share = ledger.fees[leg.taker_fee_version].rebate_bps
    rebate, maker.rebate_remainder = fees.rebate(
        share, _taker_exact(ledger, leg), maker.rebate_remainder
    )
    maker.fee -= rebate
    post(ledger, effects, FEES, maker.account, COLLATERAL, rebate, "rebate", maker.order_id)
    ledger.position(maker.account, leg.market_id).fees -= rebate
    effects.orders[maker.order_id] = maker


def _finish(
    ledger: Ledger, effects: Effects, leg: Leg, outcome: Outcome, tx_hash: str, reason: str
) -> None:
    """The fill is final: remember that, tell both sides, and let the market close if it waits."""
    for order_id in (leg.taker_order, leg.maker_order):
        settling = ledger.chain.settling[order_id]
        settling.legs -= 1
        if not settling.legs:
            if settling.reserve:
                raise InvariantError(f"{settling.reserve} micros are left of order {order_id}")
            del ledger.chain.settling[order_id]
    verdict = Verdict(leg, outcome, tx_hash, ledger.n, ledger.time_us)
    ledger.chain.verdicts[leg.trade_id, leg.fill] = verdict
    _forget_verdicts(ledger)
    ledger.markets[leg.market_id].pending_count -= 1
    effects.markets[leg.market_id] = None
    _tell(ledger, effects, leg, outcome, tx_hash, reason)
    close_drained(ledger, effects, leg.market_id)


def _tell(
    ledger: Ledger, effects: Effects, leg: Leg, outcome: Outcome, tx_hash: str, reason: str
) -> None:
    for party, order_id in parties(leg):
        effects.settled.append(
            Settled(leg, order_id, party.account, party.outcome, party.side, outcome, reason,
                    tx_hash, ledger.time_us)
        )  # fmt: skip


def _in_transit(
    ledger: Ledger, effects: Effects, account: int, asset: int, incoming: int = 0, outgoing: int = 0
) -> None:
    """Count what is on its way to or from *account*."""
    key = balance_key(account, asset)
    ledger.balance(account, asset)
    transit = ledger.chain.transit.setdefault(key, InTransit())
    transit.incoming += incoming
    transit.outgoing += outgoing
    if min(transit.incoming, transit.outgoing) < 0:
        raise InvariantError(f"account {account}, asset {asset}: {transit}")
    if not transit.incoming and not transit.outgoing:
        del ledger.chain.transit[key]
    if outgoing:
        waiting = ledger.chain.waiting.get(asset, 0) + outgoing
        ledger.chain.waiting[asset] = waiting
        if not waiting:
            del ledger.chain.waiting[asset]
    effects.balances[key] = None
