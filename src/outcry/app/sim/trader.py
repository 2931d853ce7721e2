"""A trader: orders of every kind, cancels, money in and out, and requests made again."""

import asyncio
from random import Random
from typing import Final

from msgspec.structs import replace

from outcry.app.sim.door import Door
from outcry.app.sim.drawing import draw_order, draw_price
from outcry.app.sim.people import Person
from outcry.app.sim.told import Told
from outcry.app.sim.trace import Trace
from outcry.domain.ids import COLLATERAL, token_asset
from outcry.domain.rejects import Reject
from outcry.messages.requests import (
    CancelAccepted,
    CancelAllRequest,
    CancelRequest,
    CreateUserOp,
    Declined,
    DepositOp,
    Done,
    FundsOp,
    MergeOp,
    OpenAccountOp,
    OrderAccepted,
    OrderRequest,
    OrderResult,
    PlaceRequest,
    RedeemOp,
    ReduceRequest,
    ReplaceRequest,
    SplitOp,
    TransferOp,
    WithdrawOp,
)
from outcry_wire.records import OrderKind


MONEY: Final = 400_000_000
PAIRS_MAX: Final = 2_000
#: What a trader does next, with its weight.
ACTIONS: Final = {
    "place": 60,
    "again": 6,
    "pay_again": 4,
    "cancel": 12,
    "reduce": 5,
    "replace": 7,
    "cancel_all": 3,
    "split": 5,
    "merge": 4,
    "deposit": 3,
    "withdraw": 6,
    "transfer": 5,
}
#: How many things are done at once: bursts make entries, and runs of commands, with many in them.
AT_ONCE: Final = (1, 1, 1, 1, 1, 1, 1, 1, 2, 7)
#: Of all orders, those without a name; of the named, those sent twice at once.
UNNAMED_SHARE: Final = 0.1
DOUBLE_SHARE: Final = 0.08
DOUBLE_MONEY_SHARE: Final = 0.3
#: Mean pause between two actions.
PACE_SECONDS: Final = 0.1
MARKET_SHARE: Final = 0.2


class Trader(Person):
    """Trades in *markets* until *until* (virtual seconds)."""

    actions = ACTIONS

    def __init__(self, name: str, door: Door, told: Told, trace: Trace, chance: Random) -> None:
        super().__init__(name, door, told, trace, chance)
        self.user_id = 0
        #: The first account and a further one.
        self.accounts: list[int] = []
        self.markets: tuple[int, ...] = ()
        #: What the wall clock showed when the world began.
        self.start_us = 0
        self._mine: list[PlaceRequest] = []
        #: Those that were accepted, oldest first.
        self.orders: list[int] = []
        self._count = 0

    async def arrive(self) -> None:
        """Become a user with money and tokens."""
        done = await self.must(CreateUserOp(0, self.name, "", self.name))
        self.user_id = done.id
        second = await self.must(OpenAccountOp(0, done.id, "second"))
        self.accounts = [done.ids[0], second.id]
        for account in self.accounts:
            self.told.owners[account] = done.id
            await self.must(DepositOp(0, account, COLLATERAL, MONEY, f"{account} arrives"))
            for market in self.markets:
                pairs = self.chance.randint(1, PAIRS_MAX)
                await self.fund(SplitOp(0, account, market, pairs, self._key()))

    async def trade(self, until: float) -> None:
        """Act until the time is up."""
        loop = asyncio.get_running_loop()
        names, weights = list(self.actions), list(self.actions.values())
        while loop.time() < until:
            await asyncio.sleep(self.chance.expovariate(1 / PACE_SECONDS))
            count = self.chance.choice(AT_ONCE)
            chosen = self.chance.choices(names, weights, k=count)
            await asyncio.gather(*(getattr(self, name)() for name in chosen))

    async def leave(self) -> None:
        """Redeem what was paid, and redeem it again."""
        for market in self.told.payouts:
            for account in self.accounts * 2:
                await self.fund(RedeemOp(0, account, market, f"redeem {market}"))

    # --- orders ---------------------------------------------------------------------------------

    async def place(self) -> None:
        """Enter an order; one without a name is asked for once only."""
        request = self._order()
        if not request.client_order_id:
            answers = await self.once("place", lambda: self._submit(request))
            if answers is None:
                self.told.doubtful.append(request)
            else:
                self._answered(request, answers[0])
            return
        self._mine.append(request)
        count = 2 if self.chance.random() < DOUBLE_SHARE else 1
        lost_count = self.lost_count
        found = await asyncio.gather(*(self._insist(request) for _ in range(count)))
        for answer in found:
            self._answered(request, answer)
        declined = all(isinstance(answer, Declined) for answer in found)
        if declined and self.lost_count == lost_count:
            self.told.declined.add((request.account, request.client_order_id))

    async def again(self) -> None:
        """Ask once more for an old order: the answer must be the first one again."""
        if not self._mine:
            return
        request = self.chance.choice(self._mine)
        other = replace(request, qty=request.qty + 1, budget=0, kind=OrderKind.LIMIT)
        name = (request.account, request.client_order_id)
        if name in self.told.named and self.chance.random() < MARKET_SHARE:
            answer = await self._insist(other)
            if not isinstance(answer, Declined) or answer.reject != Reject.CLIENT_ORDER_ID_REUSED:
                self.told.find(f"{other} reuses a name and was answered {answer}")
        elif name in self.told.named:
            answer = await self._insist(request)
            self._answered(request, answer)
            if isinstance(answer, Declined):
                self.told.find(f"{request} was accepted, and now it is {answer}")

    async def pay_again(self) -> None:
        """Ask once more for an old movement of money: the answer must be the first one again."""
        done = [op for op in self.told.keys if getattr(op, "account", 0) in self.accounts]
        if done:
            op = self.chance.choice(done)
            answer = await self.fund(op)
            if isinstance(answer, Declined):
                self.told.find(f"{op} was done, and now it is {answer}")

    async def cancel(self) -> None:
        """Cancel an order, by id or by name."""
        if not self.orders:
            return
        order_id = self.chance.choice(self.orders[-12:])
        placed = self.told.placed[order_id].request
        by_name = placed.client_order_id and self.chance.random() < 1 / 2
        named = (0, placed.client_order_id) if by_name else (order_id, "")
        request = CancelRequest(placed.account, *named)
        answer = await self._insist(request)
        if isinstance(answer, CancelAccepted):
            self.told.cancel(answer)
        elif isinstance(answer, Declined) and answer.reject == Reject.ORDER_UNKNOWN:
            self.told.gone.add(order_id)

    async def reduce(self) -> None:
        """Take some lots off an order; asked for once only, for it has no name of its own."""
        if self.orders:
            order_id, by = self.chance.choice(self.orders[-12:]), self.chance.randint(1, 60)
            account = self.told.placed[order_id].request.account
            await self._change("reduce", order_id, ReduceRequest(account, order_id, "", by))

    async def replace(self) -> None:
        """Give an order another price and quantity, once only."""
        if self.orders:
            order_id, price = self.chance.choice(self.orders[-12:]), draw_price(self.chance)
            qty, post_only = self.chance.randint(1, 500), self.chance.random() < MARKET_SHARE
            account = self.told.placed[order_id].request.account
            request = ReplaceRequest(account, order_id, "", price, qty, post_only)
            await self._change("replace", order_id, request)

    async def _change(self, kind: str, order_id: int, request: OrderRequest) -> None:
        self.told.changes_asked[order_id, kind] += 1
        answers = await self.once(str(request), lambda: self._submit(request))
        if answers is not None and isinstance(answers[0], OrderAccepted):
            self.told.change(order_id, kind, answers[0])

    async def cancel_all(self) -> None:
        """Cancel everything, in one market or everywhere."""
        market = self.chance.choice((0, *self.markets))
        answer = await self._insist(CancelAllRequest(self._account(), 0, market))
        if isinstance(answer, CancelAccepted):
            self.told.cancel(answer)

    def _order(self) -> PlaceRequest:
        now_us = self.start_us + int(asyncio.get_running_loop().time() * 1_000_000)
        named = self.chance.random() >= UNNAMED_SHARE
        return draw_order(
            self.chance, self._account(), self.markets, now_us, self._key() if named else ""
        )

    async def _submit(self, request: OrderRequest) -> list[OrderResult]:
        wait_result = self.chance.random() < 1 / 2
        return await self.door.call(lambda asset: asset.submit([request], wait_result=wait_result))

    async def _insist(self, request: OrderRequest) -> OrderResult:
        doubt = request if isinstance(request, PlaceRequest) else None
        answers = await self.insist(str(request), lambda: self._submit(request), doubt)
        return answers[0]

    def _answered(self, request: PlaceRequest, answer: OrderResult) -> None:
        if isinstance(answer, OrderAccepted):
            self.told.order(request, answer)
            self.orders.append(answer.order_id)

    # --- money ----------------------------------------------------------------------------------

    async def split(self) -> None:
        """Turn money into pairs."""
        market = self.chance.choice(self.markets)
        await self._once_or_named(SplitOp(0, self._account(), market, self._lots(), self._key()))

    async def merge(self) -> None:
        """Turn pairs into money."""
        market = self.chance.choice(self.markets)
        await self._once_or_named(MergeOp(0, self._account(), market, self._lots(), self._key()))

    async def deposit(self) -> None:
        """Bring money."""
        amount = self.chance.randint(1, MONEY // 10)
        await self._fund(DepositOp(0, self._account(), COLLATERAL, amount, self._key()))

    async def withdraw(self) -> None:
        """Take money, perhaps more than there is."""
        amount = self.chance.randint(1, MONEY // 2)
        await self._fund(WithdrawOp(0, self._account(), COLLATERAL, amount, self._key()))

    async def transfer(self) -> None:
        """Move money or tokens between one's own accounts."""
        source, target = self.chance.sample(self.accounts, 2)
        market, outcome = self.chance.choice(self.markets), self.chance.randrange(2)
        money = self.chance.random() < 1 / 2
        asset = COLLATERAL if money else token_asset(market, outcome)
        amount = self.chance.randint(1, MONEY // 4) if money else self._lots()
        op = TransferOp(0, self.user_id, source, target, asset, amount, self._key())
        await self._fund(op)

    async def _fund(self, op: FundsOp) -> None:
        """Insist on an operation, sometimes twice at once."""
        count = 2 if self.chance.random() < DOUBLE_MONEY_SHARE else 1
        await asyncio.gather(*(self.fund(op) for _ in range(count)))

    async def _once_or_named(self, op: SplitOp | MergeOp) -> None:
        if self.chance.random() >= UNNAMED_SHARE:
            await self._fund(op)
            return
        unnamed: FundsOp = replace(op, key="")
        answer = await self.once(
            str(unnamed), lambda: self.door.call(lambda asset: asset.funds(unnamed))
        )
        if answer is None:
            self.told.doubtful.append(unnamed)
        elif isinstance(answer, Done):
            self.told.op(unnamed, answer)

    def _account(self) -> int:
        return self.chance.choice(self.accounts)

    def _lots(self) -> int:
        return self.chance.randint(1, PAIRS_MAX // 4)

    def _key(self) -> str:
        self._count += 1
        return f"{self.name}-{self._count}"
