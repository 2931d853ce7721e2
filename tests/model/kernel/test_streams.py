"""Seeded streams of commands: every engine gives the same bytes, and the bytes are lawful."""

from random import Random

import pytest
from tests.model.kernel.lockstep import ENGINES, Lockstep
from tests.model.kernel.streams import Stream
from tests.unit.kernel.book import decode
from tests.unit.kernel.engines import Kernel

from outcry_wire.records import RecordType
from outcry_wire.rejects import Reject


COMPARE_EVERY = 250


def a_stream(seed: int) -> Stream:
    """Return a stream; of an even seed few orders may rest, so limits are met."""
    return Stream(seed, resting_max=200 if seed % 2 else 40)


@pytest.mark.parametrize("seed", range(1, 7))
def test_engines_agree(lockstep: Lockstep, seed: int) -> None:
    """Every engine answers a stream with the same bytes and is in the same state all along."""
    stream = a_stream(seed)
    for _ in range(12):
        lockstep.process(b"".join(stream.take(COMPARE_EVERY)))
        lockstep.compare()
        for market in stream.markets:
            lockstep.compare_books(market.instrument)
    lockstep.compare_snapshots()


@pytest.mark.parametrize("seed", range(11, 14))
def test_facts_are_lawful(lockstep: Lockstep, seed: int) -> None:
    """Priority, prices, quantities and money are right in every fact, and facts tell all."""
    stream = Stream(seed, width=4)
    for _ in range(8):
        for record in stream.take(COMPARE_EVERY):
            lockstep.witness(record)
        for engine in lockstep.engines.values():
            lockstep.audit.check(engine)
    assert lockstep.audit.fills > 300


@pytest.mark.parametrize("seed", range(21, 24))
def test_full_books(lockstep: Lockstep, seed: int) -> None:
    """With a thousand orders on few prices, queues are long and sweeps are wide."""
    stream = Stream(seed, resting_max=1_000, markets_max=2, width=20, spoil_every=200)
    for _ in range(6):
        lockstep.process(b"".join(stream.take(500)))
    lockstep.compare()
    lockstep.compare_snapshots()


@pytest.mark.parametrize("seed", range(31, 33))
def test_wide_exchange(lockstep: Lockstep, seed: int) -> None:
    """With many instruments and accounts every table has grown and every order is still found."""
    stream = Stream(seed, resting_max=3_000, markets_max=150, accounts=1_000, spoil_every=100)
    for _ in range(10):
        lockstep.process(b"".join(stream.take(500)))
    lockstep.compare()
    lockstep.restore()
    lockstep.process(b"".join(stream.take(500)))
    lockstep.compare_snapshots()


@pytest.mark.parametrize("seed", range(51, 54))
def test_prices_far_apart(lockstep: Lockstep, seed: int) -> None:
    """Prices near and far, on grids that change, are found in order wherever they are kept."""
    stream = Stream(seed, resting_max=400, width=40, far_every=2, plain_every=1)
    for _ in range(20):
        lockstep.process(b"".join(stream.take(150)))
        lockstep.compare()
        for market in stream.markets:
            lockstep.compare_books(market.instrument)


@pytest.mark.parametrize("engine_class", ENGINES.values(), ids=ENGINES)
def test_cut_anywhere(engine_class: type[Kernel]) -> None:
    """However a stream of whole records is cut into calls, facts and state are the same."""
    records = Stream(31).take(1_500)
    whole = engine_class()
    expected = whole.process(b"".join(records))
    for seed in range(3):
        random, cut, answers, start = Random(seed), engine_class(), [], 0
        while start < len(records):
            size = random.choice((1, 2, 5, 40, 300))
            answers.append(cut.process(b"".join(records[start : start + size])))
            start += size
        assert b"".join(answers) == expected
        assert cut.snapshot() == whole.snapshot()


@pytest.mark.parametrize("seed", range(41, 43))
def test_restored_on_the_way(lockstep: Lockstep, seed: int) -> None:
    """An engine that is replaced by its snapshot again and again answers like one that is not."""
    stream = Stream(seed)
    steady = {name: engine for name, engine in lockstep.engines.items() if name == "naive"}
    lockstep.restore()
    for _ in range(20):
        data = b"".join(stream.take(100))
        assert lockstep.process(data) == steady["naive"].process(data)
        lockstep.restore()
        lockstep.compare()


def test_streams_reach_everything() -> None:
    """Streams yield every kind of fact and every reject that matching can answer."""
    facts = {kind for kind in RecordType if kind >= RecordType.ORDER_PLACED}
    missing: set[RecordType | Reject] = facts | MATCHING_REJECTS
    for seed in range(60):
        engine = ENGINES["naive"]()
        for fact in decode(engine.process(b"".join(a_stream(seed).take(1_000)))):
            missing.discard(fact.type)
            if "reject" in fact.body:
                missing.discard(Reject(fact["reject"]))
        if not missing:
            break
    assert missing == set()


#: What the kernel may answer; bad limits are left to the unit cases.
MATCHING_REJECTS = {
    Reject.NOT_OWNER,
    Reject.ORDER_UNKNOWN,
    Reject.INSTRUMENT_UNKNOWN,
    Reject.OUTCOME_INVALID,
    Reject.SIDE_INVALID,
    Reject.KIND_INVALID,
    Reject.TIME_IN_FORCE_INVALID,
    Reject.PRICE_OFF_GRID,
    Reject.PRICE_OUT_OF_BOUNDS,
    Reject.QUANTITY_INVALID,
    Reject.QUANTITY_BELOW_MINIMUM,
    Reject.QUANTITY_ABOVE_MAXIMUM,
    Reject.BUDGET_INVALID,
    Reject.MONEY_SELL,
    Reject.EXPIRY_IN_PAST,
    Reject.EXPIRY_WITHOUT_GTD,
    Reject.POST_ONLY_IMMEDIATE,
    Reject.SELF_TRADE_INVALID,
    Reject.ACCOUNT_ORDERS_LIMIT,
    Reject.BOOK_ORDERS_LIMIT,
    Reject.TOTAL_ORDERS_LIMIT,
    Reject.POST_ONLY_WOULD_TRADE,
    Reject.BUYS_NOTHING,
    Reject.ORDER_ID_REUSED,
    Reject.INSTRUMENT_EXISTS,
    Reject.INSTRUMENT_NOT_OPEN,
    Reject.TICK_INVALID,
    Reject.BOUNDS_INVALID,
    Reject.STATE_INVALID,
    Reject.REDUCE_INVALID,
    Reject.REPLACE_INVALID,
}
