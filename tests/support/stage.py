"""A stage: a real EVM with our contracts, people with keys and escrow on it, told when to mine.

Needs anvil and ConditionalTokens from npm; `tests.contracts.needs` says where they are looked for.
"""

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

from tests.contracts.world import Order as ContractOrder
from tests.contracts.world import digest

from outcry.adapters.evm.abi import address_of, address_text
from outcry.adapters.evm.artefacts import artefact
from outcry.adapters.evm.chain import EvmChain, EvmTerms
from outcry.adapters.evm.deploy import Plan, deploy
from outcry.adapters.evm.deployment import Deployment
from outcry.adapters.evm.devnet import CHAIN_ID, DevNode, DevSettings, fund, signer
from outcry.adapters.evm.matching import LOT_UNITS, SETTLEMENT
from outcry.adapters.evm.node_modules import anvil, conditional_tokens
from outcry.adapters.evm.rpc import Call, Rpc
from outcry.adapters.evm.sender import Sender
from outcry.adapters.evm.signer import Signer
from outcry.domain.market import own_price
from outcry.domain.signed_order import SignedOrder
from outcry.runtime.eip712 import Domain, keccak256, separator
from outcry_wire.records import Side


NAME: Final = "Stage"
HUNDRED: Final = 100_000_000
MONEY: Final = 10**12
#: What the owner mints at once: the most that the collateral lets.
RICH: Final = 10**15
EXIT_DELAY: Final = 3_600
COLLATERAL: Final = artefact("collateral").interface


class Condition(NamedTuple):
    """A market on the chain."""

    condition: bytes
    #: Ids of the tokens of outcome 0 and 1.
    tokens: tuple[int, int]


class Stage:
    """A chain and what stands on it. Blocks come when `mine` says so."""

    def __init__(self, folder: Path, *, keeps: bool = False) -> None:
        self.node = DevNode(DevSettings(anvil(), folder, keeps=keeps))
        self.deployment: Deployment
        self.rpc: Rpc
        self.owner, self.operator, self.oracle = map(signer, ("owner", "operator", "oracle"))
        self.fees = signer("fees")
        self._salt = 0
        self._questions = 0

    async def begin(self) -> None:
        """Start the node and deploy."""
        self.node.start()
        self.rpc = Rpc(self.node.url)
        await fund(self.rpc, [one.address for one in (self.owner, self.operator, self.oracle)])
        roles = (self.operator.address, self.oracle.address, self.fees.address)
        plan = Plan(CHAIN_ID, self.node.url, NAME, *roles, EXIT_DELAY)
        self.deployment = await deploy(plan, self._sender(self.owner), conditional_tokens)
        supply = ("mint", self.owner.address, RICH), ("approve", self._settlement, RICH)
        for call in supply:
            await self._owned(address_of(self.deployment.collateral), COLLATERAL, *call)
        await self.by_hand()

    async def again(self) -> None:
        """Start a node that was ended or killed, with the state it has kept."""
        await self.rpc.close()
        self.node.start()
        self.rpc = Rpc(self.node.url)
        await self.by_hand()

    async def end(self) -> None:
        """Let go of everything."""
        if self.node.url:
            await self.rpc.close()
        self.node.stop()

    async def by_hand(self, *, on: bool = True) -> None:
        """Mine only when told (or, not *on*, each transaction at once)."""
        await self.rpc.call("evm_setAutomine", not on)

    def chain(self, *, url: str = "", ceiling_wei: int = 500 * 10**9) -> EvmChain:
        """Return the adapter with the operator's key, on a connection of its own."""
        terms = EvmTerms(CHAIN_ID, self._settlement, self.deployment.deployed_block, ceiling_wei)
        return EvmChain(Rpc(url or self.node.url), self.operator, terms)

    # --- blocks ---------------------------------------------------------------------------------

    async def mine(self, count: int = 1) -> None:
        """Add blocks."""
        await self.rpc.call("anvil_mine", hex(count))

    async def reorganise(self, depth: int, with_raws: Sequence[bytes] = ()) -> None:
        """Replace the last *depth* blocks; the first of the new ones has these transactions."""
        pairs = [["0x" + raw.hex(), 0] for raw in with_raws]
        await self.rpc.call("anvil_reorg", depth, pairs)

    async def raws(self, depth: int) -> list[bytes]:
        """Return the operator's transactions in the last *depth* blocks, as they were sent."""
        head = await self.height()
        calls = [Call("eth_getBlockByNumber", [hex(head - n), True]) for n in range(depth)]
        blocks = await said(self.rpc, calls)
        mine = [
            one
            for block in blocks
            for one in block["transactions"]
            if address_of(one["from"]) == self.operator.address
        ]
        mine.sort(key=lambda one: int(one["nonce"], 16))
        hashes = [Call("eth_getRawTransactionByHash", [one["hash"]]) for one in mine]
        return [bytes.fromhex(raw[2:]) for raw in await said(self.rpc, hashes)]

    async def waiting(self) -> list[bytes]:
        """Return the operator's transactions that wait for a block, as they were sent."""
        pool = await self.rpc.call("txpool_content")
        who = address_text(self.operator.address)
        mine = pool["pending"].get(who) or pool["pending"].get(who.lower()) or {}
        hashes = [Call("eth_getRawTransactionByHash", [one["hash"]]) for one in mine.values()]
        return [bytes.fromhex(raw[2:]) for raw in await said(self.rpc, hashes)]

    async def drop_waiting(self) -> None:
        """Let the node forget what waits."""
        await self.rpc.call("anvil_dropAllTransactions")

    async def nonce(self) -> int:
        """Return how many transactions of the operator are in blocks."""
        who = address_text(self.operator.address)
        return int(await self.rpc.call("eth_getTransactionCount", who, "latest"), 16)

    async def height(self) -> int:
        """Return the number of the newest block."""
        return int(await self.rpc.call("eth_blockNumber"), 16)

    # --- people and markets ---------------------------------------------------------------------

    async def person(self, name: str, money: int = MONEY) -> Signer:
        """Return somebody with *money* in escrow."""
        one = signer(name)
        if money:
            await self.give(one, money)
        return one

    async def give(self, one: Signer, money: int) -> None:
        """Put collateral into somebody's escrow."""
        await self.do("deposit", one.address, money)

    async def condition(self) -> Condition:
        """Prepare and register a market."""
        self._questions += 1
        question = keccak256(b"question %d" % self._questions)
        ctf, tokens = address_of(self.deployment.ctf), conditional_tokens().interface
        call = ("prepareCondition", self.oracle.address, question, 2)
        await self._owned(ctf, tokens, *call)
        condition = keccak256(self.oracle.address + question + (2).to_bytes(32, "big"))
        await self.do("register", condition)
        yes, no = await self.ask("tokensOf", condition)
        return Condition(condition, (yes, no))

    async def split(self, one: Signer, condition: Condition, amount: int) -> None:
        """Turn somebody's collateral into both tokens."""
        self._salt += 1
        call = ("splitFor", self._salt, one.address, condition.condition, amount)
        await self._mined(self.operator, self._settlement, SETTLEMENT, *call)

    async def escrow(self, one: Signer, asset: int = 0) -> int:
        """Return what somebody has in escrow."""
        return int(await self.ask("escrowOf", one.address, asset))

    async def do(self, name: str, *values: Any) -> None:
        """Call the settlement contract as its owner."""
        await self._owned(self._settlement, SETTLEMENT, name, *values)

    async def ask(self, name: str, *values: Any) -> Any:
        """Return what a view of the settlement contract says."""
        return await self._sender(self.owner).view(self._settlement, SETTLEMENT, name, *values)

    # --- orders ---------------------------------------------------------------------------------

    def order(
        self, one: Signer, token: int, side: Side, price: int, qty: int, *, version: int = 2,
        salt: int = 0,
    ) -> SignedOrder:  # fmt: skip
        """Return a signed order for *qty* lots at *price* ticks of the token itself."""
        self._salt += 1
        salt = salt or self._salt
        money, tokens = price * qty, qty * LOT_UNITS
        maker, taker = (money, tokens) if side == Side.BUY else (tokens, money)
        extra = (0, 0, 0, 1_000) if version == 1 else (1, 0, 0, 0)
        who = one.address
        order = ContractOrder(version, side, 0, salt, who, who, token, maker, taker, extra)
        home = self.deployment.home_v1 if version == 1 else self.deployment.home_v2
        domain = separator(Domain(NAME, str(version), CHAIN_ID, address_of(home)))
        signature = one.digest_signature(digest(domain, order))
        words = tuple(_bare(word) for word in (extra if version == 1 else extra[:3]))
        return SignedOrder(
            version, _bare(salt), who, who, _bare(token), maker, taker, side, 0, words, signature
        )

    # --- how ------------------------------------------------------------------------------------

    @property
    def _settlement(self) -> bytes:
        return address_of(self.deployment.settlement)

    def _sender(self, who: Signer) -> Sender:
        return Sender(self.rpc, who, CHAIN_ID)

    async def _owned(self, to: bytes, interface: Any, name: str, *values: Any) -> None:
        await self._mined(self.owner, to, interface, name, *values)

    async def _mined(self, who: Signer, to: bytes, interface: Any, *call: Any) -> None:
        """Send and mine, without mining what else waits if that can be helped."""
        before = await self.rpc.call("anvil_getAutomine")
        await self.by_hand(on=False)
        await self._sender(who).call(to, interface, *call)
        if not before:
            await self.by_hand()


def ticks(outcome: int, book_price: int) -> int:
    """Return what the owner of an order for *outcome* pays at a price of the book."""
    return own_price(outcome, book_price)


async def said(rpc: Rpc, calls: Iterable[Call]) -> list[Any]:
    """Return what a node answers to calls that must succeed."""
    answers = await rpc.batch(list(calls))
    for answer in answers:
        if isinstance(answer, Exception):
            raise answer
    return answers


@asynccontextmanager
async def stage(folder: Path, *, keeps: bool = False) -> AsyncIterator[Stage]:
    """Give a stage that has begun."""
    made = Stage(folder, keeps=keeps)
    try:
        await made.begin()
        yield made
    finally:
        await made.end()


def account_text(one: Signer) -> str:
    """Return somebody's address as text."""
    return address_text(one.address)


def _bare(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8, "big")
