"""What the settlement contract has to do, in plain numbers: a model for its tests.

Prices are fractions, balances a table, a settlement is tried on a copy of it. Nothing here is taken
from the contract.
"""

from collections import Counter
from fractions import Fraction
from typing import NamedTuple

from tests.contracts.reasons import Refusal, Why
from tests.contracts.world import BUY, NOBODY, OWN_KEY, WALLET, Fill, Market, Order


CASH = 0
GRACE = 600
CAP = Fraction(1, 10)
AMOUNT_LIMIT = 2**127
Asset = int
Verdict = tuple[str, tuple[int, ...]] | None


class Leg(Exception):
    """A leg fails."""

    def __init__(self, leg: int, why: Why) -> None:
        super().__init__(leg, why)
        self.verdict = ("LegFailed", (leg, int(why)))


class Held(NamedTuple):
    """What a settlement changes; a copy is thrown away when it fails."""

    escrow: Counter[tuple[bytes, Asset]]
    used: Counter[bytes]
    sets: Counter[bytes]


class Bank:
    """Everybody's escrow, orders and conditions."""

    def __init__(self, delay: int, operator: bytes, fees: bytes) -> None:
        self.delay, self.operator, self.fees = delay, operator, fees
        self.escrow: Counter[tuple[bytes, Asset]] = Counter()
        self.used: Counter[bytes] = Counter()
        #: Complete sets that exist, by condition.
        self.sets: Counter[bytes] = Counter()
        #: What redemption brought and nobody was credited with yet.
        self.unclaimed = 0
        self.revoked: dict[bytes, int] = {}
        self.raised: dict[bytes, tuple[int, int]] = {}
        #: Until when a key signs for an account that named it.
        self.until: dict[tuple[bytes, bytes], float] = {}
        self.trades: set[int] = set()
        self.markets: dict[Asset, tuple[Market, Asset]] = {}

    def add(self, market: Market) -> None:
        """Make the tokens of a market known."""
        self.markets[market.yes] = (market, market.no)
        self.markets[market.no] = (market, market.yes)

    def close(self, market: Market) -> None:
        """Make its tokens claims."""
        del self.markets[market.yes], self.markets[market.no]

    def nonce(self, who: bytes, now: int) -> int:
        """Return the nonce that counts now."""
        nonce, since = self.raised.get(who, (0, 0))
        return nonce if now >= since else nonce - 1

    def settle(
        self,
        trade: int,
        taker: Order,
        makers: list[Order],
        fills: list[Fill],
        now: int,
        hashes: dict[Order, tuple[bytes, bytes]],
    ) -> Verdict:
        """Settle, or return why not; *hashes* has each order's hash and the key that signed it."""
        if trade in self.trades:
            return ("Refused", (int(Refusal.DONE_ALREADY),))
        held = Held(Counter(self.escrow), Counter(self.used), Counter(self.sets))
        try:
            self._settle(held, taker, list(zip(makers, fills, strict=True)), now, hashes)
        except Leg as failed:
            return failed.verdict
        self.escrow, self.used, self.sets = held
        self.trades.add(trade)
        return None

    def _settle(
        self,
        held: Held,
        taker: Order,
        pairs: list[tuple[Order, Fill]],
        now: int,
        hashes: dict[Order, tuple[bytes, bytes]],
    ) -> None:
        self._check(0, taker, now, hashes)
        total, paid, fees = 0, 0, 0
        for leg, (maker, fill) in enumerate(pairs, 1):
            self._check(leg, maker, now, hashes)
            if not (0 < fill.qty < AMOUNT_LIMIT and 0 < fill.cash < AMOUNT_LIMIT):
                raise Leg(leg, Why.SHAPE)
            cash = self._takers_cash(leg, taker, maker, fill)
            if not good(taker, fill.qty, cash):
                raise Leg(leg, Why.TAKER_LIMIT)
            if not good(maker, fill.qty, fill.cash):
                raise Leg(leg, Why.LIMIT)
            if fill.taker_fee < 0 or not cheap(taker, fill.taker_fee, cash):
                raise Leg(0, Why.FEE)
            if fill.taker_fee + fill.maker_fee < 0 or not cheap(maker, fill.maker_fee, fill.cash):
                raise Leg(leg, Why.FEE)
            give(held, leg, maker, hashes[maker][0], fill.qty, fill.cash, fill.maker_fee)
            if maker.token_id != taker.token_id:
                condition = self.markets[taker.token_id][0].condition
                held.sets[condition] += fill.qty if taker.side == BUY else -fill.qty
            total, paid, fees = total + fill.qty, paid + cash, fees + fill.taker_fee
            held.escrow[self.fees, CASH] += fill.taker_fee + fill.maker_fee
        give(held, 0, taker, hashes[taker][0], total, paid, fees)

    def _check(
        self, leg: int, order: Order, now: int, hashes: dict[Order, tuple[bytes, bytes]]
    ) -> None:
        """Say what is wrong with an order whatever it is filled with."""
        if order.version == 1:
            named, expiry, nonce, _ = order.extra
            if named not in (0, int.from_bytes(self.operator)):
                raise Leg(leg, Why.NOT_FOR_US)
            if expiry and now > expiry + GRACE:
                raise Leg(leg, Why.EXPIRED)
            if nonce != self.nonce(order.maker, now):
                raise Leg(leg, Why.NONCE)
        digest, signed = hashes[order]
        if now >= self.revoked.get(digest, now + 1):
            raise Leg(leg, Why.REVOKED)
        if not self.used[digest] and not self._counts(order, signed, now):
            raise Leg(leg, Why.SIGNATURE)

    def _counts(self, order: Order, key: bytes, now: int) -> bool:
        """Whether what *key* signed, nobody's for no signature, counts for the account."""
        if key == NOBODY or order.sig_type > WALLET:
            return False
        if order.sig_type == OWN_KEY:
            return key == order.signer == order.maker
        named = now < self.until.get((order.maker, key), 0)
        if order.sig_type == WALLET:
            return named and order.version == 2 and order.signer == order.maker
        return named and key == order.signer

    def name(self, who: bytes, key: bytes, now: int, *, allowed: bool) -> None:
        """Let a key sign for an account, or no longer, once the delay has passed."""
        ends = min(self.until.get((who, key), 0), now + self.delay)
        self.until[who, key] = float("inf") if allowed else ends

    def _takers_cash(self, leg: int, taker: Order, maker: Order, fill: Fill) -> int:
        if maker.token_id == taker.token_id:
            if maker.side == taker.side:
                raise Leg(leg, Why.TOKEN)
            return fill.cash
        other = self.markets.get(taker.token_id, (None, None))[1]
        if maker.token_id != other or maker.side != taker.side:
            raise Leg(leg, Why.TOKEN)
        if fill.cash >= fill.qty:
            raise Leg(leg, Why.SHAPE)
        return fill.qty - fill.cash


def good(order: Order, qty: int, cash: int) -> bool:
    """Whether a price is as good as the order's."""
    if order.side == BUY:
        return Fraction(cash, qty) <= Fraction(order.maker_amount, order.taker_amount)
    return Fraction(cash, qty) >= Fraction(order.taker_amount, order.maker_amount)


def cheap(order: Order, fee: int, cash: int) -> bool:
    """Whether a fee is at most the cap of the leg, rounded up to a whole unit."""
    cap = CAP if order.version != 1 else min(CAP, Fraction(order.extra[3], 10_000))
    return fee <= -(-cash * cap // 1)


def give(held: Held, leg: int, order: Order, digest: bytes, qty: int, cash: int, fee: int) -> None:
    """Move what one side gives and gets, within its order and its escrow."""
    held.used[digest] += cash if order.side == BUY else qty
    if held.used[digest] > order.maker_amount:
        raise Leg(leg, Why.OVERFILLED)
    money, tokens = (order.maker, CASH), (order.maker, order.token_id)
    sign = 1 if order.side == BUY else -1
    held.escrow[money] -= sign * cash + fee
    held.escrow[tokens] += sign * qty
    if held.escrow[money] < 0:
        raise Leg(leg, Why.NO_CASH)
    if held.escrow[tokens] < 0:
        raise Leg(leg, Why.NO_TOKENS)
