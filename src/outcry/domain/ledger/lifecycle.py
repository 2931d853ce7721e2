"""Events, markets and users come into being, and markets move through their life.

Closing is a barrier: a market is ``closed`` only when the kernel's closing has been applied and
nothing of the market is open or pending any more. Only then can it be resolved or voided, so a
payout never meets a token that is still set aside for an order or on its way to a chain.
"""

from outcry.domain.errors import InvariantError
from outcry.domain.ledger import refunds
from outcry.domain.ledger.effects import Effects
from outcry.domain.ledger.people import ApiKey, User, address_key
from outcry.domain.ledger.state import Event, Ledger, Market
from outcry.domain.market import MarketMove, move
from outcry.domain.units import TICKS_PER_UNIT


def add_user(
    ledger: Ledger, user_id: int, account: int, external_id: str, address: str = ""
) -> None:
    """Register a user with a first account."""
    ledger.users[user_id] = User(user_id, account, external_id)
    ledger.user_ids[external_id] = user_id
    ledger.owners[account] = user_id
    # Of users who were registered with the same address, the first one has it.
    if address_key(address) and address_key(address) not in ledger.addresses:
        link_address(ledger, user_id, address_key(address))
    ledger.next_user_id = max(ledger.next_user_id, user_id + 1)
    ledger.next_account = max(ledger.next_account, account + 1)


def link_address(ledger: Ledger, user_id: int, address: str) -> None:
    """Know a user by *address*, and no longer by the one before."""
    user = ledger.users[user_id]
    ledger.addresses.pop(user.address, None)
    user.address = address
    ledger.addresses[address] = user_id


def open_account(ledger: Ledger, user_id: int, account: int, label: str) -> None:
    """Register a further account of a user."""
    ledger.users[user_id].accounts[label] = account
    ledger.owners[account] = user_id
    ledger.next_account = max(ledger.next_account, account + 1)


def add_key(
    ledger: Ledger, key_id: int, user_id: int, generation: int, scopes: tuple[str, ...]
) -> None:
    """Register an API key."""
    ledger.keys[key_id] = ApiKey(key_id, user_id, generation, scopes)
    ledger.next_key_id = max(ledger.next_key_id, key_id + 1)


def add_event(ledger: Ledger, event: Event) -> None:
    """Register an event without markets."""
    ledger.events[event.event_id] = event
    ledger.event_ids[event.identifier] = event.event_id
    ledger.next_event_id = max(ledger.next_event_id, event.event_id + 1)


def add_market(ledger: Ledger, effects: Effects, market: Market) -> None:
    """List *market*; its book is opened by the command that follows in the same entry."""
    if market.market_id in ledger.markets or any(token in ledger.tokens for token in market.tokens):
        raise InvariantError(f"market {market.market_id} or a token of it exists already")
    ledger.markets[market.market_id] = market
    for outcome, token in enumerate(market.tokens):
        ledger.tokens[token] = (market.market_id, outcome)
    ledger.events[market.event_id].markets[market.identifier] = market.market_id
    ledger.next_market_id = max(ledger.next_market_id, market.market_id + 1)
    effects.markets[market.market_id] = effects.moved[market.market_id] = None


def make_move(ledger: Ledger, effects: Effects, market_id: int, action: MarketMove) -> Market:
    """Move a market; raises `InvariantError` when the move is illegal (it was checked before)."""
    market = ledger.markets[market_id]
    state = move(market.state, action)
    if state is None:
        raise InvariantError(f"market {market_id} cannot {action.name} in {market.state.name}")
    market.state = state
    market.final_at_us = 0
    effects.markets[market_id] = effects.moved[market_id] = None
    return market


def drain(ledger: Ledger, effects: Effects, market_id: int) -> None:
    """The kernel has closed the book: nothing may be open. The market is closed unless it waits."""
    market = ledger.markets[market_id]
    if market.orders:
        raise InvariantError(f"market {market_id} closed with {len(market.orders)} live orders")
    market.book_closed = True
    close_drained(ledger, effects, market_id)


def close_drained(ledger: Ledger, effects: Effects, market_id: int) -> None:
    """Close the market if its book is closed and nothing of it waits for the chain."""
    market = ledger.markets[market_id]
    if not market.book_closed or market.pending_count:
        return
    make_move(ledger, effects, market_id, MarketMove.DRAIN)
    market.closed_at_us = ledger.time_us


def propose(
    ledger: Ledger, effects: Effects, market_id: int, payout: tuple[int, int], final_at_us: int
) -> None:
    """A payout is proposed; it stands at *final_at_us* unless it is disputed before."""
    market = make_move(ledger, effects, market_id, MarketMove.PROPOSE)
    market.proposed, market.final_at_us = payout, final_at_us


def pay(
    ledger: Ledger,
    effects: Effects,
    market_id: int,
    action: MarketMove,
    payout: tuple[int, int],
) -> None:
    """Resolve or void a market: from now on its tokens are worth *payout* ticks a lot."""
    if min(payout) < 0 or sum(payout) != TICKS_PER_UNIT:
        raise InvariantError(f"payout {payout} of market {market_id}")
    market = make_move(ledger, effects, market_id, action)
    market.payout = payout
    market.resolved_at_us = ledger.time_us


def refund(ledger: Ledger, effects: Effects, market_id: int) -> None:
    """Void a market by giving back what was paid in: no token and no collateral is left of it."""
    market = make_move(ledger, effects, market_id, MarketMove.VOID)
    market.resolved_at_us = ledger.time_us
    refunds.carry_out(ledger, effects, market_id)
