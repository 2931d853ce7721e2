"""What a numbered command does to the ledger: an order is entered, the others are remembered.

Nothing is decided here: what the sequencer decided about an order stands beside its command.
"""

from outcry.domain.errors import CorruptError, InvariantError
from outcry.domain.ledger.effects import Effects
from outcry.domain.ledger.numbers import BY_MONEY
from outcry.domain.ledger.orders import await_replace, enter
from outcry.domain.ledger.state import Ledger, Shard
from outcry.domain.order import Order
from outcry.messages.commands import (
    COMMANDS,
    CancelAll,
    CancelOrder,
    Checkpoint,
    Command,
    PlaceOrder,
    ReplaceOrder,
    SetLimits,
)
from outcry.messages.entry import Decision
from outcry.messages.record_bodies import unpack_records


def apply_commands(
    ledger: Ledger, effects: Effects, number: int, body: bytes, decided: list[Decision]
) -> None:
    """Take note of the commands in *body*, with one decision for each order among them."""
    decisions = iter(decided)
    for command in unpack_records(body, COMMANDS, "a command", False):  # noqa: FBT003 - none
        decision = next(decisions) if isinstance(command, PlaceOrder) else None
        apply_command(ledger, effects, number, command, decision)
    if next(decisions, None) is not None:
        raise CorruptError("more decisions than orders in a log item")


def apply_command(
    ledger: Ledger, effects: Effects, number: int, command: Command, decision: Decision | None
) -> None:
    """Take note that *command* was numbered on shard *number*."""
    shard = ledger.shard(number)
    seq, time_us = command.seq, command.time_us
    if seq != shard.numbered + 1 or time_us < shard.time_us:
        raise InvariantError(f"command {seq} after {shard.numbered} on shard {number}")
    shard.numbered = seq
    shard.time_us = ledger.time_us = time_us
    if isinstance(command, PlaceOrder):
        if decision is None:
            raise CorruptError(f"order {command.order_id} without a decision")
        order = _order(ledger, command, decision)
        enter(ledger, effects, order, decision.request_hash, decision.signed)
    elif not isinstance(command, CancelOrder):
        _note(ledger, effects, shard, command)


def _note(ledger: Ledger, effects: Effects, shard: Shard, command: Command) -> None:
    """Remember what is on its way."""
    if isinstance(command, ReplaceOrder):
        terms = (command.order_id, command.price, command.total_qty)
        await_replace(ledger, effects, *terms)
    elif isinstance(command, CancelAll):
        shard.cancel_alls[command.account, command.instrument] = command.seq
    elif isinstance(command, Checkpoint):
        effects.checkpoints.append(command.checkpoint_id)
    elif isinstance(command, SetLimits):
        shard.limits = (command.account_orders_max, command.total_orders_max)


def _order(ledger: Ledger, command: PlaceOrder, decision: Decision) -> Order:
    """Return the order that a numbered command enters."""
    return Order(
        order_id=command.order_id,
        account=command.account,
        user_id=command.stp_group,
        market_id=command.instrument,
        outcome=command.outcome,
        side=command.side,
        kind=command.kind,
        tif=command.tif,
        post_only=command.post_only,
        self_trade=command.self_trade,
        price=command.price,
        qty=command.qty,
        budget=decision.hold if command.kind == BY_MONEY else 0,
        remaining=command.qty,
        hold=decision.hold,
        fee_version=decision.fee_version,
        client_order_id=decision.client_order_id,
        expire_at_us=command.expire_at_us,
        created_at_us=command.time_us,
        placed_n=ledger.n,
        updated_at_us=command.time_us,
        update_id=command.seq,
        session=decision.session,
    )
