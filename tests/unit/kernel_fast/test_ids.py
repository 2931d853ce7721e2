"""The way from an order id to its node, interpreted: places, the hash behind them, and its salt."""

from collections.abc import Callable
from random import Random
from types import ModuleType
from typing import SupportsIndex

import pytest
from tests.unit.kernel.book import command

from outcry.kernel import _twin, shard
from outcry.kernel.bits import spread
from outcry.kernel.constants import RECENT_FIRST, RECENT_PER_NODE, ROLE_ORDER, SESSION_SHIFT
from outcry.kernel.ids import add_id, claim_id, find_order, remove_id, sparse_add, sparse_slot
from outcry.kernel.layout import Core
from outcry.kernel.pool import give_node, take_node
from outcry_wire import records


def place_ids(core: Core, ids: list[int]) -> None:
    """Make orders with those ids known."""
    for order_id in ids:
        assert claim_id(core, order_id)
        index = take_node(core, ROLE_ORDER)
        core.nodes[index].order_id = order_id
        add_id(core, order_id, index)


def forget_id(core: Core, order_id: int) -> None:
    """Forget the order with that id."""
    index = find_order(core, order_id)
    assert core.nodes[index].order_id == order_id
    remove_id(core, order_id, index)
    assert find_order(core, order_id) == 0
    give_node(core, index)


def test_rising_ids_need_no_hash() -> None:
    """Orders whose ids rise by one hold their own places, however many ids were used before."""
    core = shard.boot(0)
    first = 10**12
    place_ids(core, list(range(first, first + 500)))
    for order_id in range(first + 500, first + 10 * RECENT_FIRST):
        place_ids(core, [order_id])
        forget_id(core, order_id - 500)
    assert core.recent_mask + 1 == RECENT_FIRST
    assert core.sparse_used == 0


def test_an_order_whose_place_is_taken_is_found_in_the_hash() -> None:
    """Of orders that share a place the last to come holds it; all are found, and lost, alike."""
    core = shard.boot(0)
    ids = [5 + number * RECENT_FIRST for number in range(400)]
    place_ids(core, ids)
    assert core.sparse_used == len(ids) - 1
    for order_id in (ids[-1], *ids[:-1]):
        forget_id(core, order_id)
    assert core.sparse_used == 0
    assert not any(core.recent)


def test_sessions_whose_ids_begin_alike_keep_apart() -> None:
    """Ids that two sessions count from 1 each do not take each other's places."""
    core = shard.boot(0)
    for session in (1, 2, 3):
        first = (session << SESSION_SHIFT) + 1
        place_ids(core, list(range(first, first + 200)))
    assert core.sparse_used == 0


@pytest.mark.parametrize("count", [700, 3000])
def test_more_orders_get_more_places(count: int) -> None:
    """The places grow with the nodes, and orders of any ids are found while they move and after."""
    core, random = shard.boot(0), Random(5)
    ids = random.sample(range(1, 2**63), count)
    place_ids(core, ids)
    assert core.recent_mask >= RECENT_PER_NODE * len(ids)
    assert (core.fading != []) == (count == 700)
    random.shuffle(ids)
    for order_id in ids:
        forget_id(core, order_id)
    assert core.sparse_used == 0
    assert not any(core.recent)
    assert not any(core.fading)


class Counted(list[int]):
    """A table that counts how often it is looked at."""

    looks = 0

    def __getitem__(self, place: SupportsIndex) -> int:  # type: ignore[override]
        self.looks += 1
        return super().__getitem__(place)


def looks_per_order(seed: int, ids: list[int]) -> float:
    """Return how often the hash is looked at to find each of these orders, when all are in it."""
    core = shard.boot(seed)
    for order_id in ids:
        index = take_node(core, ROLE_ORDER)
        core.nodes[index].order_id = order_id
        sparse_add(core, index)
    core.sparse = table = Counted(core.sparse)
    for order_id in ids:
        sparse_slot(core, order_id)
    return table.looks / len(ids)


def test_ids_that_meet_under_one_seed_do_not_under_another() -> None:
    """Ids chosen to stand at one place of the hash do so only for the seed that they were for."""
    known, secret = 12_345, 987_654_321
    chosen = [key for key in range(1, 400_000) if spread(key, 2 * known + 1, 1023) == 7]
    assert len(chosen) > 300
    assert looks_per_order(known, chosen) > 100
    assert looks_per_order(secret, chosen) < 8


@pytest.mark.parametrize("step", [1, 65_536, 1 << 32, 1 << 44, 1 << 53])
def test_ids_that_differ_in_few_bits_do_not_meet(step: int) -> None:
    """Ids that have all but some bits in common are spread over the hash."""
    ids = [1 + number * step for number in range(500)]
    assert looks_per_order(0x5DEECE66D, ids) < 8


@pytest.mark.parametrize("twin", [_twin.interpreted, _twin.compiled])
def test_a_seed_alters_nothing_that_is_told(twin: Callable[[], ModuleType]) -> None:
    """Engines of different seeds give the same facts, snapshots and hashes, also once restored."""
    try:
        engine_class = twin().Engine
    except _twin.NotCompiledError as reason:
        pytest.skip(str(reason))
    head = {"instrument": 1, "seq": 1, "time_us": 1, "account": 7}
    stream = command(records.RecordType.ADD_INSTRUMENT, *(0, 0, 1, 1, 9999, 1, 100, 999, 1), **head)
    ids = [1 + number * 65_536 * 4096 for number in range(300)]
    for order_id in ids:
        terms = (0, 0, 0, 0, 0, 0, 1 + order_id % 5000, 5, 0, 0)
        stream += command(records.RecordType.PLACE_ORDER, order_id, 0, *terms, **head)
    cancels = [command(records.RecordType.CANCEL_ORDER, order_id, **head) for order_id in ids[::2]]
    told = set()
    for seed in (0, 1, 2**63 - 1):
        engine = engine_class(seed)
        told.add((engine.process(stream), engine.snapshot(), engine.state_hash()))
        again = engine_class.restore(engine.snapshot(), seed + 1)
        told.add((engine.process(b"".join(cancels)), engine.snapshot(), engine.state_hash()))
        again.process(b"".join(cancels))
        assert again.snapshot() == engine.snapshot()
        engine.check()
        assert engine.order_count == len(ids) // 2
    assert len(told) == 2


def test_an_order_that_fades_and_ends_is_not_found_again() -> None:
    """An order that ended after it moved is unknown, though its node still has its id."""
    core = shard.boot(0)
    ids = list(range(1, 701))
    place_ids(core, ids)
    assert core.fading != []
    for order_id in ids:
        forget_id(core, order_id)
    assert all(find_order(core, order_id) == 0 for order_id in ids)


def test_an_id_is_free_unless_an_order_has_it() -> None:
    """An id is free above the newest, below it unless an order lives there, and never at 0."""
    core = shard.boot(0)
    place_ids(core, [7, 9])
    assert [claim_id(core, order_id) for order_id in (-1, 0, 7, 8, 9, 11, 10)] == [
        *(False, False, False, True, False, True, True)
    ]
