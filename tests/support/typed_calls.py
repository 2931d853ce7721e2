"""The typed calls of the ledger's gRPC door, from the caller's side."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
from tests.support.venue import Venue

from outcry.messages.facts import (
    Fact,
    OrderCancelled,
    OrderPlaced,
    OrderReduced,
    OrderRejected,
    Traded,
)
from outcry.rpc import asset_pb2 as pb
from outcry.rpc.asset_pb2_grpc import AssetServiceStub
from outcry.runtime.api_keys import KeyRing
from outcry.services.asset.doubting import DoubtingAsset
from outcry.services.asset.grpc import AssetServer


KEYS = KeyRing(bytes(32))
SIDES = (pb.BUY, pb.SELL)


class Caller:
    """Makes typed calls in one role."""

    def __init__(self, channel: Any, role: str) -> None:
        self._stub: Any = AssetServiceStub(channel)  # type: ignore[no-untyped-call]
        self._metadata = (("authorization", f"Bearer {KEYS.service_token(role)}"),)

    async def __call__(self, name: str, message: object) -> pb.Reply:
        """Make one call and return its reply."""
        reply: pb.Reply = await getattr(self._stub, name)(message, metadata=self._metadata)
        return reply

    async def batch(self, calls: list[pb.Call]) -> list[pb.Reply]:
        """Make several calls in one request."""
        replies = await self._stub.Batch(pb.Calls(calls=calls), metadata=self._metadata)
        return list(replies.replies)

    async def stream(self, calls: list[pb.Call]) -> list[pb.Reply]:
        """Make several calls on one stream."""

        async def requests() -> AsyncIterator[pb.Call]:
            for call in calls:
                yield call

        return [reply async for reply in self._stub.Stream(requests(), metadata=self._metadata)]


@asynccontextmanager
async def typed(venue: Venue, folder: Path, *roles: str) -> AsyncIterator[list[Caller]]:
    """Open the ledger's door on a unix socket, and a caller in each of *roles*."""
    address = f"unix:{folder}/typed.sock"
    server = AssetServer(DoubtingAsset(venue.asset), KEYS, address)
    await server.start()
    async with AsyncExitStack() as stack:
        stack.push_async_callback(server.stop)
        channel = await stack.enter_async_context(grpc.aio.insecure_channel(address))
        yield [Caller(channel, role) for role in roles]


def said_of(shard: int, facts: list[Fact]) -> tuple[str, object]:
    """Return the call, by name and message, that says what *facts* of one command say."""
    first = facts[0]
    command = pb.Command(
        shard=shard, seq=first.seq, time_us=first.time_us, market_id=first.instrument
    )
    if isinstance(first, OrderRejected):
        return "OrderRejected", pb.RejectDone(
            command=command, order_id=first.order_id, account=first.account, reject=first.reject
        )
    steps = [_step(fact) for fact in facts]
    if len(steps) == 1 and isinstance(first, OrderCancelled) and first.was_resting:
        return "CancelOrder", pb.CancelDone(command=command, cancel=steps[0].cancel)
    return "Trade", pb.TradeDone(command=command, steps=steps)


def _step(fact: Fact) -> pb.Step:
    if isinstance(fact, Traded):
        return pb.Step(fill=_fill(fact))
    assert isinstance(fact, OrderPlaced | OrderCancelled | OrderReduced), fact
    party = pb.Party(
        order_id=fact.order_id, account=fact.account, outcome=fact.outcome,
        side=SIDES[fact.side], remaining_quantity=_text(fact.remaining, 2),
    )  # fmt: skip
    price = _text(fact.price, 4)
    if isinstance(fact, OrderPlaced):
        return pb.Step(rest=pb.Rest(order=party, price=price))
    if isinstance(fact, OrderReduced):
        return pb.Step(reduce=pb.Reduce(
            order=party, price=price, by_quantity=_text(fact.by, 2), reason=fact.reason,
            was_resting=fact.was_resting,
        ))  # fmt: skip
    party.remaining_volume = _text(fact.budget_left, 6)
    return pb.Step(cancel=pb.Cancel(
        order=party, price=price, reason=fact.reason, was_resting=fact.was_resting
    ))  # fmt: skip


def _fill(fact: Traded) -> pb.Fill:
    taker = pb.Party(
        order_id=fact.taker_order, account=fact.account, outcome=fact.taker_outcome,
        side=SIDES[fact.taker_side], remaining_quantity=_text(fact.taker_remaining, 2),
        remaining_volume=_text(fact.taker_budget_left, 6),
    )  # fmt: skip
    maker = pb.Party(
        order_id=fact.maker_order, account=fact.maker_account, outcome=fact.maker_outcome,
        side=SIDES[fact.maker_side], remaining_quantity=_text(fact.maker_remaining, 2),
    )  # fmt: skip
    return pb.Fill(
        taker=taker, maker=maker, price=_text(fact.price, 4), quantity=_text(fact.qty, 2),
        kind=fact.match, number=fact.fill,
    )  # fmt: skip


def _text(value: int, decimals: int) -> str:
    digits = str(value).rjust(decimals + 1, "0")
    return f"{digits[:-decimals]}.{digits[-decimals:]}"
