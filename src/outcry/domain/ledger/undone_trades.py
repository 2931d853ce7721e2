"""Fills that a chain undid after they were believed, or did after they had been given up.

Only where the chain keeps the funds: afterwards the ledger has what escrow has there. Both sides
have again what they gave, fees included, and no longer what they got; what of that they have used
is noted as missing. If the fill settles again, or one settles that was said to have failed, it is
exchanged in the same way. All of it goes through the world outside, which lacks what is missing.
"""

from outcry.domain.errors import InvariantError
from outcry.domain.ids import COLLATERAL, EXTERNAL, FEES, token_asset
from outcry.domain.ledger.effects import Effects
from outcry.domain.ledger.escrow import bring_pairs, miss
from outcry.domain.ledger.exchange import Party
from outcry.domain.ledger.in_transit import Leg, Verdict
from outcry.domain.ledger.pending import Outcome, count_again, parties, remember, tell
from outcry.domain.ledger.positions import bought, position_of, sold
from outcry.domain.ledger.postings import post
from outcry.domain.ledger.state import Ledger, balance_key
from outcry.domain.outcomes import own_price
from outcry.domain.units import TICKS_PER_UNIT
from outcry_wire.records import Side


#: Why somebody lacks what a fill that settled after all takes.
AFTER_ALL = "the chain settled a trade that was given up, and its value was used meanwhile"


def undo(ledger: Ledger, effects: Effects, key: tuple[int, int], tx_hash: str, reason: str) -> None:
    """The chain took a confirmed fill back: both sides are as before it, and frozen."""
    verdict = _verdict(ledger, key, Outcome.CONFIRMED)
    verdict.outcome, verdict.n, verdict.undone = Outcome.REVERTED, ledger.n, True
    remember(ledger, key, verdict)
    _give_back(ledger, effects, verdict.leg, reason)
    for party, _, _ in parties(verdict.leg):
        ledger.frozen[party.account] = reason
    tell(ledger, effects, verdict.leg, Outcome.REVERTED, tx_hash, reason)


def redo(ledger: Ledger, effects: Effects, key: tuple[int, int], tx_hash: str) -> None:
    """The chain has settled a fill after all that had failed, or that it had taken back."""
    verdict = _verdict(ledger, key, Outcome.REVERTED, Outcome.FAILED)
    again = verdict.outcome == Outcome.REVERTED
    verdict.outcome, verdict.n, verdict.tx_hash = Outcome.CONFIRMED, ledger.n, tx_hash
    verdict.undone = False
    remember(ledger, key, verdict)
    leg = verdict.leg
    _exchange(ledger, effects, leg)
    if not again:
        count_again(ledger, effects, leg)
        ledger.markets[leg.market_id].traded(leg.price, leg.qty)
        effects.markets[leg.market_id] = None
    tell(ledger, effects, leg, Outcome.CONFIRMED, tx_hash, "", again=again)


def _verdict(ledger: Ledger, key: tuple[int, int], *outcomes: Outcome) -> Verdict:
    verdict = ledger.chain.verdicts.get(key)
    if verdict is None or verdict.outcome not in outcomes:
        raise InvariantError(
            f"fill {key} is not known to be {' or '.join(o.name for o in outcomes)}"
        )
    return verdict


def _exchange(ledger: Ledger, effects: Effects, leg: Leg) -> None:
    """Take from both sides what they give, as far as they have it, and give what they get."""
    fees, buyers = 0, list[tuple[Party, int]]()
    for party, _, fee in parties(leg):
        value = own_price(party.outcome, leg.price) * leg.qty
        if party.side == Side.BUY:
            buyers.append((party, value))
            _pay(ledger, effects, party.account, -value - fee, AFTER_ALL)
        else:
            _sell(ledger, effects, party.account, leg, party.outcome, AFTER_ALL)
            _pay(ledger, effects, party.account, value - fee, AFTER_ALL)
        position_of(ledger, effects, party.account, leg.market_id).fees += fee
        fees += fee
    for party, value in buyers:
        _buy(ledger, effects, party.account, leg, party.outcome, value)
    _pay(ledger, effects, FEES, fees, "")
    _dissolve(ledger, effects, leg)


def _give_back(ledger: Ledger, effects: Effects, leg: Leg, reason: str) -> None:
    """Take from both sides what they got, as far as they have it, and give back what they gave."""
    fees, sellers = 0, list[tuple[Party, int]]()
    for party, _, fee in parties(leg):
        value = own_price(party.outcome, leg.price) * leg.qty
        if party.side == Side.BUY:
            _sell(ledger, effects, party.account, leg, party.outcome, reason)
            _pay(ledger, effects, party.account, value + fee, reason)
        else:
            sellers.append((party, value))
            _pay(ledger, effects, party.account, fee - value, reason)
        position_of(ledger, effects, party.account, leg.market_id).fees -= fee
        fees += fee
    for party, value in sellers:
        _buy(ledger, effects, party.account, leg, party.outcome, value)
    _pay(ledger, effects, FEES, -fees, "")
    _dissolve(ledger, effects, leg)


def _sell(
    ledger: Ledger, effects: Effects, account: int, leg: Leg, outcome: int, reason: str
) -> None:
    asset = token_asset(leg.market_id, outcome)
    taken = min(leg.qty, ledger.free(account, asset))
    if taken:
        proceeds = own_price(outcome, leg.price) * taken
        sold(ledger, effects, account, leg.market_id, outcome, taken, proceeds)
    post(ledger, effects, account, EXTERNAL, asset, taken, "reverted", leg.trade_id)
    miss(ledger, account, asset, leg.qty - taken, reason)


def _buy(
    ledger: Ledger, effects: Effects, account: int, leg: Leg, outcome: int, value: int
) -> None:
    bring_pairs(ledger, effects, leg.market_id, outcome, leg.qty)
    bought(ledger, effects, account, leg.market_id, outcome, leg.qty, value)
    asset = token_asset(leg.market_id, outcome)
    post(ledger, effects, EXTERNAL, account, asset, leg.qty, "reverted", leg.trade_id)


def _pay(ledger: Ledger, effects: Effects, account: int, micros: int, reason: str) -> None:
    """Credit *account*, or below 0 debit it as far as it has so much free."""
    if micros >= 0:
        post(ledger, effects, EXTERNAL, account, COLLATERAL, micros, "reverted", 0)
        return
    taken = min(-micros, ledger.free(account, COLLATERAL))
    post(ledger, effects, account, EXTERNAL, COLLATERAL, taken, "reverted", 0)
    lacks = -micros - taken
    if account == FEES and lacks:  # nobody's account, which nobody can freeze
        key = balance_key(account, COLLATERAL)
        ledger.chain.missing[key] = ledger.chain.missing.get(key, 0) + lacks
    else:
        miss(ledger, account, COLLATERAL, lacks, reason)


def _dissolve(ledger: Ledger, effects: Effects, leg: Leg) -> None:
    """Pairs that are outside now are money again: the market issued them to nobody."""
    pool, assets = -leg.market_id, [token_asset(leg.market_id, outcome) for outcome in (0, 1)]
    pairs = min(leg.qty, *(ledger.total(EXTERNAL, asset) for asset in assets))
    if pairs <= 0:
        return
    for asset in assets:
        post(ledger, effects, EXTERNAL, pool, asset, pairs, "reverted", leg.trade_id)
    value = pairs * TICKS_PER_UNIT
    post(ledger, effects, pool, EXTERNAL, COLLATERAL, value, "reverted", leg.trade_id)
