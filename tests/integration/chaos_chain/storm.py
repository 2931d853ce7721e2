"""A storm over a play: trades, deaths, reorganisations, faults and prices, drawn from one seed."""

from collections.abc import Awaitable, Callable
from random import Random
from typing import Final

from tests.support.faulty_node import FaultyNode
from tests.support.playing import CONFIRMATIONS, Play, Sending

from outcry.adapters.evm.devnet import CHAIN_ID
from outcry.adapters.evm.signer import Transaction
from outcry.domain.ids import token_asset
from outcry_wire.records import Side


GWEI: Final = 10**9
#: Calls of ports after which a service dies, at most.
FUSE_MAX: Final = 60
DEATH_SHARE: Final = 0.3
LOTS: Final = 50


class Storm:
    """Strikes of one seed upon one play, with two services that have the same key."""

    def __init__(self, on: Play, seed: int, node: FaultyNode) -> None:
        self.on = on
        self.chance = Random(f"chain {seed}")
        self.node = node
        self.second: Sending = on.sending("second")
        self.people: list[int] = []
        self.market = 0
        self.trades = 0
        #: A node that was started again cannot undo blocks up to here.
        self.floor = 0
        for one in (on.first, self.second):
            one.url = node.url

    async def begin(self) -> None:
        """List a market with fees; four people have money, and tokens of both outcomes."""
        on = self.on
        self.market = await on.market(fee_version=await on.fees())
        self.people = [await on.person(name) for name in ("ann", "bob", "carl", "dora")]
        for ann, bob in (self.people[:2], self.people[2:]):
            for one, other in ((ann, bob), (bob, ann)):
                await on.order(one, self.market, Side.BUY, 5_000, 2_000)
                await on.order(other, self.market, Side.BUY, 5_000, 2_000, outcome=1)
        await on.finish()

    async def strike(self, count: int) -> None:
        """Do so many things, one after the other."""
        doings: list[tuple[int, Callable[[], Awaitable[None]]]] = [
            (6, self.trade),
            (8, self.look),
            (3, self.look_second),
            (6, self.mine),
            (2, self.reorganise),
            (1, self.conflict),
            (1, self.price),
            (1, self.faults),
            (1, self.restart),
        ]
        weights = [weight for weight, _ in doings]
        for _ in range(count):
            (doing,) = self.chance.choices([one for _, one in doings], weights)
            await doing()

    async def calm(self) -> None:
        """Let nothing go wrong any more; one service alone brings everything to its verdict."""
        self.node.share = 0.0
        await self.second.end()
        self.on.first.fuse.length = -1
        await self.on.stage.rpc.call("anvil_setNextBlockBaseFeePerGas", hex(GWEI))
        await self.on.finish()

    # --- strikes --------------------------------------------------------------------------------

    async def trade(self) -> None:
        """One order meets one to four of another person's: a transfer, a mint or a merge."""
        ann, bob = self.chance.sample(self.people, 2)
        kind = self.chance.choice(["transfer", "mint", "merge"])
        makers = self.chance.randrange(1, 5)
        price = self.chance.randrange(20, 80) * 100
        side = Side.SELL if kind == "merge" else Side.BUY
        if not self._has(ann, side, makers) or not self._has(bob, Side.SELL, makers):
            return
        for _ in range(makers):
            await self.on.order(ann, self.market, side, price, LOTS)
        if kind == "transfer":
            await self.on.order(bob, self.market, Side.SELL, price, LOTS * makers)
        else:
            await self.on.order(bob, self.market, side, 10_000 - price, LOTS * makers, outcome=1)
        self.trades += 1

    def _has(self, account: int, side: Side, makers: int) -> bool:
        """Whether somebody has what such orders take, whatever becomes of what is pending."""
        ledger = self.on.venue.asset.ledger
        if side == Side.BUY:
            return ledger.available(account, 0) > makers * LOTS * 11_000
        assets = [token_asset(self.market, outcome) for outcome in (0, 1)]
        return all(ledger.available(account, asset) >= makers * LOTS for asset in assets)

    async def look(self) -> None:
        """The first service looks around; it may die at any call of any port."""
        self.on.first.fuse.length = self._fuse()
        await self.on.first.look(self.chance.randrange(1, 4))

    def _fuse(self) -> int:
        """Return after how many calls a service dies; mostly it lives, and remembers."""
        return self.chance.randrange(1, FUSE_MAX) if self.chance.random() < DEATH_SHARE else -1

    async def look_second(self) -> None:
        """Somebody runs a second service with the same key."""
        self.second.fuse.length = self._fuse()
        await self.second.look(self.chance.randrange(1, 3))

    async def mine(self) -> None:
        """Add blocks."""
        await self.on.stage.mine(self.chance.randrange(1, 4))

    async def _young(self) -> None:
        """Let a trade be in the newest block, and the first service know it."""
        share, self.node.share, self.on.first.fuse.length = self.node.share, 0.0, -1
        await self.trade()
        await self.on.first.look(2)
        await self.on.stage.mine()
        await self.on.first.look()
        self.node.share = share

    async def reorganise(self) -> None:
        """Replace fewer blocks than are waited for; the node forgets or keeps what was in them."""
        await self._young()
        stage = self.on.stage
        young = await stage.height() - self.floor - 1
        depth = min(self.chance.randrange(1, CONFIRMATIONS), young)
        if depth < 1:
            return
        raws = await stage.raws(depth) if self.chance.random() < 1 / 2 else []
        await stage.reorganise(depth)
        if raws:
            chain = stage.chain()
            await chain.send(*raws)
            await chain.close()

    async def conflict(self) -> None:
        """Another transaction of the operator takes the place of one that was in a block."""
        await self._young()
        stage = self.on.stage
        if await stage.height() - self.floor < 2:
            return
        raws = await stage.raws(1)
        nonce = await stage.nonce() - len(raws)
        signed = stage.operator.sign(
            Transaction(
                CHAIN_ID, nonce, stage.operator.address, b"", 21_000, 5_000 * GWEI, 5 * GWEI
            )
        )
        await stage.reorganise(1, [signed.raw])

    async def price(self) -> None:
        """Blocks ask a hundred times as much: what waits offers too little."""
        spike = self.chance.choice([1, 100]) * GWEI
        await self.on.stage.rpc.call("anvil_setNextBlockBaseFeePerGas", hex(spike))

    async def faults(self) -> None:
        """From now on so many requests to the node go wrong."""
        self.node.share = self.chance.choice([0.0, 0.1, 0.3])

    async def restart(self) -> None:
        """The node is ended, and comes back with its state and without what waited."""
        self.on.stage.node.stop()
        await self.on.first.look()
        await self.on.stage.again()
        self.node.turn(self.on.stage.node.url)
        self.floor = await self.on.stage.height()
