"""Hypothesis looks for the shortest list of commands on which two engines differ or break a law."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from tests.model.kernel.lockstep import PATIENT, Lockstep
from tests.unit.kernel.book import command

from outcry_wire.records import InstrumentState, OrderKind, RecordType, TimeInForce
from outcry_wire.snapshot import RULES_VERSION


order_ids = st.integers(1, 12)
accounts = st.integers(1, 3)
groups = st.integers(0, 2)
instruments = st.sampled_from([1, 1, 1, 2, 3])
prices = st.sampled_from([4700, 4800, 4900, 5000, 5000, 5100, 5200, 5300, 4950, 9999])
quantities = st.integers(1, 12)
binary = st.integers(0, 1)
modes = st.integers(0, 3)
#: Kind and time in force of orders that are let in, and a few that are not.
KINDS = [
    (OrderKind.LIMIT, TimeInForce.GTC),
    (OrderKind.LIMIT, TimeInForce.GTC),
    (OrderKind.LIMIT, TimeInForce.GTD),
    (OrderKind.LIMIT, TimeInForce.IOC),
    (OrderKind.LIMIT, TimeInForce.FOK),
    (OrderKind.MARKET_QTY, TimeInForce.IOC),
    (OrderKind.MARKET_QTY, TimeInForce.FOK),
    (OrderKind.MARKET_MONEY, TimeInForce.IOC),
    (OrderKind.MARKET_MONEY, TimeInForce.FOK),
    (OrderKind.MARKET_MONEY, TimeInForce.GTC),
]


class KernelMachine(RuleBasedStateMachine):
    """All engines side by side, and the audit behind them."""

    def __init__(self) -> None:
        super().__init__()
        self.lockstep = Lockstep()
        self.seq = 0
        self.time_us = 100

    def send(self, kind: RecordType, *body: int, instrument: int = 0, account: int = 0) -> None:
        """Number a command and let every engine and the audit have it."""
        self.seq += 1
        head = {"instrument": instrument, "seq": self.seq, "account": account}
        self.lockstep.witness(command(kind, *body, time_us=self.time_us, **head))

    @initialize()
    def add_instruments(self) -> None:
        """Two markets and an instrument without outcomes."""
        for instrument, kind, bounds in ((1, 0, (100, 9900)), (2, 0, (1, 9999)), (3, 1, (0, 0))):
            settings_ = (kind, 0, 100, *bounds, 1, 20, 12, RULES_VERSION)
            self.send(RecordType.ADD_INSTRUMENT, *settings_, instrument=instrument)

    @rule(
        instrument=instruments,
        account=accounts,
        order_id=order_ids,
        group=groups,
        outcome=binary,
        side=binary,
        kind=st.sampled_from(KINDS),
        post_only=st.sampled_from([0, 0, 0, 1]),
        mode=modes,
        price=prices,
        qty=quantities,
        budget=st.integers(1, 90_000),
        life=st.integers(1, 30),
    )
    def place(  # noqa: PLR0917 - a rule names every field it draws
        self,
        instrument: int,
        account: int,
        order_id: int,
        group: int,
        outcome: int,
        side: int,
        kind: tuple[int, int],
        post_only: int,
        mode: int,
        price: int,
        qty: int,
        budget: int,
        life: int,
    ) -> None:
        """Place an order; most are let in."""
        expire = self.time_us + life if kind[1] == TimeInForce.GTD else 0
        choices = (order_id, group, outcome if instrument < 3 else 0, side, *kind, post_only, mode)
        body = (*choices, price, qty, budget, expire)
        self.send(RecordType.PLACE_ORDER, *body, instrument=instrument, account=account)

    @rule(order_id=order_ids, account=accounts)
    def cancel(self, order_id: int, account: int) -> None:
        """Cancel an order that may exist, by an account that may own it."""
        self.send(RecordType.CANCEL_ORDER, order_id, account=account)

    @rule(order_id=order_ids, account=accounts, by=st.integers(0, 12))
    def reduce(self, order_id: int, account: int, by: int) -> None:
        """Reduce an order, perhaps to nothing."""
        self.send(RecordType.REDUCE_ORDER, order_id, by, account=account)

    @rule(order_id=order_ids, account=accounts, price=prices, total=quantities, post_only=binary)
    def replace(self, order_id: int, account: int, price: int, total: int, post_only: int) -> None:
        """Replace an order, perhaps into a cross."""
        body = (order_id, price, total, post_only)
        self.send(RecordType.REPLACE_ORDER, *body, account=account)

    @rule(account=accounts, instrument=st.integers(0, 4))
    def cancel_all(self, account: int, instrument: int) -> None:
        """Cancel everything of an account."""
        self.send(RecordType.CANCEL_ALL, instrument=instrument, account=account)

    @rule(step=st.integers(-5, 20))
    def tick(self, step: int) -> None:
        """Let time pass, sometimes backwards."""
        self.time_us += step
        self.send(RecordType.TICK)

    @rule(
        instrument=instruments,
        state=st.sampled_from([0, 0, 0, *InstrumentState]),
        tick=st.sampled_from([1, 50, 100, 100, 1000]),
        orders_max=st.integers(2, 12),
    )
    def set_instrument(self, instrument: int, state: int, tick: int, orders_max: int) -> None:
        """Change state and grid, rarely close."""
        body = (state, tick, 1, 20, orders_max)
        self.send(RecordType.SET_INSTRUMENT, *body, instrument=instrument)

    @rule(account=st.integers(0, 6), total=st.integers(3, 15))
    def set_limits(self, account: int, total: int) -> None:
        """Change the limits."""
        self.send(RecordType.SET_LIMITS, account, total)

    @rule(instrument=st.integers(0, 4))
    def checkpoint(self, instrument: int) -> None:
        """Hash the books."""
        self.send(RecordType.CHECKPOINT, self.seq, instrument=instrument)

    @rule()
    def restart(self) -> None:
        """Go on from a snapshot."""
        self.lockstep.restore()

    @invariant()
    def all_hold_the_same(self) -> None:
        """Every engine is sound and in the same state."""
        self.lockstep.compare()

    def teardown(self) -> None:
        """At the end the facts have told everything."""
        for engine in self.lockstep.engines.values():
            self.lockstep.audit.check(engine)
        self.lockstep.compare_snapshots()
        for instrument in (1, 2, 3):
            self.lockstep.compare_books(instrument)


KernelMachine.TestCase.settings = settings(PATIENT, max_examples=100, stateful_step_count=50)
TestKernelMachine = KernelMachine.TestCase
