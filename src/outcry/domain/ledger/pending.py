"""Pending: a fill of a market that settles on a chain, from the match to what the chain says.

At the match what each side gives leaves its total and waits in the account `PENDING`; what it gets
is announced and usable by nobody. So nothing ever depends on an unconfirmed trade.

What the fill costs each side is fixed at the match as well: the transaction carries it, and the
ledger charges exactly that. A buyer's waits with the value, a seller's comes out of the proceeds, a
rebate out of the taker's fee of the same fill. What becomes of other fills never changes it.

* *confirmed*: the fill is exchanged as it would have been at the match; a mint issues its tokens
  only now. Its fees are charged and its rebate is paid, and it counts as traded.
* *failed*: everything is available again to who gave it. The order is not entered again.
* *reverted*: a confirmed fill is no longer on the chain, and both accounts are frozen. Where the
  chain keeps the funds it is undone (`undone_trades`). Elsewhere what each side got goes to
  `SUSPENSE` as far as it is available, and the rest is noted as missing: what then is right, people
  decide.
"""

from enum import IntEnum
from typing import Final

from outcry.domain.errors import InvariantError
from outcry.domain.ids import COLLATERAL, FEES, PENDING, SUSPENSE
from outcry.domain.ledger.effects import Effects, Settled
from outcry.domain.ledger.exchange import Party, exchange, gets, gives
from outcry.domain.ledger.in_transit import InTransit, Leg, SettlingOrder, Verdict
from outcry.domain.ledger.lifecycle import close_drained
from outcry.domain.ledger.positions import move
from outcry.domain.ledger.postings import post
from outcry.domain.ledger.state import Ledger, balance_key
from outcry.domain.order import Order
from outcry.domain.units import MICROS_PER_SECOND
from outcry_wire.records import Side


#: For how long a verdict is remembered: a repeat is recognised, and a reversal possible, for a day.
#: What was undone is remembered for good: its transaction may be mined again at any time.
VERDICT_RETENTION_US: Final = 24 * 3600 * MICROS_PER_SECOND


class Outcome(IntEnum):
    """What the chain says of a fill."""

    FAILED = 0
    CONFIRMED = 1
    #: It was confirmed, and a reorganisation deeper than the confirmations took it back.
    REVERTED = 2


def parties(leg: Leg) -> tuple[tuple[Party, int, int], tuple[Party, int, int]]:
    """Return taker and maker, each with its order and what the fill costs it."""
    taker = Party(leg.taker_account, leg.taker_outcome, leg.taker_side)
    maker = Party(leg.maker_account, leg.maker_outcome, leg.maker_side)
    return (taker, leg.taker_order, leg.taker_fee), (maker, leg.maker_order, leg.maker_fee)


def sets_aside(party: Party, leg: Leg, fee: int) -> tuple[int, int]:
    """Return ``(asset, amount)`` of what waits of *party*: a buyer's fee waits with the value."""
    asset, amount = gives(party, leg.market_id, leg)
    return asset, amount + max(fee, 0) if party.side == Side.BUY else amount


def enter(ledger: Ledger, effects: Effects, leg: Leg) -> None:
    """Set aside what both sides give; call before an order that this fill completes ends."""
    ledger.chain.pending[leg.trade_id, leg.fill] = leg
    ledger.markets[leg.market_id].pending_count += 1
    for party, order_id, fee in parties(leg):
        ledger.chain.settling.setdefault(order_id, SettlingOrder()).legs += 1
        asset, amount = sets_aside(party, leg, fee)
        post(ledger, effects, party.account, PENDING, asset, amount, "pending", leg.trade_id)
        on_its_way(ledger, effects, party.account, asset, outgoing=amount)
        asset, amount = gets(party, leg.market_id, leg)
        on_its_way(ledger, effects, party.account, asset, incoming=amount)


def confirm(ledger: Ledger, effects: Effects, key: tuple[int, int], tx_hash: str) -> None:
    """The chain has confirmed the fill: exchange it, charge its fees, pay its rebate."""
    leg = _leave(ledger, key)
    (taker, _, _), (maker, _, _) = parties(leg)
    exchange(ledger, effects, taker, maker, leg.market_id, leg, PENDING)
    for party, order_id, fee in parties(leg):
        payer = PENDING if party.side == Side.BUY else party.account
        if fee >= 0:
            post(ledger, effects, payer, FEES, COLLATERAL, fee, "fee", order_id)
        else:
            post(ledger, effects, FEES, party.account, COLLATERAL, -fee, "rebate", order_id)
        ledger.position(party.account, leg.market_id).fees += fee
    ledger.markets[leg.market_id].traded(leg.price, leg.qty)
    _finish(ledger, effects, leg, Outcome.CONFIRMED, tx_hash, "")


def fail(ledger: Ledger, effects: Effects, key: tuple[int, int], tx_hash: str, reason: str) -> None:
    """The chain declined the fill: what both sides gave is available to them again."""
    leg = _leave(ledger, key)
    for party, order_id, fee in parties(leg):
        order = _order(ledger, order_id)
        if order is None:
            raise InvariantError(f"order {order_id} has pending fills but does not exist")
        order.fee -= fee
        order.failed += leg.qty
        effects.orders[order_id] = order
        asset, amount = sets_aside(party, leg, fee)
        post(ledger, effects, PENDING, party.account, asset, amount, "failed", leg.trade_id)
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
    for party, _, _ in parties(leg):
        asset, amount = gets(party, leg.market_id, leg)
        taken = min(amount, ledger.available(party.account, asset))
        move(ledger, effects, party.account, SUSPENSE, asset, taken, "reverted", leg.trade_id)
        if taken < amount:
            owed = balance_key(party.account, asset)
            ledger.chain.missing[owed] = ledger.chain.missing.get(owed, 0) + amount - taken
        ledger.frozen[party.account] = reason
    tell(ledger, effects, leg, Outcome.REVERTED, tx_hash, reason)


def count_again(ledger: Ledger, effects: Effects, leg: Leg) -> None:
    """A fill that had failed is none that failed; of an order that is known no more nothing."""
    for _, order_id, fee in parties(leg):
        order = _order(ledger, order_id)
        if order is not None:
            order.fee += fee
            order.failed -= leg.qty
            effects.orders[order_id] = order


def remember(ledger: Ledger, key: tuple[int, int], verdict: Verdict) -> None:
    """Remember a verdict as the newest; `VERDICT_RETENTION_US` begins (again)."""
    ledger.chain.verdicts.pop(key, None)
    verdict.at_us = ledger.time_us
    ledger.chain.verdicts[key] = verdict


def _forget_verdicts(ledger: Ledger) -> None:
    """Forget what is older than the retention at the ledger's time."""
    before_us = ledger.time_us - VERDICT_RETENTION_US
    while ledger.chain.verdicts:
        key, oldest = next(iter(ledger.chain.verdicts.items()))
        if oldest.at_us >= before_us:
            return
        if oldest.undone:
            remember(ledger, key, oldest)
        else:
            del ledger.chain.verdicts[key]


def _order(ledger: Ledger, order_id: int) -> Order | None:
    """Return an order, which may have ended if fills of it are pending."""
    settling = ledger.chain.settling.get(order_id)
    return (settling.ended if settling else None) or ledger.orders.get(order_id)


def _leave(ledger: Ledger, key: tuple[int, int]) -> Leg:
    leg = ledger.chain.pending.pop(key, None)
    if leg is None:
        raise InvariantError(f"fill {key} is not pending")
    return leg


def _finish(
    ledger: Ledger, effects: Effects, leg: Leg, outcome: Outcome, tx_hash: str, reason: str
) -> None:
    """The fill is final, its value where it belongs: tell both sides, let the market close."""
    for party, order_id, fee in parties(leg):
        asset, amount = sets_aside(party, leg, fee)
        on_its_way(ledger, effects, party.account, asset, outgoing=-amount)
        asset, amount = gets(party, leg.market_id, leg)
        on_its_way(ledger, effects, party.account, asset, incoming=-amount)
        settling = ledger.chain.settling[order_id]
        settling.legs -= 1
        if not settling.legs:
            del ledger.chain.settling[order_id]
            if settling.ended:
                ledger.chain.signed.pop(order_id, None)
    verdict = Verdict(leg, outcome, tx_hash, ledger.n, ledger.time_us)
    remember(ledger, (leg.trade_id, leg.fill), verdict)
    _forget_verdicts(ledger)
    ledger.markets[leg.market_id].pending_count -= 1
    effects.markets[leg.market_id] = None
    tell(ledger, effects, leg, outcome, tx_hash, reason)
    close_drained(ledger, effects, leg.market_id)


def tell(
    ledger: Ledger, effects: Effects, leg: Leg, outcome: Outcome, tx_hash: str, reason: str,
    *, again: bool = False,
) -> None:  # fmt: skip
    """Tell both sides; *again*: it was confirmed before."""
    for party, order_id, _ in parties(leg):
        effects.settled.append(
            Settled(leg, order_id, party.account, party.outcome, party.side, outcome, reason,
                    tx_hash, ledger.time_us, again)
        )  # fmt: skip


def on_its_way(
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
