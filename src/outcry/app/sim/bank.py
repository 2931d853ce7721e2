"""A bank that anyone can check by eye: dictionaries, exact fractions, and no holds, logs or books.

It carries out what people asked for and were told of, and each fill as it was reported, in the
order of the log, and so works out by itself what everybody must have.
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor
from typing import Final

from outcry.domain.fees import FeeKind, FeeSchedule
from outcry.domain.ids import COLLATERAL, SUSPENSE, asset_market, token_asset, trade_id
from outcry.domain.order import OrderStatus
from outcry.messages.facts import (
    Fact,
    OrderCancelled,
    OrderPlaced,
    OrderReduced,
    OrderRejected,
    OrderReplaced,
    Traded,
)
from outcry_wire.records import CancelReason, OrderKind, Side


UNIT: Final = 10_000


@dataclass
class Sheet:
    """What the bank knows of one order."""

    account: int
    market: int
    outcome: int
    side: int
    kind: int
    price: int
    budget: int
    remaining: int
    version: int
    filled: int = 0
    volume: int = 0
    status: int = OrderStatus.NEW
    exact: Fraction = Fraction(0)
    charged: int = 0
    rebate: Fraction = Fraction(0)
    #: Whole micros of the exact rebate that were counted, and those of them that are paid.
    rebated: int = 0
    paid_back: int = 0
    #: What fills that failed on the chain would have cost: it was never paid.
    spared: int = 0
    #: Lots of those filled whose settlement failed on the chain.
    failed: int = 0

    def charge(self, exact: Fraction) -> int:
        """Count a further exact fee; returns the whole micros that it costs."""
        self.exact += exact
        due = ceil(self.exact) - self.charged
        self.charged += due
        return due

    @property
    def fee(self) -> int:
        """Fees charged less rebates paid."""
        return self.charged - self.paid_back - self.spared


@dataclass
class Holding:
    """What an account made of one market."""

    cost: list[int]
    realised: int = 0
    fees: int = 0
    net_cash: int = 0
    redeemed: int = 0


class Bank:
    """Money and tokens of everybody."""

    def __init__(self) -> None:
        self.money: defaultdict[int, int] = defaultdict(int)
        self.tokens: defaultdict[tuple[int, int, int], int] = defaultdict(int)
        self.holdings: defaultdict[tuple[int, int], Holding] = defaultdict(lambda: Holding([0, 0]))
        self.orders: dict[int, Sheet] = {}
        self.fees: dict[int, FeeSchedule] = {0: FeeSchedule(0, 0, 0, 0, 0)}
        #: Fills that wait for the chain, with what each costs taker and maker: nothing of them
        #: has been exchanged.
        self.waiting: dict[tuple[int, int], tuple[Traded, int, int]] = {}
        #: Fills that the chain has settled, those that it took back, and what of them was not
        #: there any more, by account and asset.
        self.settled: dict[tuple[int, int], Traded] = {}
        self.reverted: set[tuple[int, int]] = set()
        self.missing: defaultdict[tuple[int, int], int] = defaultdict(int)
        self.house = 0
        self.outside = 0
        #: Collateral of each market.
        self.pools: defaultdict[int, int] = defaultdict(int)

    # --- money ----------------------------------------------------------------------------------

    def pay_in(self, account: int, amount: int) -> None:
        """Money comes in, or goes out when *amount* is negative."""
        self.money[account] += amount
        self.outside -= amount

    def split(self, account: int, market: int, qty: int) -> None:
        """Pairs against money; the opposite when *qty* is negative."""
        for outcome in (0, 1):
            self._trade(account, market, outcome, qty, UNIT // 2)
        self.pools[market] += UNIT * qty

    def transfer(self, source: int, target: int, asset: int, amount: int) -> None:
        """Money or tokens move between two accounts, tokens with their part of the cost."""
        if not amount:
            return
        if asset == COLLATERAL:
            self.money[source] -= amount
            self.money[target] += amount
            return
        market, outcome = asset_market(asset)
        owned = self.tokens[source, market, outcome]
        cost = self.holdings[source, market].cost[outcome] * amount // owned
        for account, sign in ((source, -1), (target, 1)):
            self.tokens[account, market, outcome] += sign * amount
            self.holdings[account, market].cost[outcome] += sign * cost
            self.holdings[account, market].net_cash += sign * cost

    def redeem(self, account: int, market: int, payout: tuple[int, int]) -> int:
        """Tokens for what they are worth; returns what was paid."""
        holding = self.holdings[account, market]
        paid = 0
        for outcome in (0, 1):
            value = payout[outcome] * self.tokens.pop((account, market, outcome), 0)
            holding.realised += value - holding.cost[outcome]
            holding.cost[outcome] = 0
            paid += value
        holding.redeemed += paid
        self.money[account] += paid
        self.pools[market] -= paid
        return paid

    # --- orders ---------------------------------------------------------------------------------

    def fact(self, fact: Fact) -> None:
        """Take in what happened to orders without a fill."""
        if isinstance(fact, OrderPlaced):
            self.orders[fact.order_id].status = OrderStatus.OPEN
        elif isinstance(fact, OrderReduced):
            self.orders[fact.order_id].remaining -= fact.by
        elif isinstance(fact, OrderReplaced):
            sheet = self.orders[fact.order_id]
            sheet.price, sheet.remaining = fact.price, fact.remaining
        elif isinstance(fact, OrderRejected):
            self.orders[fact.order_id].status = OrderStatus.REJECTED
        elif isinstance(fact, OrderCancelled):
            sheet = self.orders[fact.order_id]
            spent = fact.reason == CancelReason.MONEY_SPENT and sheet.filled
            sheet.status = OrderStatus.FILLED if spent else OrderStatus.CANCELLED

    def held(self, sheet: Sheet) -> int:
        """Return what a live order must have set aside: micros, or lots when it sells."""
        if sheet.status > OrderStatus.OPEN:
            return 0
        if sheet.side == Side.SELL:
            return sheet.remaining
        if sheet.kind == OrderKind.MARKET_MONEY:
            return sheet.budget - sheet.volume - sheet.charged
        schedule = self.fees[sheet.version]
        limit = UNIT - sheet.price if sheet.outcome else sheet.price
        rate = max(schedule.taker_bps, schedule.maker_bps)
        most = sheet.exact + self._exact(schedule, rate, limit, sheet.remaining)
        return limit * sheet.remaining + ceil(most) - sheet.charged

    def verdict(self, trade_id: int, fill: int, *, confirmed: bool) -> None:
        """The chain has said what becomes of a fill that waits."""
        fact, taker_fee, maker_fee = self.waiting.pop((trade_id, fill))
        if confirmed:
            self.settled[trade_id, fill] = fact
            self._exchange(fact, taker_fee, maker_fee)
            return
        for order_id, fee in ((fact.taker_order, taker_fee), (fact.maker_order, maker_fee)):
            self.orders[order_id].failed += fact.qty
            self.orders[order_id].spared += fee

    def revert(self, key: tuple[int, int], take: Callable[[int, int, int], int]) -> None:
        """A settled fill is not on the chain any more: what both sides got is suspended.

        ``take(account, asset, amount)`` says how much of it was there.
        """
        fact = self.settled.pop(key)
        self.reverted.add(key)
        for order_id in (fact.taker_order, fact.maker_order):
            sheet = self.orders[order_id]
            asset, amount = token_asset(sheet.market, sheet.outcome), fact.qty
            if sheet.side == Side.SELL:
                own = UNIT - fact.price if sheet.outcome else fact.price
                asset, amount = COLLATERAL, own * fact.qty
            there = take(sheet.account, asset, amount)
            self.transfer(sheet.account, SUSPENSE, asset, there)
            self.missing[sheet.account, asset] += amount - there

    def is_idle(self, account: int) -> bool:
        """Return whether nothing of *account* is set aside, or waits for the chain."""
        live = any(sheet.account == account and sheet.status <= OrderStatus.OPEN
                   for sheet in self.orders.values())  # fmt: skip
        return not live and not any(
            account
            in (self.orders[fact.taker_order].account, self.orders[fact.maker_order].account)
            for fact, _, _ in self.waiting.values()
        )

    def fill(self, shard: int, fact: Traded, *, waits: bool) -> None:
        """Two orders have met; what they exchange may have to wait for the chain."""
        for order_id in (fact.taker_order, fact.maker_order):
            sheet = self.orders[order_id]
            own = UNIT - fact.price if sheet.outcome else fact.price
            sheet.filled += fact.qty
            sheet.volume += own * fact.qty
            if sheet.kind != OrderKind.MARKET_MONEY:
                sheet.remaining -= fact.qty
                if not sheet.remaining:
                    sheet.status = OrderStatus.FILLED
        taker, maker = self.orders[fact.taker_order], self.orders[fact.maker_order]
        schedule = self.fees[taker.version]
        own = UNIT - fact.price if taker.outcome else fact.price
        exact = self._exact(schedule, schedule.taker_bps, own, fact.qty)
        taker_fee = taker.charge(exact)
        version = self.fees[maker.version]
        maker_fee = maker.charge(self._exact(version, version.maker_bps, own, fact.qty))
        maker.rebate += exact * Fraction(schedule.rebate_bps, UNIT)
        rebate = floor(maker.rebate) - maker.rebated
        maker.rebated += rebate
        if waits:
            # A transaction pays no more back than the same fill is charged.
            rebate = min(rebate, taker_fee + maker_fee)
        maker.paid_back += rebate
        if waits:
            self.waiting[trade_id(shard, fact.seq), fact.fill] = fact, taker_fee, maker_fee - rebate
        else:
            self._exchange(fact, taker_fee, maker_fee - rebate)

    def _exchange(self, fact: Traded, taker_fee: int, maker_fee: int) -> None:
        taker, maker = self.orders[fact.taker_order], self.orders[fact.maker_order]
        for sheet, fee in ((taker, taker_fee), (maker, maker_fee)):
            own = UNIT - fact.price if sheet.outcome else fact.price
            sign = -1 if sheet.side == Side.SELL else 1
            self._trade(sheet.account, sheet.market, sheet.outcome, sign * fact.qty, own)
            self.money[sheet.account] -= fee
            self.house += fee
            self.holdings[sheet.account, sheet.market].fees += fee
        if taker.outcome != maker.outcome:
            minted = fact.qty if taker.side == Side.BUY else -fact.qty
            self.pools[taker.market] += UNIT * minted

    def _trade(self, account: int, market: int, outcome: int, qty: int, price: int) -> None:
        """*qty* lots change hands at *price* ticks: bought, or sold when negative."""
        holding, owned = self.holdings[account, market], self.tokens[account, market, outcome]
        if qty > 0:
            holding.cost[outcome] += price * qty
        else:
            cost = holding.cost[outcome] * -qty // owned
            holding.cost[outcome] -= cost
            holding.realised += price * -qty - cost
        holding.net_cash += price * qty
        self.tokens[account, market, outcome] += qty
        self.money[account] -= price * qty

    @staticmethod
    def _exact(schedule: FeeSchedule, rate: int, own: int, qty: int) -> Fraction:
        p = Fraction(own, UNIT)
        base = p * (1 - p) if schedule.kind == FeeKind.QUADRATIC else min(p, 1 - p)
        return Fraction(rate, UNIT) * base * qty * UNIT
