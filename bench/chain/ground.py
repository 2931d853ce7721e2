"""A development chain, people whose money and tokens are in escrow, and trades among them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from outcry.adapters.evm.abi import address_of
from outcry.adapters.evm.artefacts import artefact
from outcry.adapters.evm.deploy import Plan, deploy
from outcry.adapters.evm.deployment import Deployment
from outcry.adapters.evm.devnet import CHAIN_ID, DevNode, DevSettings, fund, signer
from outcry.adapters.evm.node_modules import anvil, conditional_tokens
from outcry.adapters.evm.rpc import Rpc
from outcry.adapters.evm.sender import Sender
from outcry.adapters.evm.signer import Signer
from outcry.domain.signed_order import SignedOrder
from outcry.messages.settlements import SettlementFill, SettlementParty, SettlementRequest
from outcry.runtime.eip712 import Domain, keccak256, order_digest, separator
from outcry.services.api.clob.profiles import NAME
from outcry_wire.records import MatchKind, Side


PEOPLE = 21
#: Micros in each escrow, and complete sets of them.
PURSE, SETS = 10**15, 10**13
#: Of each fill: lots, and the taker's price in ticks.
QTY, PRICE = 300, 4_000
TICKS = 10_000
UNITS_PER_LOT = 10_000


class Kind(NamedTuple):
    """A kind of trade: the sides, and the maker's outcome."""

    match: MatchKind
    taker: Side
    maker: Side
    outcome: int


KINDS = {
    "transfer": Kind(MatchKind.TRANSFER, Side.BUY, Side.SELL, 0),
    "mint": Kind(MatchKind.MINT, Side.BUY, Side.BUY, 1),
    "merge": Kind(MatchKind.MERGE, Side.SELL, Side.SELL, 1),
}


@contextmanager
def node() -> Iterator[DevNode]:
    """Run a node with a block for each transaction."""
    with (
        TemporaryDirectory(prefix="outcry-bench-chain-") as folder,
        DevNode(DevSettings(anvil(), Path(folder))) as running,
    ):
        yield running


class Ground:
    """Contracts, one market, and people with everything in escrow."""

    def __init__(self, rpc: Rpc) -> None:
        self.rpc = rpc
        self.operator = signer("operator")
        self.people = [signer(f"person {number}") for number in range(PEOPLE)]
        self.tokens = (0, 0)
        self._numbers = 0
        self._domain = b""
        self.deployed: Deployment

    async def begin(self, url: str) -> None:
        """Deploy, list a market, give everybody money and tokens."""
        owner, operator = signer("owner"), self.operator
        await fund(self.rpc, [owner.address, operator.address])
        sender = Sender(self.rpc, owner, CHAIN_ID)
        roles = (operator.address, owner.address, owner.address)
        plan = Plan(CHAIN_ID, url, NAME, *roles)
        self.deployed = await deploy(plan, sender, conditional_tokens)
        home = address_of(self.deployed.settlement)
        self._domain = separator(Domain(NAME, "2", CHAIN_ID, home))
        condition = await self._market(sender, home)
        money, contract = artefact("collateral").interface, artefact("settlement").interface
        token = address_of(self.deployed.collateral)
        for _ in range(PEOPLE * PURSE // 10**15):
            await sender.call(token, money, "mint", owner.address, 10**15)
        await sender.call(token, money, "approve", home, PEOPLE * PURSE)
        settling = Sender(self.rpc, operator, CHAIN_ID)
        for number, one in enumerate(self.people):
            await sender.call(home, contract, "deposit", one.address, PURSE)
            await settling.call(home, contract, "splitFor", number, one.address, condition, SETS)

    async def _market(self, sender: Sender, home: bytes) -> bytes:
        question = keccak256(b"bench")
        tokens, contract = conditional_tokens().interface, artefact("settlement").interface
        oracle = sender.signer.address
        ctf = address_of(self.deployed.ctf)
        await sender.call(ctf, tokens, "prepareCondition", oracle, question, 2)
        condition: bytes = await sender.view(ctf, tokens, "getConditionId", oracle, question, 2)
        await sender.call(home, contract, "register", condition)
        self.tokens = await sender.view(home, contract, "tokensOf", condition)
        return condition

    def trade(self, name: str, makers: int) -> SettlementRequest:
        """Return a trade of fresh orders, signed by their people."""
        kind = KINDS[name]
        taker = self._party(self.people[0], kind.taker, 0, makers * QTY, PRICE)
        fills = []
        for number in range(makers):
            price = PRICE if kind.outcome == 0 else TICKS - PRICE
            one = self.people[1 + number]
            maker = self._party(one, kind.maker, kind.outcome, QTY, price)
            fills.append(SettlementFill(number, kind.match, PRICE, QTY, taker, maker))
        self._numbers += 1
        return SettlementRequest(self._numbers, 1, fills)

    def _party(
        self, one: Signer, side: Side, outcome: int, lots: int, price: int
    ) -> SettlementParty:
        self._numbers += 1
        qty, cash = lots * UNITS_PER_LOT, lots * price
        amounts = (cash, qty) if side == Side.BUY else (qty, cash)
        salt, token = self._numbers.to_bytes(8, "big"), self.tokens[outcome]
        head = (int.from_bytes(salt), one.address, one.address, token, *amounts)
        digest = order_digest(self._domain, "2", (*head, int(side), 0, 1, bytes(32), bytes(32)))
        signed = SignedOrder(
            version=2,
            salt=salt,
            maker=one.address,
            signer=one.address,
            token_id=token.to_bytes(32, "big"),
            maker_amount=amounts[0],
            taker_amount=amounts[1],
            side=int(side),
            signature_type=0,
            extra=(b"\1", bytes(32), bytes(32)),
            signature=one.digest_signature(digest),
        )
        return SettlementParty(self._numbers, 0, outcome, int(side), 0, signed)
