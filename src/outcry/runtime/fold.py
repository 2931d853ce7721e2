"""The fold: one log entry after the other, over the pure ledger core.

The writer of the log, a standby, the history and `verify` all run exactly this. Applying decides
nothing and checks no request; it asserts the laws of the ledger and raises `InvariantError` when
one is broken, or `CorruptError` when an item cannot be what our writer wrote.
"""

from outcry.domain.errors import CorruptError, InvariantError
from outcry.domain.ledger import orders
from outcry.domain.ledger.effects import Effects
from outcry.domain.ledger.invariants import check_entry
from outcry.domain.ledger.retention import forget
from outcry.domain.ledger.state import Ledger
from outcry.domain.order import Order
from outcry.messages import commands as cmd
from outcry.messages import facts as fact
from outcry.messages import ledger_records as rec
from outcry.messages.entry import Commands, Decision, Entry, Facts, Item
from outcry.runtime.fold_facts import FACT_HANDLERS
from outcry.runtime.fold_records import RECORD_HANDLERS
from outcry_wire.records import OrderKind


class Fold:
    """A ledger and the loop body that applies entries to it."""

    def __init__(self, ledger: Ledger | None = None) -> None:
        """Start from *ledger*, by default an empty one."""
        self.ledger = ledger or Ledger()

    def apply_entry(self, n: int, entry: Entry) -> Effects:
        """Apply log entry *n* as a whole and return what it changed."""
        self.begin(n)
        effects = Effects()
        for item in entry.items:
            self.apply_item(item, effects)
        self.ledger.time_us = entry.at_us
        check_entry(self.ledger, effects)
        forget(self.ledger)
        for batch in entry.events:
            self.ledger.users[batch.user_id].last_n = n
        return effects

    def begin(self, n: int) -> None:
        """What is applied from now on belongs to entry *n*."""
        if n <= self.ledger.n:
            raise InvariantError(f"entry {n} after entry {self.ledger.n}")
        self.ledger.n = n

    def apply_item(self, item: Item, effects: Effects) -> None:
        """Apply one item of an entry."""
        if isinstance(item, Commands):
            decisions = iter(item.decisions)
            for command in cmd.unpack_commands(item.body):
                decision = next(decisions) if isinstance(command, cmd.PlaceOrder) else None
                self.apply_command(item.shard, command, decision, effects)
            if next(decisions, None) is not None:
                raise CorruptError("more decisions than orders in a log item")
        elif isinstance(item, Facts):
            for one in fact.unpack_facts(item.body):
                self.apply_fact(item.shard, one, effects)
        else:
            self.apply_record(item.record, effects)

    def apply_command(
        self, number: int, command: cmd.Command, decision: Decision | None, effects: Effects
    ) -> None:
        """Take note that *command* was numbered on shard *number*."""
        ledger, shard = self.ledger, self.ledger.shard(number)
        if command.seq != shard.numbered + 1 or command.time_us < shard.time_us:
            raise InvariantError(f"command {command.seq} after {shard.numbered} on shard {number}")
        shard.numbered = command.seq
        shard.time_us = ledger.time_us = command.time_us
        if isinstance(command, cmd.PlaceOrder):
            if decision is None:
                raise CorruptError(f"order {command.order_id} without a decision")
            order = _order(ledger, command, decision)
            orders.enter(ledger, effects, order, decision.request_hash, decision.signed)
        elif isinstance(command, cmd.ReplaceOrder):
            terms = (command.order_id, command.price, command.total_qty)
            orders.await_replace(ledger, effects, *terms)
        elif isinstance(command, cmd.CancelAll):
            shard.cancel_alls[command.account, command.instrument] = command.seq
        elif isinstance(command, cmd.Checkpoint):
            effects.checkpoints.append(command.checkpoint_id)
        elif isinstance(command, cmd.SetLimits):
            shard.limits = (command.account_orders_max, command.total_orders_max)

    def apply_fact(self, number: int, one: fact.Fact, effects: Effects) -> None:
        """Apply one fact of shard *number*; facts come in order and none is missing."""
        shard = self.ledger.shard(number)
        if one.seq != shard.applied + 1 or one.seq > shard.numbered:
            raise InvariantError(
                f"fact of {one.seq} on shard {number}: applied {shard.applied},"
                f" numbered {shard.numbered}",
            )
        FACT_HANDLERS[type(one)](self.ledger, effects, number, one)
        if one.last:
            shard.applied = effects.applied[number] = one.seq

    def apply_record(self, record: rec.LedgerRecord, effects: Effects) -> None:
        """Apply one ledger record."""
        handler = RECORD_HANDLERS.get(type(record))
        if handler is None:
            raise CorruptError(f"ledger record {type(record).__name__} has no meaning here")
        self.ledger.time_us = max(self.ledger.time_us, record.at_us)
        handler(self.ledger, effects, record)


def _order(ledger: Ledger, command: cmd.PlaceOrder, decision: Decision) -> Order:
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
        budget=decision.hold if command.kind == OrderKind.MARKET_MONEY else 0,
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
