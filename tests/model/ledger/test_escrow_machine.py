"""Escrow, whatever happens in which order: ledger and contracts agree after every block."""

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.desk import DeskScene, desk_scene
from tests.support.escrow import address
from tests.support.venue import limit

from outcry.adapters.simulated_chain.escrow import Deed
from outcry.domain.fees import FeeKind
from outcry.domain.ids import COLLATERAL, token_asset
from outcry.domain.ledger.invariants import audit
from outcry.domain.ledger.pending import Outcome
from outcry.messages.chain_requests import ChainReportOp, ChainVerdict
from outcry.messages.happenings import Happened
from outcry.messages.requests import (
    CheckpointOp,
    MergeOp,
    OrderAccepted,
    ResolveOp,
    SetFeesOp,
    SplitOp,
    WithdrawOp,
)
from outcry.messages.settlements import SettlementRequest
from outcry.services.onchain.escrow import EscrowDesk
from outcry_wire.records import Side


PEOPLE = (7, 8)
RICH = 20_000_000

#: What happens, who it happens to, and how much of it.
doings = st.tuples(
    st.sampled_from(
        ["deposit", "token", "meet", "settle", "withdraw", "withdraw token", "split", "merge",
         "announce", "exit", "block", "look", "restart", "reorganise", "time", "time", "time"]
    ),
    st.sampled_from(PEOPLE),
    st.integers(1, 12),
)  # fmt: skip


class World:
    """A scene with two people and one market, and what can happen to it."""

    def __init__(self, on: DeskScene, desk: EscrowDesk) -> None:
        self.on, self.desk = on, desk
        self.market = 0
        self.accounts: dict[int, int] = {}
        self._count = 0
        self._settled: set[int] = set()

    async def begin(self) -> None:
        """Both have money and pairs, and the market takes fees and gives rebates."""
        venue = self.on.venue
        for who in PEOPLE:
            self.accounts[who] = await self.on.funded(self.desk, who, RICH)
        version = (await venue.fund(SetFeesOp(0, FeeKind.FLAT, 333, 70, 9_000))).id
        self.market = await self.on.listed(self.desk, fee_version=version)
        for who in PEOPLE:
            await venue.fund(SplitOp(0, self.accounts[who], self.market, 300, ""))
        await self.on.settles(self.desk)

    async def does(self, what: str, who: int, much: int) -> None:
        """Let something happen; then every law and the proof must hold."""
        account, other = self.accounts[who], self.accounts[15 - who]
        escrow, asset = self.on.escrow, self.on.venue.asset
        self._count += 1
        token = asset.ledger.markets[self.market].tokens[much % 2]
        if what == "deposit":
            escrow.does(Deed(Happened.DEPOSITED, address(who), "0", much * 99_999))
        elif what == "token":
            escrow.does(Deed(Happened.DEPOSITED, address(who), token, much * 7_777))
        elif what == "meet":
            await self._meet(account, who, other, much)
        elif what == "settle":
            await self._settle()
        elif what == "withdraw":
            op = WithdrawOp(0, account, COLLATERAL, much * 333_333, f"w{self._count}")
            await asset.funds(op)
        elif what == "withdraw token":
            lots = token_asset(self.market, much % 2)
            await asset.funds(WithdrawOp(0, account, lots, much * 3, f"w{self._count}"))
        elif what in ("split", "merge"):
            kind = SplitOp if what == "split" else MergeOp
            await asset.funds(kind(0, account, self.market, much * 5, ""))
        elif what in ("announce", "exit"):
            kinds = {"announce": Happened.EXIT_REQUESTED, "exit": Happened.EXITED}
            thing = "0" if much > 4 else token
            amount = escrow.vault.amounts[address(who), thing] * much // 12
            escrow.does(Deed(kinds[what], address(who), thing, amount))
        elif what == "block":
            escrow.mine()
        elif what == "look":
            await self.desk.step()
        elif what == "time":
            await self.on.settles(self.desk, 2)
        elif what == "restart":
            self.desk = await self.on.desk()
        elif what == "reorganise" and (await escrow.head()).number > 1:
            escrow.reorganise(1, keep=True)
        await self.on.venue.fund(CheckpointOp(0))
        audit(asset.ledger)
        await self.on.agrees()

    async def _meet(self, account: int, who: int, other: int, much: int) -> None:
        """Two orders meet, if both can be had; odd sizes, so that fees have remainders."""
        venue, price = self.on.venue, 4_500 + 100 * much
        rest = limit(other, self.market, Side.SELL, price, much)
        take = limit(account, self.market, Side.BUY, price, much)
        if much % 3 == 0:
            rest = limit(other, self.market, Side.BUY, 10_000 - price, much, outcome=1)
        for request, number in ((rest, 15 - who), (take, who)):
            answer = await venue.place(self.on.signed(request, number))
            if not isinstance(answer, OrderAccepted):
                return

    async def _settle(self) -> None:
        """The oldest trade settles, or cannot any more; the ledger is told what became of it."""
        for request in await self.on.requests():
            if request.trade_id not in self._settled:
                self._settled.add(request.trade_id)
                await self._tell(request)
                return

    async def _tell(self, request: SettlementRequest) -> None:
        await self.on.settle(request, tell=False)
        part, head = (request.trade_id, 0), await self.on.escrow.head()
        (done,) = await self.on.escrow.settled([part], head)
        outcome = Outcome.CONFIRMED if done else Outcome.FAILED
        verdicts = [
            ChainVerdict(request.trade_id, fill.fill, outcome, "0x1") for fill in request.fills
        ]
        await self.on.venue.fund(ChainReportOp(0, verdicts))

    async def ends(self) -> None:
        """Everything is settled, the market pays, and everybody is redeemed."""
        while len(self._settled) < len(await self.on.requests()):
            await self._settle()
        await self.on.settles(self.desk, 12)
        await self.on.agrees()
        await self.on.venue.close(self.market)
        await self.on.venue.fund(ResolveOp(0, self.market, 6_200, 3_800))
        await self.on.settles(self.desk, 24)
        await self.on.agrees()
        assert not self.on.venue.asset.ledger.chain.operations
        assert not self.desk.status()["halted"]


@settings(max_examples=40, deadline=None)
@given(st.lists(doings, min_size=10, max_size=50))
async def test_any_order_of_things_leaves_ledger_and_contracts_equal(
    happenings: list[tuple[str, int, int]],
) -> None:
    """Deposits, trades, verdicts, withdrawals, exits, restarts and reorganisations, as drawn."""
    async with desk_scene() as on:
        world = World(on, await on.desk())
        await world.begin()
        for what, who, much in happenings:
            await world.does(what, who, much)
        await world.ends()
