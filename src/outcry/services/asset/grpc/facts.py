"""From the three calls that say what a command of the kernel did to that command's facts.

They become the same records that the kernel wrote, so whoever audits the log finds no difference.
"""

import struct
from typing import NamedTuple

from outcry.domain.ids import trade_id
from outcry.domain.rejects import Reject, Rejected
from outcry.domain.units import MONEY_DECIMALS, PRICE_DECIMALS, QUANTITY_DECIMALS, parse_decimal
from outcry.messages.facts import (
    Fact,
    OrderCancelled,
    OrderPlaced,
    OrderReduced,
    OrderRejected,
    Traded,
    concat,
)
from outcry.rpc import asset_pb2 as pb
from outcry.services.asset.grpc.reading import SIDES
from outcry_wire.records import LAST_OF_SEQ, WAS_RESTING


class CommandFacts(NamedTuple):
    """All facts of one command, as records."""

    shard: int
    seq: int
    body: bytes
    order_ids: tuple[int, ...]
    #: 0 when nothing traded.
    trade_id: int


class _Unreadable(Exception):
    """A field is not what it has to be; never leaves this module."""


def read_facts(message: pb.TradeDone | pb.CancelDone | pb.RejectDone) -> CommandFacts | Rejected:
    """Return the facts that a typed call states, or which field is wrong."""
    try:
        facts = _facts(message)
        # The layouts know how wide each field is.
        body = concat(facts)
    except (_Unreadable, struct.error) as error:
        return Rejected(Reject.RECORD_INVALID, str(error))
    command = message.command
    orders = dict.fromkeys(order for fact in facts for order in _orders(fact))
    traded = any(isinstance(fact, Traded) for fact in facts)
    trade = trade_id(command.shard, command.seq) if traded else 0
    return CommandFacts(command.shard, command.seq, body, tuple(orders), trade)


def _facts(message: pb.TradeDone | pb.CancelDone | pb.RejectDone) -> list[Fact]:
    command = message.command
    if isinstance(message, pb.RejectDone):
        return [
            OrderRejected(LAST_OF_SEQ, command.market_id, command.seq, command.time_us,
                          message.account, message.order_id, message.reject)
        ]  # fmt: skip
    if isinstance(message, pb.CancelDone):
        return [_cancelled(command, message.cancel, LAST_OF_SEQ)]
    if not message.steps:
        raise _Unreadable("a trade without steps")
    last = len(message.steps) - 1
    return [
        _step(command, step, LAST_OF_SEQ if index == last else 0)
        for index, step in enumerate(message.steps)
    ]


def _step(command: pb.Command, step: pb.Step, flags: int) -> Fact:
    kind = step.WhichOneof("step")
    if kind == "fill":
        return _traded(command, step.fill, flags)
    if kind == "rest":
        return _placed(command, step.rest, flags)
    if kind == "cancel":
        return _cancelled(command, step.cancel, flags)
    if kind == "reduce":
        return _reduced(command, step.reduce, flags)
    raise _Unreadable("a step that is none of fill, rest, cancel and reduce")


def _traded(command: pb.Command, fill: pb.Fill, flags: int) -> Traded:
    taker, maker = fill.taker, fill.maker
    return Traded(
        flags=flags,
        instrument=command.market_id,
        seq=command.seq,
        time_us=command.time_us,
        account=taker.account,
        trade_id=command.seq,
        price=_price(fill.price),
        qty=_quantity(fill.quantity),
        taker_order=taker.order_id,
        taker_remaining=_quantity(taker.remaining_quantity),
        taker_budget_left=_money(taker.remaining_volume),
        maker_order=maker.order_id,
        maker_account=maker.account,
        maker_remaining=_quantity(maker.remaining_quantity),
        fill=fill.number,
        match=fill.kind,
        taker_outcome=taker.outcome,
        taker_side=_side(taker),
        maker_outcome=maker.outcome,
        maker_side=_side(maker),
    )


def _placed(command: pb.Command, rest: pb.Rest, flags: int) -> OrderPlaced:
    order = rest.order
    return OrderPlaced(
        flags, command.market_id, command.seq, command.time_us, order.account, order.order_id,
        _price(rest.price), _quantity(order.remaining_quantity), order.outcome, _side(order),
    )  # fmt: skip


def _cancelled(command: pb.Command, cancel: pb.Cancel, flags: int) -> OrderCancelled:
    order = cancel.order
    return OrderCancelled(
        flags | (WAS_RESTING if cancel.was_resting else 0),
        command.market_id, command.seq, command.time_us, order.account, order.order_id,
        _price(cancel.price), _quantity(order.remaining_quantity), _money(order.remaining_volume),
        order.outcome, _side(order), cancel.reason,
    )  # fmt: skip


def _reduced(command: pb.Command, reduce: pb.Reduce, flags: int) -> OrderReduced:
    order = reduce.order
    return OrderReduced(
        flags | (WAS_RESTING if reduce.was_resting else 0),
        command.market_id, command.seq, command.time_us, order.account, order.order_id,
        _price(reduce.price), _quantity(reduce.by_quantity), _quantity(order.remaining_quantity),
        order.outcome, _side(order), reduce.reason,
    )  # fmt: skip


def _side(party: pb.Party) -> int:
    side = SIDES.get(party.side)
    if side is None:
        raise _Unreadable(f"side {party.side} of order {party.order_id}")
    return side


def _price(text: str) -> int:
    return _decimal(text, PRICE_DECIMALS)


def _quantity(text: str) -> int:
    return _decimal(text, QUANTITY_DECIMALS)


def _money(text: str) -> int:
    return _decimal(text, MONEY_DECIMALS)


def _decimal(text: str, decimals: int) -> int:
    """Return *text* in its unit; "" is 0."""
    value = parse_decimal(text, decimals) if text else 0
    if value is None:
        raise _Unreadable(f"{text[:40]!r} is no decimal of {decimals} places")
    return value


def _orders(fact: Fact) -> tuple[int, ...]:
    if isinstance(fact, Traded):
        return fact.taker_order, fact.maker_order
    return (getattr(fact, "order_id"),)  # noqa: B009 - every other fact made here has one
