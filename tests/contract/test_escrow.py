"""The laws of the port `Escrow`, on simulated contracts and on a real EVM."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any, Protocol

import pytest
from tests.contracts.needs import needs_anvil, needs_tokens
from tests.support.stage import Stage, stage

from outcry.adapters.evm.abi import address_of
from outcry.adapters.evm.escrow import EvmEscrow
from outcry.adapters.evm.matching import SETTLEMENT
from outcry.adapters.evm.rpc import Rpc
from outcry.adapters.simulated_chain.escrow import Deed, SimulatedEscrow
from outcry.messages.happenings import Happened, Happening
from outcry.ports.chain import Block
from outcry.ports.escrow import Act, Answer, BlockGone, Escrow, Job
from outcry.runtime import ctf


HUNDRED = 100_000_000
#: Tokens for 10.00.
TEN = 10_000_000


class EscrowWorld(Protocol):
    """Contracts, and what the world does to them."""

    escrow: Escrow
    who: str
    question: str
    condition: str
    tokens: tuple[str, str]

    async def deposits(self, amount: int) -> None:
        """Let the person deposit collateral, in the next block."""
        ...

    async def announces(self, amount: int) -> None:
        """Let the person announce an exit."""
        ...

    async def mine(self, count: int = 1) -> None:
        """Add blocks."""
        ...

    async def lose(self, depth: int) -> None:
        """Replace the last blocks by others that hold nothing."""
        ...


class Simulated(EscrowWorld):
    """The simulated contracts."""

    def __init__(self) -> None:
        self.machine = SimulatedEscrow()
        self.escrow = self.machine
        self.who = f"0x{7:040x}"
        self.question, self.condition, self.tokens = "0x01", "0x02", ("11", "12")
        self.machine.vault.tokens[self.condition] = self.tokens

    async def deposits(self, amount: int) -> None:
        self.machine.does(Deed(Happened.DEPOSITED, self.who, "0", amount))

    async def announces(self, amount: int) -> None:
        self.machine.does(Deed(Happened.EXIT_REQUESTED, self.who, "0", amount))

    async def mine(self, count: int = 1) -> None:
        self.machine.mine(count)

    async def lose(self, depth: int) -> None:
        self.machine.reorganise(depth, keep=False)


class Real(EscrowWorld):
    """Our contracts on a real node."""

    def __init__(self, on: Stage, who: Any) -> None:
        self.on, self._signer = on, who
        self.escrow = EvmEscrow(Rpc(on.node.url), on.oracle, on.deployment)
        self.who = f"0x{who.address.hex()}"
        question = ctf.question_id("contract", "test")
        condition = ctf.condition_id(f"0x{on.oracle.address.hex()}", question)
        self.question, self.condition = f"0x{question.hex()}", f"0x{condition.hex()}"
        self.tokens = ctf.tokens_of(on.deployment.collateral, condition)

    async def deposits(self, amount: int) -> None:
        await self.on.give(self._signer, amount)

    async def announces(self, amount: int) -> None:
        where = address_of(self.on.deployment.settlement)
        await self.on.rpc.call("anvil_setBalance", self.who, hex(10**20))
        await self.on._mined(self._signer, where, SETTLEMENT, "requestExit", 0, amount)

    async def mine(self, count: int = 1) -> None:
        await self.on.mine(count)

    async def lose(self, depth: int) -> None:
        await self.on.reorganise(depth)


@asynccontextmanager
async def _simulated(_folder: Path) -> AsyncIterator[EscrowWorld]:
    yield Simulated()


@asynccontextmanager
async def _real(folder: Path) -> AsyncIterator[EscrowWorld]:
    async with stage(folder) as on:
        made = Real(on, await on.person("ann", 0))
        try:
            yield made
        finally:
            await made.escrow.close()


Make = Callable[[Path], AbstractAsyncContextManager[EscrowWorld]]


@pytest.fixture(
    params=[
        pytest.param(_simulated, id="simulated"),
        pytest.param(_real, id="evm", marks=[needs_anvil, needs_tokens]),
    ]
)
async def world(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[EscrowWorld]:
    """Give each world."""
    make: Make = request.param
    async with make(tmp_path) as made:
        yield made


async def happened(world: EscrowWorld, first: int = 1) -> list[Happening]:
    """Return what happened in all blocks from *first* on."""
    head = await world.escrow.head()
    return await world.escrow.happened(await world.escrow.blocks(first, head.number))


async def do(world: EscrowWorld, job: Job) -> bool:
    """Have a job done in the next block; returns whether it was."""
    (refusal,) = await world.escrow.refusals([job])
    assert refusal.answer == Answer.WOULD, refusal
    price, nonce = await world.escrow.price(), await world.escrow.used()
    prepared = world.escrow.prepare(job, nonce, price)
    assert prepared == world.escrow.prepare(job, nonce, price)
    await world.escrow.send([prepared.raw])
    await world.escrow.send([prepared.raw])
    await world.mine()
    assert await world.escrow.used() == nonce + 1
    (mined,) = await world.escrow.mined([prepared.tx_hash])
    assert mined is not None
    return mined.succeeded


async def registered(world: EscrowWorld) -> int:
    """Prepare and register the condition, deposit; returns the block before that."""
    before = (await world.escrow.head()).number
    assert await do(world, Job(Act.PREPARE, 1, question=world.question, condition=world.condition))
    assert await do(world, Job(Act.REGISTER, 1, condition=world.condition))
    await world.deposits(HUNDRED)
    await world.mine()
    return before


async def test_what_users_do_is_said_by_its_block(world: EscrowWorld) -> None:
    """A deposit and an announcement, each once, in the block that is named by its hash."""
    start = (await world.escrow.head()).number
    await world.deposits(HUNDRED)
    await world.mine()
    await world.announces(TEN)
    await world.mine()
    said = await happened(world, start + 1)
    assert [(one.kind, one.who, one.asset, one.amount) for one in said] == [
        (Happened.DEPOSITED, world.who, "0", HUNDRED),
        (Happened.EXIT_REQUESTED, world.who, "0", TEN),
    ]
    blocks = await world.escrow.blocks(said[0].block, said[0].block)
    assert await world.escrow.happened(blocks) == said[:1]


async def test_a_block_that_is_gone_says_nothing(world: EscrowWorld) -> None:
    """After a reorganisation the old hash is refused, not answered with another block."""
    await world.deposits(HUNDRED)
    await world.mine(2)
    head = await world.escrow.head()
    await world.lose(2)
    with pytest.raises(BlockGone):
        await world.escrow.happened([head])
    with pytest.raises(BlockGone):
        await world.escrow.amounts([(world.who, "0")], Block(head.number, head.hash))


async def test_each_operation_happens_once(world: EscrowWorld) -> None:
    """Paid out, a withdrawal is done: nobody asks for it again, and who does is refused."""
    await world.deposits(HUNDRED)
    await world.mine()
    job = Job(Act.PAY_OUT, 5, world.who, "0", TEN)
    assert await do(world, job)
    assert [r.answer for r in await world.escrow.refusals([job])] == [Answer.DONE]
    prepared = world.escrow.prepare(job, await world.escrow.used(), await world.escrow.price())
    await world.escrow.send([prepared.raw])
    await world.mine()
    (mined,) = await world.escrow.mined([prepared.tx_hash])
    assert mined is not None
    assert not mined.succeeded
    head = await world.escrow.head()
    assert await world.escrow.amounts([(world.who, "0")], head) == [HUNDRED - TEN]


async def test_what_can_never_be_is_told_apart_from_what_is_too_early(world: EscrowWorld) -> None:
    """More than is there is never paid; registering, reporting and redeeming have their order."""
    await world.deposits(HUNDRED)
    await world.mine()
    condition, question = world.condition, world.question
    jobs = [
        Job(Act.PAY_OUT, 1, world.who, "0", HUNDRED + 1),
        Job(Act.REGISTER, 1, condition=condition),
        Job(Act.REDEEM, 1, condition=condition),
        Job(Act.REDEEM_FOR, 2, world.who, condition=condition),
        Job(Act.PREPARE, 1, question=question, condition=condition),
    ]
    answers = [refusal.answer for refusal in await world.escrow.refusals(jobs)]
    assert answers == [Answer.NEVER, Answer.LATER, Answer.LATER, Answer.LATER, Answer.WOULD]
    assert await do(world, jobs[-1])
    assert [r.answer for r in await world.escrow.refusals(jobs[-1:])] == [Answer.DONE]


async def test_a_market_goes_through_the_contracts(world: EscrowWorld) -> None:
    """Registered, split, merged, reported and redeemed: said in order, with amounts to match."""
    before = await registered(world)
    condition, who = world.condition, world.who
    assert await do(world, Job(Act.SPLIT, 1, who, amount=TEN, condition=condition))
    assert await do(world, Job(Act.MERGE, 2, who, amount=TEN // 2, condition=condition))
    places = [(who, asset) for asset in ("0", *world.tokens)]
    head = await world.escrow.head()
    assert await world.escrow.amounts(places, head) == [HUNDRED - TEN // 2, TEN // 2, TEN // 2]
    assert await world.escrow.holdings(world.tokens, head) == [TEN // 2, TEN // 2]
    report = Job(
        Act.REPORT_PAYOUTS, 1, question=world.question, condition=condition, payouts=(7_000, 3_000)
    )
    assert await do(world, report)
    assert await do(world, Job(Act.REDEEM, 1, condition=condition))
    assert await do(world, Job(Act.REDEEM_FOR, 3, who, condition=condition))
    head = await world.escrow.head()
    assert await world.escrow.amounts(places, head) == [HUNDRED, 0, 0]
    kinds = [one.kind for one in await happened(world, before + 1)]
    assert kinds == [
        Happened.REGISTERED, Happened.DEPOSITED, Happened.SPLIT, Happened.MERGED,
        Happened.REDEEMED, Happened.REDEEMED_FOR,
    ]  # fmt: skip


async def test_a_transaction_that_waits_is_replaced_by_one_that_offers_more(
    world: EscrowWorld,
) -> None:
    """Of one nonce one is mined, and it is the one that offered what replaces the other."""
    await world.deposits(HUNDRED)
    await world.mine()
    job, nonce = Job(Act.PAY_OUT, 1, world.who, "0", TEN), await world.escrow.used()
    price = await world.escrow.price()
    first = world.escrow.prepare(job, nonce, price)
    await world.escrow.send([first.raw])
    assert await world.escrow.nonce() == nonce + 1
    second = world.escrow.prepare(job, nonce, await world.escrow.price(price))
    await world.escrow.send([second.raw])
    await world.mine()
    before, after = await world.escrow.mined([first.tx_hash, second.tx_hash])
    assert before is None
    assert after is not None
    assert after.succeeded
