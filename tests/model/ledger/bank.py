"""A bank that anyone can check by eye: what the ledger must agree with after every fact.

It knows nothing of holds, commits or logs. It sees each fill as the kernel reports it, keeps exact
fractions, and moves whole amounts of money and tokens between dictionaries.
"""

from collections import Counter, defaultdict
from fractions import Fraction
from math import ceil, floor

from outcry.domain.fees import FeeKind, FeeSchedule
from outcry.messages.facts import Traded
from outcry_wire.records import Side


Token = tuple[int, int]


class Bank:
    """Money and tokens of everybody, and what each order has been charged."""

    def __init__(self, schedules: dict[int, FeeSchedule]) -> None:
        self.money: defaultdict[int, int] = defaultdict(int)
        self.tokens: defaultdict[tuple[int, int, int], int] = defaultdict(int)
        self.house = 0
        #: Paid minus received, and fees minus rebates, by account and market.
        self.paid_in: defaultdict[tuple[int, int], int] = defaultdict(int)
        self.fees: defaultdict[tuple[int, int], int] = defaultdict(int)
        #: What the tokens cost, by account, market and outcome, and what selling them brought.
        self.cost: defaultdict[tuple[int, int, int], int] = defaultdict(int)
        self.realised: defaultdict[tuple[int, int], int] = defaultdict(int)
        self._schedules = schedules
        self._fee: defaultdict[int, Fraction] = defaultdict(Fraction)
        self._charged: defaultdict[int, int] = defaultdict(int)
        self._rebate: defaultdict[int, Fraction] = defaultdict(Fraction)
        self._paid_back: defaultdict[int, int] = defaultdict(int)
        #: Fills that wait for a chain, with what each costs taker and maker: that is agreed when
        #: they meet; nothing else of them has happened yet.
        self.waiting: dict[tuple[int, int], tuple[Traded, int, int]] = {}

    def set_aside(self, account: int) -> tuple[int, Counter[Token]]:
        """Return what *account* has given for fills that wait: money with fees, and tokens."""
        money = 0
        tokens: Counter[Token] = Counter()
        for fact, taker_fee, maker_fee in self.waiting.values():
            for owner, outcome, side, fee in (
                (fact.account, fact.taker_outcome, fact.taker_side, taker_fee),
                (fact.maker_account, fact.maker_outcome, fact.maker_side, maker_fee),
            ):
                if owner == account and side == Side.BUY:
                    money += (10_000 - fact.price if outcome else fact.price) * fact.qty
                    money += max(0, fee)
                elif owner == account:
                    tokens[fact.instrument, outcome] += fact.qty
        return money, tokens

    def wait(self, fact: Traded, version_of: dict[int, int]) -> None:
        """Two have met, and agreed on what it costs; the chain says whether it happens.

        A rebate of a micro that the fill itself is not charged is not paid.
        """
        taker, maker, rebate = self._costs(fact, version_of)
        rebate = min(rebate, taker + maker)
        self.waiting[fact.trade_id, fact.fill] = (fact, taker, maker - rebate)

    def confirm(self, key: tuple[int, int]) -> None:
        """A fill that waited has happened, at the costs that were agreed."""
        self._exchange(*self.waiting.pop(key))

    def fill(self, fact: Traded, version_of: dict[int, int]) -> None:
        """Settle one fill; *version_of* tells the fee schedule of each order."""
        taker, maker, rebate = self._costs(fact, version_of)
        self._exchange(fact, taker, maker - rebate)

    def _exchange(self, fact: Traded, taker_fee: int, maker_fee: int) -> None:
        market = fact.instrument
        for account, outcome, side, fee in (
            (fact.account, fact.taker_outcome, fact.taker_side, taker_fee),
            (fact.maker_account, fact.maker_outcome, fact.maker_side, maker_fee),
        ):
            own = 10_000 - fact.price if outcome else fact.price
            self._turn(account, market, outcome, -fact.qty if side else fact.qty, own)
            self.money[account] -= fee
            self.fees[account, market] += fee
            self.house += fee

    def _costs(self, fact: Traded, version_of: dict[int, int]) -> tuple[int, int, int]:
        """Return the fees of taker and maker, and the maker's rebate, in whole micros."""
        taker = self._schedules[version_of[fact.taker_order]]
        maker = self._schedules[version_of[fact.maker_order]]
        exact = self._exact(taker, taker.taker_bps, fact)
        self._rebate[fact.maker_order] += exact * Fraction(taker.rebate_bps, 10_000)
        rebate = floor(self._rebate[fact.maker_order]) - self._paid_back[fact.maker_order]
        self._paid_back[fact.maker_order] += rebate
        return (
            self._charge(fact.taker_order, exact),
            self._charge(fact.maker_order, self._exact(maker, maker.maker_bps, fact)),
            rebate,
        )

    def pairs(self, account: int, market: int, qty: int) -> None:
        """Turn money into *qty* pairs, or pairs into money when it is negative."""
        for outcome in (0, 1):
            self._turn(account, market, outcome, qty, 5_000)

    def _turn(self, account: int, market: int, outcome: int, qty: int, price: int) -> None:
        """Buy *qty* tokens at *price*, or sell them when it is negative."""
        key = (account, market, outcome)
        if qty < 0:
            cost = self._take_cost(key, -qty)
            self.realised[account, market] += price * -qty - cost
        else:
            self.cost[key] += price * qty
        self.money[account] -= price * qty
        self.paid_in[account, market] += price * qty
        self.tokens[key] += qty

    def _take_cost(self, key: tuple[int, int, int], qty: int) -> int:
        """Take the part of the cost that goes with *qty* tokens."""
        cost = floor(self.cost[key] * Fraction(qty, self.tokens[key]))
        self.cost[key] -= cost
        return cost

    def transfer(self, source: int, target: int, market: int, outcome: int, qty: int) -> None:
        """Move tokens, with what they cost, from one account to another."""
        old, new = (source, market, outcome), (target, market, outcome)
        cost = self._take_cost(old, qty)
        self.cost[new] += cost
        for key, sign in ((old, -1), (new, 1)):
            self.tokens[key] += sign * qty
            self.paid_in[key[0], market] += sign * cost

    def redeem(self, account: int, market: int, payout: tuple[int, int]) -> None:
        """Turn all tokens of a market into what they are worth."""
        for outcome in (0, 1):
            key = (account, market, outcome)
            value = self.tokens.pop(key, 0) * payout[outcome]
            self.money[account] += value
            self.realised[account, market] += value - self.cost.pop(key, 0)

    def refund(self, market: int) -> None:
        """Give back what was paid in, and what is left of the fees; no token is left."""
        pot = 10_000 * sum(
            qty for (_, at, outcome), qty in self.tokens.items() if at == market and not outcome
        )
        fees = sum(fee for (_, at), fee in self.fees.items() if at == market)
        for key in [key for key in self.tokens if key[1] == market]:
            del self.tokens[key]
            self.realised[key[0], market] -= self.cost.pop(key, 0)
        for account, amount in self._divide(self.paid_in, market, pot).items():
            self.money[account] += amount
            self.realised[account, market] += amount
        for account, amount in self._divide(self.fees, market, min(fees, self.house)).items():
            self.money[account] += amount
            self.fees[account, market] -= amount
            self.house -= amount

    def _divide(self, claims: dict[tuple[int, int], int], market: int, pot: int) -> dict[int, int]:
        """Divide *pot* among who is owed something, a micro at a time at the end."""
        owed = {account: c for (account, at), c in claims.items() if at == market and c > 0}
        if pot <= 0 or not owed:
            return {}
        scale = min(Fraction(1), Fraction(pot, sum(owed.values())))
        exact = {account: claim * scale for account, claim in owed.items()}
        paid = {account: floor(part) for account, part in exact.items()}
        for _ in range(int(sum(exact.values())) - sum(paid.values())):
            due = max(sorted(paid), key=lambda account: exact[account] - paid[account])
            paid[due] += 1
        return paid

    def _charge(self, order: int, exact: Fraction) -> int:
        """Return what a further exact fee of *order* costs: of all its fills, the ceiling."""
        self._fee[order] += exact
        due = ceil(self._fee[order]) - self._charged[order]
        self._charged[order] += due
        return due

    def _exact(self, schedule: FeeSchedule, rate: int, fact: Traded) -> Fraction:
        p = Fraction(fact.price, 10_000)
        base = p * (1 - p) if schedule.kind == FeeKind.QUADRATIC else min(p, 1 - p)
        return Fraction(rate, 10_000) * base * fact.qty * 10_000
