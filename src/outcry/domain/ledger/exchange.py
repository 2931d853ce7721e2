"""What one fill exchanges: money and tokens, and with them the cost of positions.

* transfer: the buyer pays the seller, the tokens go the other way;
* mint: both buyers pay the market (together 10,000 ticks a lot), which issues them a token each;
* merge: both sellers return a token to the market, which pays them (together 10,000 a lot).
"""

from typing import NamedTuple, Protocol

from outcry.domain.ledger.effects import Effects
from outcry.domain.ledger.numbers import BUY, MINT, MONEY, TRANSFER
from outcry.domain.ledger.positions import bought, sold
from outcry.domain.ledger.postings import post
from outcry.domain.ledger.state import Ledger
from outcry.domain.outcomes import own_price, token_asset


class Terms(Protocol):
    """The terms of a fill; ``price`` in outcome-0 ticks, ``qty`` in lots."""

    @property
    def trade_id(self) -> int:
        """Of which trade it is a part."""
        ...

    @property
    def match(self) -> int:
        """A `MatchKind`."""
        ...

    @property
    def price(self) -> int:
        """The maker's."""
        ...

    @property
    def qty(self) -> int:
        """How much changes sides."""
        ...


class Trader(Protocol):
    """One of the two who meet; an order is one."""

    @property
    def account(self) -> int:
        """Who gets."""
        ...

    @property
    def outcome(self) -> int:
        """What of."""
        ...

    @property
    def side(self) -> int:
        """A `Side`."""
        ...


class Party(NamedTuple):
    """One of the two who meet, whose order may have ended."""

    account: int
    outcome: int
    side: int


def gives(party: Trader, market_id: int, terms: Terms) -> tuple[int, int]:
    """Return ``(asset, amount)`` of what *party* gives, fees apart."""
    if party.side == BUY:
        return MONEY, own_price(party.outcome, terms.price) * terms.qty
    return token_asset(market_id, party.outcome), terms.qty


def gets(party: Trader, market_id: int, terms: Terms) -> tuple[int, int]:
    """Return ``(asset, amount)`` of what *party* gets, fees apart."""
    if party.side == BUY:
        return token_asset(market_id, party.outcome), terms.qty
    return MONEY, own_price(party.outcome, terms.price) * terms.qty


def exchange(
    ledger: Ledger, effects: Effects, one: Trader, other: Trader, market_id: int, terms: Terms,
    giver: int = 0,
) -> None:  # fmt: skip
    """Move what both sides give to who gets it.

    *giver* is the account that keeps what both give; 0: they have it themselves.
    """
    match, price, qty, trade = terms.match, terms.price, terms.qty, terms.trade_id
    if match == TRANSFER:
        buyer, seller = (one, other) if one.side == BUY else (other, one)
        buys, sells, outcome = buyer.account, seller.account, buyer.outcome
        value, asset = own_price(outcome, price) * qty, token_asset(market_id, outcome)
        sold(ledger, effects, sells, market_id, outcome, qty, value)
        post(ledger, effects, giver or buys, sells, MONEY, value, "trade", trade)
        post(ledger, effects, giver or sells, buys, asset, qty, "trade", trade)
        bought(ledger, effects, buys, market_id, outcome, qty, value)
        return
    pool = -market_id
    for party in (one, other):
        account, outcome = party.account, party.outcome
        value, asset = own_price(outcome, price) * qty, token_asset(market_id, outcome)
        if match == MINT:
            post(ledger, effects, giver or account, pool, MONEY, value, "mint", trade)
            post(ledger, effects, pool, account, asset, qty, "mint", trade)
            bought(ledger, effects, account, market_id, outcome, qty, value)
        else:
            sold(ledger, effects, account, market_id, outcome, qty, value)
            post(ledger, effects, giver or account, pool, asset, qty, "merge", trade)
            post(ledger, effects, pool, account, MONEY, value, "merge", trade)
