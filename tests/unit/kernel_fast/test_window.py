"""Plain instruments: the window over prices moves and widens, and no fact shows it."""

from random import Random

import pytest
from tests.unit.kernel.engines import available

from outcry import kernel
from outcry.kernel.constants import SLOTS_FIRST
from outcry_wire.records import (
    ADD_INSTRUMENT,
    CANCEL_ORDER,
    PLACE_ORDER,
    SET_INSTRUMENT,
    InstrumentKind,
    RecordType,
    TimeInForce,
)
from outcry_wire.snapshot import RULES_VERSION


Bounds = tuple[int, int]


def instrument(tick: int = 1, bounds: Bounds = (0, 0)) -> bytes:
    """Return the record that adds plain instrument 1."""
    head = (RecordType.ADD_INSTRUMENT, 0, ADD_INSTRUMENT.size, 1, 1, 1, 0)
    settings = (InstrumentKind.PLAIN, 0, tick, *bounds, 1, 10**9, 2**40, RULES_VERSION)
    return ADD_INSTRUMENT.pack(*head, *settings)


def place(order_id: int, side: int, price: int, qty: int = 5, tif: int = TimeInForce.GTC) -> bytes:
    """Return a limit order."""
    head = (RecordType.PLACE_ORDER, 0, PLACE_ORDER.size, 1, order_id, order_id, order_id % 5)
    return PLACE_ORDER.pack(*head, order_id, 0, 0, side, 0, tif, 0, 0, price, qty, 0, 0)


def cancel(order_id: int) -> bytes:
    """Return the cancel of that order."""
    head = (RecordType.CANCEL_ORDER, 0, CANCEL_ORDER.size, 0, order_id, order_id, order_id % 5)
    return CANCEL_ORDER.pack(*head, order_id)


def set_tick(tick: int) -> bytes:
    """Return the record that changes the tick of instrument 1."""
    head = (RecordType.SET_INSTRUMENT, 0, SET_INSTRUMENT.size, 1, 1, 1, 0)
    return SET_INSTRUMENT.pack(*head, 0, tick, 1, 10**9, 2**40)


def assert_same(chunks: list[bytes]) -> None:
    """Assert that all engines answer each chunk alike, with sound insides and equal state."""
    engines = [engine_class() for engine_class in available().values()]
    for chunk in chunks:
        assert len({engine.process(chunk) for engine in engines}) == 1
        for engine in engines:
            engine.check()
    assert len({engine.state_hash() for engine in engines}) == 1


@pytest.mark.parametrize("seed", range(4))
def test_a_walk_out_of_the_window(seed: int) -> None:
    """Prices that walk away by many windows, with strays far off, are matched as ever."""
    random, middle, order_id, live = Random(seed), -3_000, 0, []
    chunks = [instrument()]
    for _ in range(60):
        chunk = []
        for _ in range(25):
            order_id += 1
            middle += random.choice((-40, 1, 90))
            price = middle + random.randrange(-300, 300)
            if random.random() < 0.1:
                price = random.choice((-1, 1)) * random.randrange(10**12)
            tif = random.choice((TimeInForce.GTC, TimeInForce.GTC, TimeInForce.IOC))
            chunk.append(place(order_id, random.randrange(2), price, random.randrange(1, 9), tif))
            live.append(order_id)
            if len(live) > 150:
                chunk.append(cancel(live.pop(random.randrange(len(live)))))
        chunks.append(b"".join(chunk))
    assert_same(chunks)


def test_the_window_follows_and_widens() -> None:
    """Many levels away from the window move it there; many on both sides make it wider."""
    engine = kernel.interpreted().Engine()
    engine.process(instrument() + place(1, 0, 0))
    book = engine.core.books[1]
    assert book.slots == SLOTS_FIRST
    engine.process(b"".join(place(10 + k, 0, 10**6 + 3 * k) for k in range(200)))
    assert book.base > 9 * 10**5
    assert book.far_count < 100
    engine.process(b"".join(place(1000 + k, 1, 10**7 - 40 * k) for k in range(400)))
    assert book.slots > SLOTS_FIRST
    engine.check()


EXTREMES = [-(2**63), -(2**63) + 1, -(2**60), -1, 0, 1, 2**60, 2**62 + 1, 2**63 - 2, 2**63 - 1]


@pytest.mark.parametrize("tick", [1, 7, 2**40, 2**62])
def test_prices_at_the_ends_of_64_bits(tick: int) -> None:
    """Bounds as wide as a word, and any tick, overflow nothing."""
    prices = sorted(
        {price - price % tick for price in EXTREMES if price - price % tick >= -(2**63)}
    )
    chunks = [instrument(tick, (-(2**63), 2**63 - 1))]
    chunks += [place(1 + k, 1, price) for k, price in enumerate(prices)]
    chunks += [place(100 + k, 0, price, 3) for k, price in enumerate(prices)]
    chunks += [cancel(1 + k) for k in range(0, len(prices), 2)]
    assert_same(chunks)


@pytest.mark.parametrize("ticks", [(12, 8, 5), (10, 1), (65_536, 3), (1, 1000, 1), (2**50, 2**49)])
@pytest.mark.parametrize("bounds", [(0, 0), (-120_000, 120_000)])
def test_the_grid_is_refined_under_orders(ticks: tuple[int, ...], bounds: Bounds) -> None:
    """Orders keep their prices and places when the tick changes, and new ones join them there."""
    chunks, order_id = [instrument(ticks[0], bounds)], 0
    for tick in ticks:
        chunks.append(set_tick(tick))
        for step in range(-6, 7):
            order_id += 1
            chunks.append(place(order_id, int(step > 0), step * tick))
    chunks += [cancel(k) for k in range(1, order_id, 3)]
    assert_same(chunks)
