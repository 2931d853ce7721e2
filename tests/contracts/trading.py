"""People who do everything that the contract allows, and some things that it does not.

Each deed is done on the contract and in the model; verdicts and balances must be the same. What is
done is drawn from a `random.Random`, which a property test may supply.
"""

from collections import Counter
from fractions import Fraction
from random import Random
from typing import NamedTuple

from tests.contracts.bank import CASH, Bank, Verdict
from tests.contracts.reasons import Refusal
from tests.contracts.test_signatures import nested
from tests.contracts.world import (
    BUY,
    EXIT_DELAY,
    NOBODY,
    SELL,
    UNIT,
    WALLET,
    Fill,
    Market,
    Order,
    Refused,
    World,
)

from outcry.adapters.evm.signer import Signer


PEOPLE = 5
MARKETS = 2
PURSE = 400 * UNIT
ORDERS_MAX = 60
LOT = 10_000
TICKS = 10_000


class Payouts(NamedTuple):
    """What a resolved market pays."""

    yes: int
    no: int


class Trading:
    """A world and its model, side by side."""

    def __init__(self, rnd: Random) -> None:
        self.world = world = World()
        self.bank = Bank(EXIT_DELAY, world.operator.address, world.fees.address)
        self.people = [world.person(n, PURSE) for n in range(PEOPLE)]
        self.markets = [world.market(n) for n in range(MARKETS)]
        self.resolved: dict[bytes, Payouts] = {}
        self.exits: dict[tuple[bytes, int], tuple[int, int]] = {}
        self.orders: list[Order] = []
        self.hashes: dict[Order, tuple[bytes, bytes]] = {}
        self.reasons: Counter[Verdict] = Counter()
        self.matches = self.refused = self.operations = self.trades = 0
        for one in self.people:
            self.bank.escrow[one.address, CASH] += PURSE
        for one, other in zip(self.people, [*self.people[1:], self.people[0]], strict=True):
            world.do(one, "setSigner", other.address, True)
            self.bank.name(one.address, other.address, world.now, allowed=True)
        for market in self.markets:
            self.bank.add(market)
            for one in self.people:
                self.split(rnd, one=one, market=market, amount=30 * UNIT)

    # -- orders and matches -----------------------------------------------------------------

    def order(self, rnd: Random) -> None:
        """Sign an order; one in ten has something wrong with it."""
        one, market = rnd.choice(self.people), rnd.choice(self.markets)
        version = rnd.choice((1, 2))
        extra = (0, 0, self.bank.nonce(one.address, self.world.now), rnd.choice((100, 1000)))
        if version == 1 and rnd.random() < 0.3:
            extra = (extra[0], self.world.now + rnd.randrange(1, 2000), *extra[2:])
        qty, price = rnd.randrange(1, 800) * LOT, rnd.randrange(2000, 8000)
        order = self.world.order(
            one,
            rnd.choice((BUY, SELL)),
            rnd.choice((market.yes, market.no)),
            qty,
            qty * price // TICKS,
            version=version,
            **({"extra": extra} if version == 1 else {}),
        )
        if rnd.random() < 0.03 and version == 1:
            extra = (int.from_bytes(self.people[0].address), *order.extra[1:])
            order = self.world.signed(one, order._replace(extra=extra))
        signed = one.address
        if rnd.random() < 0.4:
            order, signed = self._by_another(rnd, order)
        if rnd.random() < 0.05:
            order, signed = order._replace(salt=order.salt + 10**9), NOBODY
        self.orders = [*self.orders[-ORDERS_MAX + 1 :], order]
        self.hashes[order] = (self.world.digest(order), signed)

    def _by_another(self, rnd: Random, order: Order) -> tuple[Order, bytes]:
        """Return an order as a proxy's, a safe's or a wallet's, and whose key signed it."""
        place = next(n for n, one in enumerate(self.people) if one.address == order.maker)
        step = 1 if rnd.random() < 0.8 else rnd.randrange(PEOPLE)
        key, kind = self.people[(place + step) % PEOPLE], rnd.choice((1, 2, WALLET, 4))
        signer = order.maker if kind == WALLET else key.address
        order = order._replace(sig_type=kind, signer=signer)
        if kind != WALLET:
            return self.world.signed(key, order), key.address
        signature = nested(self.world, key, order.maker, order)
        return order._replace(signature=signature), key.address

    def name(self, rnd: Random) -> None:
        """Somebody lets another key sign from now on, or no longer."""
        place, allowed = rnd.randrange(PEOPLE), rnd.random() < 0.7
        one, other = self.people[place], self.people[(place + 1) % PEOPLE]
        self.world.do(one, "setSigner", other.address, allowed)
        self.bank.name(one.address, other.address, self.world.now, allowed=allowed)

    def match(self, rnd: Random) -> Verdict:
        """Settle a match that is legal more often than not."""
        taker = rnd.choice(self.orders)
        makers = [m for m in self.orders if m is not taker and meets(self.markets, taker, m)]
        if rnd.random() < 0.95:
            makers = [m for m in makers if crosses(taker, m)]
        wild = rnd.random() < 0.05
        chosen = rnd.choices(self.orders if wild or not makers else makers, k=rnd.randint(1, 4))
        fills = [self._fill(rnd, taker, maker) for maker in chosen]
        self.trades += 1
        trade = self.trades << 8
        if rnd.random() < 0.03:
            trade = rnd.randrange(1, self.trades + 1) << 8
        wanted = self.bank.settle(trade, taker, chosen, fills, self.world.now, self.hashes)
        told = self._told("matchOrders", trade, taker, chosen, fills)
        assert told == wanted, (taker, chosen, fills)
        assert self.world.ask("isSettled", trade) == (trade in self.bank.trades)
        self.matches += 1
        self.refused += wanted is not None
        self.reasons[wanted] += 1
        for order in (taker, *chosen):
            digest = self.hashes[order][0]
            assert self.world.ask("used", digest) == self.bank.used[digest] <= order.maker_amount
        everybody = {taker.maker, *(maker.maker for maker in chosen), self.bank.fees}
        self.compare(everybody, {CASH, taker.token_id, *(maker.token_id for maker in chosen)})
        return wanted

    def _fill(self, rnd: Random, taker: Order, maker: Order) -> Fill:
        """Return a fill at or about the maker's price, with fees about the cap."""
        left = min(self._left(maker), self._left(taker) // 2) // LOT
        most = left if left > 0 and rnd.random() < 0.9 else 800
        qty = rnd.randint(1, most) * LOT
        exact = -(-qty * maker.taker_amount // maker.maker_amount)
        if maker.side == BUY:
            exact = qty * maker.maker_amount // maker.taker_amount
        worse = rnd.choice((1, LOT // 50)) if rnd.random() < 0.06 else 0
        cash = max(1, exact + (worse if maker.side == BUY else -worse))
        if not rnd.randrange(40):
            qty, cash = rnd.choice(((0, cash), (qty, 0), (qty, qty), (2**127, cash)))
        cap = max(1, min(cash, max(1, qty - cash)) // 100)
        fee = rnd.randrange(cap) if rnd.random() < 0.6 else 0
        rebate = -rnd.randrange(fee + 1) if rnd.random() < 0.5 else rnd.randrange(cap)
        if not rnd.randrange(40):
            fee, rebate = rnd.choice(((cash, 0), (-1, 0), (fee, -fee - 1), (0, cash)))
        return Fill(qty, cash, fee, rebate)

    def _left(self, order: Order) -> int:
        """Return about how many tokens of an order are left."""
        left = order.maker_amount - self.bank.used[self.hashes[order][0]]
        if order.side == SELL:
            return left
        return left * order.taker_amount // order.maker_amount

    # -- escrow -----------------------------------------------------------------------------

    def deposit(self, rnd: Random) -> None:
        """Put collateral into somebody's escrow."""
        one, amount = rnd.choice(self.people), rnd.randrange(1, 50 * UNIT)
        self.world.give(one, amount)
        self.bank.escrow[one.address, CASH] += amount

    def split(
        self,
        rnd: Random,
        one: Signer | None = None,
        market: Market | None = None,
        amount: int = 0,
    ) -> None:
        """Split or merge for somebody."""
        one, market = one or rnd.choice(self.people), market or rnd.choice(self.markets)
        name = "splitFor" if amount or rnd.random() < 0.5 else "mergeFor"
        amount = amount or rnd.randrange(1, 40 * UNIT)
        sign = 1 if name == "splitFor" else -1
        who, escrow = one.address, self.bank.escrow
        assets = (who, CASH), (who, market.yes), (who, market.no)
        covered = escrow[assets[0]] if sign > 0 else min(escrow[assets[1]], escrow[assets[2]])
        wanted: Verdict = None
        if market.yes not in self.bank.markets:
            wanted = ("Refused", (int(Refusal.UNKNOWN),))
        elif covered < amount:
            wanted = ("Refused", (int(Refusal.NOT_ENOUGH),))
        self.operations += 1
        told = self._told(name, self.operations, who, market.condition, amount)
        assert told == wanted
        if wanted is None:
            escrow[assets[0]] -= sign * amount
            escrow[assets[1]] += sign * amount
            escrow[assets[2]] += sign * amount
            self.bank.sets[market.condition] += sign * amount

    def pay_out(self, rnd: Random) -> None:
        """Pay somebody out."""
        one, asset, amount = self._something(rnd)
        if self._claim(asset):
            return
        wanted = None
        if self.bank.escrow[one.address, asset] < amount:
            wanted = ("Refused", (int(Refusal.NOT_ENOUGH),))
        self.operations += 1
        assert self._told("payOut", self.operations, one.address, asset, amount) == wanted
        if wanted is None:
            self.bank.escrow[one.address, asset] -= amount

    def announce(self, rnd: Random) -> None:
        """Announce an exit."""
        one, asset, amount = self._something(rnd)
        wanted = None
        if self.bank.escrow[one.address, asset] < amount:
            wanted = ("Refused", (int(Refusal.NOT_ENOUGH),))
        assert self._told("requestExit", asset, amount, sender=one) == wanted
        if wanted is None:
            self.exits[one.address, asset] = (amount, self.world.now + EXIT_DELAY)

    def leave(self, rnd: Random) -> None:
        """Take out what was announced."""
        one, asset, _ = self._something(rnd)
        if self._claim(asset):
            return
        amount, ready = self.exits.get((one.address, asset), (0, 0))
        wanted = None
        if not amount:
            wanted = ("Refused", (int(Refusal.NOTHING),))
        elif self.world.now < ready:
            wanted = ("Refused", (int(Refusal.TOO_EARLY),))
        assert self._told("exit", asset, sender=one) == wanted
        if wanted is None:
            gone = min(amount, self.bank.escrow[one.address, asset])
            self.bank.escrow[one.address, asset] -= gone
            del self.exits[one.address, asset]

    def _something(self, rnd: Random) -> tuple[Signer, int, int]:
        market = rnd.choice(self.markets)
        asset = rnd.choice((CASH, market.yes, market.no))
        return rnd.choice(self.people), asset, rnd.randrange(1, 60 * UNIT)

    def _claim(self, asset: int) -> bool:
        """Whether *asset* is a token that was redeemed: it cannot leave, only be credited."""
        return asset != CASH and asset not in self.bank.markets

    # -- revoking, time, redemption ---------------------------------------------------------

    def revoke(self, rnd: Random) -> None:
        """Revoke an order, or all of version 1."""
        order, now = rnd.choice(self.orders), self.world.now
        one = next(one for one in self.people if one.address == order.maker)
        if rnd.random() < 0.5:
            nonce, since = self.bank.raised.get(order.maker, (0, 0))
            wanted = None if now >= since else ("Refused", (int(Refusal.TOO_EARLY),))
            assert self._told("raiseNonce", sender=one) == wanted
            if wanted is None:
                self.bank.raised[order.maker] = (nonce + 1, now + EXIT_DELAY)
            return
        digest = self.hashes[order][0]
        wanted = ("Refused", (int(Refusal.DONE_ALREADY),)) if digest in self.bank.revoked else None
        assert self._told("revokeOrder", order, sender=one) == wanted
        self.bank.revoked.setdefault(digest, now + EXIT_DELAY)

    def wait(self, rnd: Random) -> None:
        """Let minutes or hours pass."""
        self.world.wait(rnd.choice((1, 60, 700, EXIT_DELAY)))

    def resolve(self, rnd: Random) -> None:
        """Resolve and redeem one market, but not the last."""
        market = self.markets[0]
        if market.condition in self.resolved:
            return
        payouts = rnd.choice((Payouts(1, 0), Payouts(0, 1), Payouts(1, 1), Payouts(3000, 7000)))
        world = self.world
        world.call(world.oracle, world.ctf, "reportPayouts", market.question, list(payouts))
        self.resolved[market.condition] = payouts
        before = world.ask("escrowed")
        world.do(world.owner, "redeem", market.condition)
        self.bank.unclaimed += world.ask("escrowed") - before
        self.bank.close(market)

    def claim(self, rnd: Random) -> None:
        """Credit somebody with what redeemed tokens pay."""
        one, market = rnd.choice(self.people), self.markets[0]
        payouts = self.resolved.get(market.condition)
        escrow, who = self.bank.escrow, one.address
        yes, no = escrow[who, market.yes], escrow[who, market.no]
        wanted = None
        if payouts is None:
            wanted = ("Refused", (int(Refusal.NOT_RESOLVED),))
        elif not yes and not no:
            wanted = ("Refused", (int(Refusal.NOTHING),))
        assert self._told("redeemFor", who, market.condition) == wanted
        if wanted is None and payouts is not None:
            credit = yes * payouts.yes // sum(payouts) + no * payouts.no // sum(payouts)
            escrow[who, market.yes] = escrow[who, market.no] = 0
            escrow[who, CASH] += credit
            self.bank.unclaimed -= credit

    # -- comparing --------------------------------------------------------------------------

    def _told(self, name: str, *values: object, sender: Signer | None = None) -> Verdict:
        try:
            self.world.do(sender or self.world.operator, name, *values)
        except Refused as refused:
            return refused.reverted
        return None

    def compare(self, people: set[bytes], assets: set[int]) -> None:
        """Compare these people's escrow with the model's."""
        for who in people:
            for asset in assets:
                assert self.world.escrow(who, asset) == self.bank.escrow[who, asset]

    def audit(self) -> None:
        """Compare everything, and what the contract holds with whose it is."""
        people = {one.address for one in self.people} | {self.bank.fees}
        tokens = {token for market in self.markets for token in (market.yes, market.no)}
        self.compare(people, {CASH, *tokens})
        world, bank = self.world, self.bank
        home = world.settlement.address
        owned = sum(bank.escrow[who, CASH] for who in people) + bank.unclaimed
        held = world.view(world.collateral, "balanceOf", home)
        assert owned == held == world.ask("escrowed")
        outstanding = 0
        for market in self.markets:
            if market.condition in self.resolved:
                continue
            outstanding += bank.sets[market.condition]
            for token in (market.yes, market.no):
                inside = sum(bank.escrow[who, token] for who in people)
                assert world.view(world.ctf, "balanceOf", home, token) == inside
                outside = sum(world.view(world.ctf, "balanceOf", who, token) for who in people)
                assert inside + outside == bank.sets[market.condition]
        locked = world.view(world.collateral, "balanceOf", world.ctf.address)
        # Who redeems a share of a unit gets none of it: that dust stays there.
        dust = 2 * (PEOPLE + 1) * len(self.resolved)
        assert 0 <= locked - self._owed_outside() - outstanding <= dust

    def _owed_outside(self) -> int:
        """Return what ConditionalTokens still owes for redeemed markets to tokens outside."""
        owed = 0
        for market in self.markets:
            payouts = self.resolved.get(market.condition)
            if payouts is None:
                continue
            view = self.world.view
            for token, share in zip((market.yes, market.no), payouts, strict=True):
                for one in self.people:
                    balance = view(self.world.ctf, "balanceOf", one.address, token)
                    owed += balance * share // sum(payouts)
        return owed


def crosses(taker: Order, maker: Order) -> bool:
    """Whether some price is good for both of two orders that meet."""
    prices = [
        Fraction(o.maker_amount, o.taker_amount)
        if o.side == BUY
        else Fraction(o.taker_amount, o.maker_amount)
        for o in (taker, maker)
    ]
    if taker.token_id != maker.token_id:
        return sum(prices) >= 1 if taker.side == BUY else sum(prices) <= 1
    return prices[0] >= prices[1] if taker.side == BUY else prices[0] <= prices[1]


def meets(markets: list[Market], taker: Order, maker: Order) -> bool:
    """Whether sides and tokens of two orders fit."""
    if taker.token_id == maker.token_id:
        return taker.side != maker.side
    pair = {taker.token_id, maker.token_id}
    return taker.side == maker.side and any(pair == {m.yes, m.no} for m in markets)
