"""Deep reorganisations of escrow, whatever they lose: the ledger has what the contracts have."""

from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.model.ledger.test_escrow_machine import World
from tests.support.desk import CONFIRMATIONS, desk_scene

from outcry.domain.ids import COLLATERAL, token_asset
from outcry.domain.ledger.escrow import ATOMS_PER_LOT
from outcry.domain.ledger.invariants import audit
from outcry.domain.ledger.pending import Outcome
from outcry.domain.ledger.state import balance_key
from outcry.messages.chain_requests import ChainReportOp, ChainVerdict, FreezeOp
from outcry.messages.requests import ResolveOp
from outcry.ports.chain import ChainUnavailable


doings = st.tuples(
    st.sampled_from(
        ["deposit", "token", "withdraw", "withdraw token", "split", "merge", "announce", "exit",
         "meet", "settle", "settle", "resolve", "time", "time", "time", "deep", "deep"]
    ),
    st.sampled_from((7, 8)),
    st.integers(1, 12),
)  # fmt: skip


class Losing(World):
    """A world whose chain may lose what was believed; then people let it go on."""

    resolved = False

    async def does(self, what: str, who: int, much: int) -> None:
        """Let something happen; then every law and the proof must hold."""
        if what == "deep":
            await self._deep(much)
        elif what == "resolve":
            await self._resolve()
        else:
            await super().does(what, who, much)

    async def _resolve(self) -> None:
        if not self.resolved:
            self.resolved = True
            while len(self._settled) < len(await self.on.requests()):
                await self._settle()
            await self.on.venue.close(self.market)
            await self.on.settles(self.desk, 8)
            await self.on.venue.fund(ResolveOp(0, self.market, 6_200, 3_800))

    async def _deep(self, much: int) -> None:
        """Replace more blocks than are waited for; all, some or none of what was in them stays."""
        escrow = self.on.escrow
        depth = min(CONFIRMATIONS + much, (await escrow.head()).number)
        escrow.reorganise(depth, keep=much % 4 > 0, without=much % 3 + 1 if much % 3 else 0)
        with suppress(ChainUnavailable):
            await self.desk.step()
        await self._tell_fates()
        audit(self.on.venue.asset.ledger)
        await self.on.agrees()
        self._announcements_agree()
        for account in list(self.on.venue.asset.ledger.frozen):
            await self.on.venue.fund(FreezeOp(0, account, False, "looked"))
        self.desk = await self.on.desk()

    async def _tell_fates(self) -> None:
        """Tell what became of each trade that has a verdict, as who settles them does."""
        parts = self.on.escrow.vault.parts
        for (trade, fill), verdict in list(self.on.venue.asset.ledger.chain.verdicts.items()):
            settled, was = (trade, 0) in parts, verdict.outcome == Outcome.CONFIRMED
            if settled != was:
                outcome = Outcome.CONFIRMED if settled else Outcome.REVERTED
                told = ChainVerdict(trade, fill, outcome, f"0x{self._count}", "deep")
                await self.on.venue.fund(ChainReportOp(0, [told]))

    def _announcements_agree(self) -> None:
        """What is announced to leave is what the contract lets out, after the block believed."""
        ledger = self.on.venue.asset.ledger
        vault = self.on.escrow._chain[ledger.chain.escrow_block].vault
        expected = {}
        for (who, text), atoms in vault.exits.items():
            account = ledger.users[ledger.addresses[who]].account
            asset = token_asset(*ledger.tokens[text]) if text in ledger.tokens else COLLATERAL
            lots = atoms if asset == COLLATERAL else -(-atoms // ATOMS_PER_LOT)
            if lots:
                expected[balance_key(account, asset)] = lots
        assert ledger.chain.exits == expected

    async def ends(self) -> None:
        """The market pays, and everybody is redeemed, whatever was lost before."""
        while len(self._settled) < len(await self.on.requests()):
            await self._settle()
        await self._resolve()
        await self.on.settles(self.desk, 40)
        await self.on.agrees()
        self._announcements_agree()
        assert not self.on.venue.asset.ledger.chain.operations
        assert not self.desk.status()["halted"]


@settings(max_examples=40, deadline=None)
@given(st.lists(doings, min_size=6, max_size=30))
async def test_after_any_deep_reorganisation_ledger_and_contracts_are_equal(
    happenings: list[tuple[str, int, int]],
) -> None:
    """What is gone was undone or is noted as missing, trades included, to the atom."""
    async with desk_scene() as on:
        world = Losing(on, await on.desk())
        await world.begin()
        for what, who, much in happenings:
            await world.does(what, who, much)
        await world.ends()
