"""Which commands are traced, and how traces and spans are named."""

import pytest
from tests.support.venue import Venue, limit

from outcry import kernel
from outcry.app.tracing.asset import TracedAsset
from outcry.domain.ids import command_number
from outcry.messages.commands import (
    AddInstrument,
    CancelAll,
    CancelOrder,
    Checkpoint,
    Command,
    PlaceOrder,
    ReduceOrder,
    ReplaceOrder,
    SetInstrument,
    SetLimits,
    Tick,
    pack_command,
)
from outcry.messages.requests import CancelRequest, OrderAccepted
from outcry.runtime.replay import carry_out
from outcry.runtime.tracing import (
    PARENTS,
    Traced,
    any_sampled,
    sampled,
    span_id,
    trace_id,
    traced_in,
)
from outcry_wire.records import Side


def order(seq: int, order_id: int, **fields: int) -> PlaceOrder:
    """Return a buy order of account 1000."""
    terms = {"price": 5_000, "qty": 10, "budget": 0, "expire_at_us": 0} | fields
    return PlaceOrder(1, seq, seq, 1_000, order_id, 1_000, 0, 0, 0, 0, 0, 0, **terms)


COMMANDS: tuple[Command, ...] = (
    AddInstrument(1, 1, 1, 0, 0, 0, 100, 100, 9_900, 1, 10**9, 1_000, 1),
    order(2, 1),
    CancelOrder(1, 3, 3, 1_000, 99),  # there is no such order: a rejection
    ReduceOrder(1, 4, 4, 1_000, 1, 3),
    ReplaceOrder(1, 5, 5, 1_000, 1, 4_900, 20, 0),
    CancelOrder(1, 6, 6, 1_000, 1),
    order(7, 2),
    CancelAll(1, 8, 8, 1_000),
    order(9, 3, expire_at_us=10),
    Tick(0, 10, 10, 0),
    SetLimits(0, 11, 11, 0, 100, 1_000),
    order(12, 4),
    Checkpoint(0, 13, 13, 0, 1),
    SetInstrument(1, 14, 14, 0, 4, 100, 1, 10**9, 1_000),
    order(15, 5),  # the book is closed: declined by it
)
TRACED = [2, 3, 4, 5, 6, 7, 9, 12, 15]


def test_orders_and_their_facts_are_traced_and_nothing_else() -> None:
    """Commands and facts name the same seqs, whatever became of them; ticks and closings none."""
    body = b"".join(map(pack_command, COMMANDS))
    facts = carry_out(kernel.load().Engine(), body)
    assert [command.seq for command in traced_in(0, body, 1)] == TRACED
    assert [command.seq for command in traced_in(0, facts, 1)] == TRACED
    assert [command.time_us for command in traced_in(0, facts, 1)] == TRACED


@pytest.mark.parametrize("one_in", [2, 3, 5, 100])
def test_one_in_n_is_the_same_in_every_process(one_in: int) -> None:
    """Commands, facts and numbers are sampled by the same rule, and a span of seqs says so."""
    body = b"".join(map(pack_command, COMMANDS))
    facts = carry_out(kernel.load().Engine(), body)
    expected = [seq for seq in TRACED if seq % one_in == 0]
    for found in (traced_in(3, body, one_in), traced_in(3, facts, one_in)):
        assert [command.seq for command in found] == expected
    numbers = [sampled(command_number(3, seq), one_in) for seq in range(1, 16)]
    assert {command for command in numbers if command} >= {Traced(3, seq, 0) for seq in expected}
    for first in range(1, 8):
        for last in range(first, 16):
            has = any(seq % one_in == 0 for seq in range(first, last + 1))
            assert any_sampled(first, last, one_in) is has


def test_ids_follow_from_shard_seq_and_stage() -> None:
    """No two commands, shards, exchanges or stages share an id; the time stamp is no part of it."""
    command = Traced(1, 7, 99)
    assert trace_id("a", command) == trace_id("a", command._replace(time_us=0))
    others = {
        trace_id("a", Traced(1, 8, 0)),
        trace_id("a", Traced(2, 7, 0)),
        trace_id("b", command),
    }
    assert len(others | {trace_id("a", command)}) == 4
    assert len({span_id(trace_id("a", command), stage) for stage in PARENTS}) == len(PARENTS)


def test_every_stage_leads_to_the_one_root() -> None:
    """The parents form one tree."""
    assert [stage for stage, parent in PARENTS.items() if not parent] == ["order"]
    for stage in PARENTS:
        seen = set()
        while stage != "order":
            assert stage not in seen
            seen.add(stage)
            stage = PARENTS[stage]  # noqa: PLW2901 - going up


async def test_the_root_says_what_was_asked_and_a_repeat_is_none() -> None:
    """A door's request is named in one word, with the order; a repeat has no root of its own."""
    told: list[tuple[str, dict[str, str | int]]] = []

    class Told:
        def emit(
            self, stage: str, command: Traced, began_ns: int, ended_ns: int, **more: str | int
        ) -> None:
            assert began_ns <= ended_ns
            told.append((stage, {"seq": command.seq, **more}))

    async with Venue().running() as venue:
        ann, market = await venue.user("ann", 10**8), await venue.market()
        asset = TracedAsset(venue.asset, Told(), 1)
        bid = limit(ann, market, Side.BUY, 5_000, 10, client_order_id="a")
        (placed,) = await asset.submit([bid], wait_result=True)
        await asset.submit([bid], wait_result=True)
        assert isinstance(placed, OrderAccepted)
        await asset.submit([CancelRequest(ann, placed.order_id, "")], wait_result=True)
    assert [stage for stage, _ in told] == ["order", "order"]
    assert [more["outcry.request"] for _, more in told] == ["place", "cancel"]
    assert {more["outcry.order_id"] for _, more in told} == {placed.order_id}
