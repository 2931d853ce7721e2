"""A market that settles on a chain, against the same plain bank, whatever the verdicts."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from tests.model.ledger.test_ledger_machine import CHAINED, USERS, LedgerMachine

from outcry.domain.ids import SUSPENSE
from outcry.domain.ledger.exchange import Party, gets
from outcry.domain.ledger.pending import Outcome, parties
from outcry.domain.market import MarketState
from outcry.messages import requests as req
from outcry.messages.chain_requests import ChainReportOp, ChainVerdict, FreezeOp
from outcry_wire.records import SelfTrade, Side, TimeInForce


rates = st.sampled_from([0, 1, 7, 333, 999, 1_000])
shares = st.sampled_from([0, 1, 3_333, 10_000])
#: Odd sizes and prices, so that fees have remainders.
sizes = st.integers(1, 9)
prices = st.integers(45, 55).map(lambda p: p * 100)
verdicts = st.sampled_from([Outcome.CONFIRMED, Outcome.FAILED])


class ChainMachine(RuleBasedStateMachine):
    """The rules of the ledger's machine that matter here, on one market, and nothing else."""

    @initialize(fees=st.tuples(rates, rates, shares))
    def begin(self, fees: tuple[int, int, int]) -> None:
        """Everybody has money, and pairs to sell."""
        self.world = LedgerMachine()
        self.world.begin(fees, (0, 0, 0))
        for user in range(USERS):
            self.world.split(user, CHAINED, 50)

    @rule(who=st.permutations(range(USERS)), price=prices, qty=st.tuples(sizes, sizes),
          buys=st.booleans(), other=st.integers(0, 1))  # fmt: skip
    def meet(
        self, who: list[int], price: int, qty: tuple[int, int], buys: bool, other: int
    ) -> None:
        """Two meet; what the larger order leaves rests."""
        self.world.meet(who, CHAINED, price, qty, buys, other)

    @rule(user=st.integers(0, USERS - 1), outcome=st.integers(0, 1), side=st.sampled_from(Side),
          price=prices, qty=st.integers(10, 30))  # fmt: skip
    def sweep(self, user: int, outcome: int, side: Side, price: int, qty: int) -> None:
        """A larger order takes several makers at once."""
        self.world.limit(user, CHAINED, outcome, side, price, qty, TimeInForce.GTC,
                         SelfTrade.CANCEL_MAKER)  # fmt: skip
        self.world.seal()
        while self.world.commands:
            self.world.facts()

    @rule(user=st.integers(0, USERS - 1), amount=st.integers(1, 100_000))
    def take_all(self, user: int, amount: int) -> None:
        """Nobody has money to fall back on but what a failed fill gives back."""
        self.world.take_all(user, amount)

    @precondition(lambda self: self.world.bank.waiting)
    @rule(pick=st.integers(0, 10**6), outcome=verdicts)
    def chain(self, pick: int, outcome: Outcome) -> None:
        """The chain says what became of a fill, in any order."""
        self.world.chain(pick, outcome)

    @precondition(lambda self: self.confirmed)
    @rule(pick=st.integers(0, 10**6))
    def revert(self, pick: int) -> None:
        """The chain takes a confirmed fill back: what is left of it goes to suspense."""
        ledger, bank = self.world.sequencer.ledger, self.world.bank
        key = self.confirmed[pick % len(self.confirmed)]
        leg = ledger.chain.verdicts[key].leg
        for (account, outcome, side), _, _ in parties(leg):
            asset, amount = gets(Party(account, outcome, side), leg.market_id, leg)
            taken = min(amount, ledger.available(account, asset))
            if side == Side.SELL:
                bank.money[account] -= taken
            elif taken:
                bank.transfer(account, SUSPENSE, leg.market_id, outcome, taken)
        self.world.do(ChainReportOp(0, [ChainVerdict(*key, Outcome.REVERTED, "0x", "deep")]))
        for account in list(ledger.frozen):
            self.world.do(FreezeOp(0, account, False, "agreed"))

    @property
    def confirmed(self) -> list[tuple[int, int]]:
        """The fills that the chain has confirmed, of late."""
        verdicts = self.world.sequencer.ledger.chain.verdicts
        return [key for key, one in verdicts.items() if one.outcome == Outcome.CONFIRMED]

    @precondition(lambda self: len(self.world.bank.waiting) > 1)
    @rule(rest=st.integers(0, 3))
    def close(self, rest: int) -> None:
        """A market that is closed waits for what is pending: it cannot be paid before."""
        world = self.world
        world.close(CHAINED)
        world.seal()
        while world.commands:
            world.facts()
        market = world.sequencer.ledger.markets[CHAINED]
        while len(world.bank.waiting) > rest:
            assert market.state == MarketState.CLOSING
            world.chain(rest, Outcome.CONFIRMED)
        result = world.desk.take(req.ResolveOp(0, CHAINED, 10_000, 0)).result
        assert isinstance(result, req.Done) == (not world.bank.waiting)

    @invariant()
    def every_law_holds(self) -> None:
        """All laws, and every total as the plain bank has it."""
        if hasattr(self, "world"):
            self.world.every_law_holds()
            self.world.the_bank_agrees()

    def teardown(self) -> None:
        """Everything gets its verdict; a fold of the log is the same ledger."""
        if hasattr(self, "world"):
            self.world.teardown()


ChainMachine.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestChain = ChainMachine.TestCase
