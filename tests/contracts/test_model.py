"""The contract against a model of it: every verdict and every balance, whatever is done."""

import os
from random import Random

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from tests.contracts.needs import needs_tokens
from tests.contracts.trading import Trading


pytestmark = needs_tokens
#: Matches that one run of the suite tries at least.
MATCHES = 10_000
SEEDS = 10
#: A number, not each draw: steps are what shrinks.
RANDOM = st.integers(0, 2**16).map(Random)
#: How often a deed is done for each match.
DEEDS = (
    ("order", 1.2),
    ("deposit", 0.02),
    ("split", 0.05),
    ("pay_out", 0.02),
    ("announce", 0.02),
    ("leave", 0.02),
    ("revoke", 0.02),
    ("wait", 0.02),
    ("name", 0.03),
    ("claim", 0.005),
)


class ContractMachine(RuleBasedStateMachine):
    """Everything that people and the operator may do, in any order."""

    trading: Trading

    @initialize(rnd=RANDOM)
    def begin(self, rnd: Random) -> None:
        """Deploy, and give everybody something."""
        self.trading = Trading(rnd)
        for _ in range(10):
            self.trading.order(rnd)

    @rule(rnd=RANDOM)
    def orders(self, rnd: Random) -> None:
        """Sign a few orders."""
        for _ in range(3):
            self.trading.order(rnd)

    @rule(rnd=RANDOM)
    def matches(self, rnd: Random) -> None:
        """Settle a few matches."""
        for _ in range(3):
            self.trading.match(rnd)

    @rule(rnd=RANDOM, deed=st.sampled_from([name for name, _ in DEEDS if name != "order"]))
    def deeds(self, rnd: Random, deed: str) -> None:
        """Do anything else."""
        getattr(self.trading, deed)(rnd)

    @precondition(lambda self: self.trading.matches > 6)
    @rule(rnd=RANDOM)
    def resolve(self, rnd: Random) -> None:
        """Resolve the first market."""
        self.trading.resolve(rnd)

    @invariant()
    def everything_is_somebodys(self) -> None:
        """What the contract holds is the sum of what people have."""
        if hasattr(self, "trading"):
            self.trading.audit()


TestContract = ContractMachine.TestCase
TestContract.settings = settings(
    max_examples=25,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.parametrize("seed", range(SEEDS))
def test_ten_thousand_matches(seed: int) -> None:
    """Ten thousand matches, a part of them illegal, end as the model says, to the atomic unit."""
    rnd = Random(seed + int(os.environ.get("OUTCRY_SEED", "0")))
    trading = Trading(rnd)
    for _ in range(30):
        trading.order(rnd)
    while trading.matches < MATCHES // SEEDS:
        for name, often in DEEDS:
            if rnd.random() < often:
                getattr(trading, name)(rnd)
        trading.match(rnd)
        if trading.matches % 50 == 0:
            trading.audit()
        if trading.matches == MATCHES // SEEDS * 9 // 10:
            trading.resolve(rnd)
    trading.audit()
    assert 0.1 < trading.refused / trading.matches < 0.9
