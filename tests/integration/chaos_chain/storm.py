"""A storm over a house: people, deaths, deep reorganisations, faults and prices, from one seed."""

from collections.abc import Awaitable, Callable
from random import Random
from typing import Any, Final

from tests.integration.chaos_chain.house import House, Worker
from tests.support.stage import said
from tests.support.venue import limit

from outcry.adapters.evm.devnet import CHAIN_ID
from outcry.adapters.evm.rpc import Call
from outcry.adapters.evm.sender import NotSettled
from outcry.adapters.evm.signer import Transaction
from outcry.domain.fees import FeeKind
from outcry.domain.ids import COLLATERAL, token_asset
from outcry.domain.ledger.invariants import audit
from outcry.domain.market import MarketState
from outcry.messages.requests import MergeOp, ResolveOp, SetFeesOp, SplitOp, WithdrawOp
from outcry_wire.records import Side


GWEI: Final = 10**9
#: Calls of ports after which a service dies, at most.
FUSE_MAX: Final = 60
DEATH_SHARE: Final = 0.3
#: Blocks that a reorganisation replaces at most.
DEPTH_MAX: Final = 20
LOTS: Final = 50
PAIRS: Final = 10_000
NAMES: Final = ("ann", "bob", "carl", "dora")


class Storm:
    """Strikes of one seed upon one house."""

    def __init__(self, on: House, seed: int) -> None:
        self.on = on
        self.chance = Random(f"chain {seed}")
        self.people: list[int] = []
        self.market = 0
        #: A node that was started again cannot undo blocks up to here.
        self.floor = 0
        self._count = 0
        self.did: dict[str, int] = {}

    async def begin(self) -> None:
        """List a market with fees; four people have money, and tokens of both outcomes."""
        on = self.on
        version = (await on.venue.fund(SetFeesOp(0, FeeKind.FLAT, 100, 0, 2_000))).id
        self.people = [await on.person(name) for name in NAMES]
        self.market = await on.venue.market("rain0", fee_version=version)
        await on.open(self.market)
        for account in self.people:
            await on.venue.fund(SplitOp(0, account, self.market, PAIRS, ""))
        await on.comes_to_rest()
        self.floor = await on.stage.height()

    async def strike(self, count: int) -> None:
        """Do so many things, one after the other; the ledger's laws hold after each."""
        doings: list[tuple[float, Callable[[], Awaitable[None]]]] = [
            (8, self.trade), (9, self.settler), (3, self.second), (9, self.clerk), (2, self.rival),
            (7, self.mine), (3, self.reorganise), (1, self.conflict), (1, self.price),
            (1, self.faults), (1, self.restart), (2, self.deposit), (2, self.withdraw),
            (2, self.pairs), (1, self.leaves), (3, self.people_look), (0.3, self.resolve),
        ]  # fmt: skip
        weights = [weight for weight, _ in doings]
        for _ in range(count):
            (doing,) = self.chance.choices([one for _, one in doings], weights)
            self._count += 1
            try:
                await doing()
            except NotSettled:
                continue  # the contract declined what somebody asked of it
            self.did[doing.__name__] = self.did.get(doing.__name__, 0) + 1
            audit(self.on.ledger)

    async def calm(self) -> None:
        """Let nothing go wrong any more; one of each service brings everything to its end."""
        self.on.node.share = 0.0
        await self.on.stage.rpc.call("anvil_setNextBlockBaseFeePerGas", hex(GWEI))
        await self.on.comes_to_rest()

    # --- people ---------------------------------------------------------------------------------

    async def trade(self) -> None:
        """One order meets one to four of another person's: a transfer, a mint or a merge."""
        if self.on.ledger.markets[self.market].state != MarketState.OPEN:
            await self.resolve()
            return
        ann, bob = self.chance.sample(self.people, 2)
        kind = self.chance.choice(["transfer", "mint", "merge"])
        makers, price = self.chance.randrange(1, 5), self.chance.randrange(20, 80) * 100
        side = Side.SELL if kind == "merge" else Side.BUY
        for _ in range(makers):
            if not await self.on.order(limit(ann, self.market, side, price, LOTS)):
                return
        taken = limit(bob, self.market, Side.SELL, price, LOTS * makers)
        if kind != "transfer":
            taken = limit(bob, self.market, side, 10_000 - price, LOTS * makers, outcome=1)
        await self.on.order(taken)

    async def deposit(self) -> None:
        """Somebody's escrow gets money, in a block of its own."""
        one = self.on.people[self.chance.choice(self.people)]
        await self.on.stage.give(one, self.chance.randrange(1, 10**7))

    async def withdraw(self) -> None:
        """Somebody has money or tokens paid out."""
        account, asset = self.chance.choice(self.people), COLLATERAL
        amount = self.chance.randrange(1, 10**7)
        if self.chance.random() < 1 / 3:
            asset, amount = token_asset(self.market, self.chance.randrange(2)), LOTS
        await self.on.venue.asset.funds(WithdrawOp(0, account, asset, amount, f"w{self._count}"))

    async def pairs(self) -> None:
        """Somebody splits money, or merges tokens."""
        account, qty = self.chance.choice(self.people), self.chance.randrange(1, 4) * LOTS
        splits = self.chance.random() < 1 / 2
        op = SplitOp(0, account, self.market, qty, "") if splits else None
        await self.on.venue.asset.funds(op or MergeOp(0, account, self.market, qty, ""))

    async def leaves(self) -> None:
        """Somebody announces an exit, calls it off, or takes out what was announced long ago."""
        account = self.chance.choice(self.people)
        if self.chance.random() < 1 / 3:
            delay = self.on.stage.deployment.exit_delay + 1
            await self.on.stage.rpc.call("evm_increaseTime", delay)
            await self.on.by(account, "exit", 0)
        else:
            amount = self.chance.choice([0, self.chance.randrange(1, 10**7)])
            await self.on.by(account, "requestExit", 0, amount)

    async def resolve(self) -> None:
        """The market is closed and, once it is, paid; the next one is listed."""
        venue = self.on.venue
        state = self.on.ledger.markets[self.market].state
        if state == MarketState.OPEN:
            await venue.close(self.market)
        elif state == MarketState.CLOSED:
            yes = self.chance.choice([10_000, 0, 6_200])
            await venue.fund(ResolveOp(0, self.market, yes, 10_000 - yes))
            self.market = await venue.market(f"rain{self._count}", fee_version=1)

    # --- services -------------------------------------------------------------------------------

    async def settler(self) -> None:
        """The first service looks around; it may die at any call of any port."""
        await self._look(self.on.settler)

    async def second(self) -> None:
        """Somebody runs a second service with the same key."""
        await self._look(self.on.second)

    async def clerk(self) -> None:
        """Whoever moves escrow looks around."""
        await self._look(self.on.clerk)

    async def rival(self) -> None:
        """Somebody runs a second one of these with the same key."""
        await self._look(self.on.rival)

    async def _look(self, one: Worker) -> None:
        mortal = self.chance.random() < DEATH_SHARE
        one.fuse.length = self.chance.randrange(1, FUSE_MAX) if mortal else -1
        await one.look(self.chance.randrange(1, 4))

    async def people_look(self) -> None:
        """Who stands still is started again."""
        await self.on.people_look()

    # --- the chain ------------------------------------------------------------------------------

    async def mine(self) -> None:
        """Add blocks."""
        await self.on.stage.mine(self.chance.randrange(1, 6))

    async def reorganise(self) -> None:
        """Replace 1 to 20 blocks; all, some or none of what was in them is sent again."""
        stage = self.on.stage
        young = await stage.height() - self.floor - 1
        deep = self.chance.random() < 1 / 2
        depth = min(self.chance.randrange(1, DEPTH_MAX + 1 if deep else 4), young)
        if depth < 1:
            return
        share = self.chance.choice([1.0, 0.5, 0.0])
        raws = [raw for raw in await self._raws(depth) if self.chance.random() < share]
        await stage.reorganise(depth)
        await self._send(raws)
        if raws and self.chance.random() < 1 / 2:
            await stage.mine()

    async def _raws(self, depth: int) -> list[str]:
        """Return everybody's transactions in the last *depth* blocks."""
        stage = self.on.stage
        head = await stage.height()
        calls = [Call("eth_getBlockByNumber", [hex(head - n), False]) for n in range(depth)]
        blocks: list[Any] = await said(stage.rpc, calls)
        hashes = [one for block in reversed(blocks) for one in block["transactions"]]
        return await said(stage.rpc, [Call("eth_getRawTransactionByHash", [h]) for h in hashes])

    async def _send(self, raws: list[str]) -> None:
        """Send transactions again; the node says what it does not want."""
        await self.on.stage.rpc.batch([Call("eth_sendRawTransaction", [raw]) for raw in raws])

    async def conflict(self) -> None:
        """Another transaction of a sender takes the place of one that was in a block."""
        stage = self.on.stage
        if await stage.height() - self.floor < 2:
            return
        who = self.chance.choice([stage.operator, stage.oracle])
        address = f"0x{who.address.hex()}"
        head = await stage.height()
        nonce = int(await stage.rpc.call("eth_getTransactionCount", address, hex(head - 1)), 16)
        other = Transaction(CHAIN_ID, nonce, who.address, b"", 21_000, 5_000 * GWEI, 5 * GWEI)
        await stage.reorganise(1, [who.sign(other).raw])

    async def price(self) -> None:
        """Blocks ask a hundred times as much: what waits offers too little."""
        spike = self.chance.choice([1, 100]) * GWEI
        await self.on.stage.rpc.call("anvil_setNextBlockBaseFeePerGas", hex(spike))

    async def faults(self) -> None:
        """From now on so many requests to the node go wrong."""
        self.on.node.share = self.chance.choice([0.0, 0.1, 0.3])

    async def restart(self) -> None:
        """The node is ended, and comes back with its state and without what waited."""
        self.on.stage.node.stop()
        await self.on.settler.look()
        await self.on.clerk.look()
        await self.on.stage.again()
        self.on.node.turn(self.on.stage.node.url)
        self.floor = await self.on.stage.height()
