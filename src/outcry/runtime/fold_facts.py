"""What each fact of the kernel does to the ledger. Facts alone move money for orders."""

from collections.abc import Callable
from typing import Any

from outcry.domain.bookhash import ledger_book_hash
from outcry.domain.errors import InvariantError
from outcry.domain.ids import trade_id
from outcry.domain.ledger import lifecycle
from outcry.domain.ledger.effects import Effects
from outcry.domain.ledger.matches import Match
from outcry.domain.ledger.orders import cancel, keep_terms, reduce, refuse, replace, rest
from outcry.domain.ledger.settlement import settle
from outcry.domain.ledger.state import Ledger
from outcry.messages import facts as fact
from outcry.messages.facts import FACTS
from outcry.messages.record_bodies import unpack_records
from outcry_wire.records import LAST_OF_SEQ, InstrumentState, RecordType


def _placed(ledger: Ledger, effects: Effects, _shard: int, one: fact.OrderPlaced) -> None:
    rest(ledger, effects, one.order_id, one.remaining, one.seq)


def _refused(ledger: Ledger, effects: Effects, _shard: int, one: fact.OrderRejected) -> None:
    refuse(ledger, effects, one.order_id, one.reject, one.seq)


def _command_refused(
    ledger: Ledger, effects: Effects, shard: int, one: fact.CommandRejected
) -> None:
    effects.command_rejects[shard, one.seq] = one.reject
    if one.command == RecordType.REPLACE_ORDER:
        keep_terms(ledger, effects, one.order_id)
    _end_cancel_all(ledger, shard, one)


def _traded(ledger: Ledger, effects: Effects, shard: int, one: fact.Traded) -> None:
    match = Match(
        one.seq,
        trade_id(shard, one.trade_id),
        one.fill,
        one.match,
        one.price,
        one.qty,
        one.taker_order,
        one.taker_remaining,
        one.maker_order,
        one.maker_remaining,
        one.time_us,
    )
    settle(ledger, effects, match)


def _cancelled(ledger: Ledger, effects: Effects, shard: int, one: fact.OrderCancelled) -> None:
    effects.cancelled.setdefault((shard, one.seq), []).append(one.order_id)
    cancel(ledger, effects, one.order_id, one.remaining, one.reason, one.seq)


def _reduced(ledger: Ledger, effects: Effects, _shard: int, one: fact.OrderReduced) -> None:
    reduce(ledger, effects, one.order_id, one.by, one.remaining, one.seq)


def _replaced(ledger: Ledger, effects: Effects, _shard: int, one: fact.OrderReplaced) -> None:
    replace(ledger, effects, one.order_id, one.price, one.remaining, one.seq)


def _changed(ledger: Ledger, effects: Effects, _shard: int, one: fact.InstrumentChanged) -> None:
    if one.state == InstrumentState.CLOSED:
        lifecycle.drain(ledger, effects, one.instrument)


def _hashed(ledger: Ledger, _effects: Effects, _shard: int, one: fact.BookHashed) -> None:
    mine = ledger_book_hash(ledger.markets[one.instrument])
    if mine != one.hash:
        raise InvariantError(
            f"book of market {one.instrument} at seq {one.seq}: the kernel's hash is"
            f" {one.hash:016x}, the ledger's {mine:016x}",
        )


def _done(ledger: Ledger, _effects: Effects, shard: int, one: fact.CommandDone) -> None:
    _end_cancel_all(ledger, shard, one)


def _end_cancel_all(
    ledger: Ledger, shard: int, one: fact.CommandDone | fact.CommandRejected
) -> None:
    """The cancel-all of that seq, if it was one, is carried out: the next may come."""
    pending = ledger.shard(shard).cancel_alls
    key = (one.account, one.instrument)
    if pending.get(key) == one.seq:
        del pending[key]


def _nothing(_ledger: Ledger, _effects: Effects, _shard: int, _one: fact.Fact) -> None:
    """The fact moves no money and ends no order."""


def apply_facts(ledger: Ledger, effects: Effects, number: int, body: bytes) -> None:
    """Apply the facts in *body* to shard *number*; they come in order and none is missing."""
    for one in unpack_records(body, FACTS, "a fact", True):  # noqa: FBT003 - their first field
        apply_fact(ledger, effects, number, one)


def apply_fact(ledger: Ledger, effects: Effects, number: int, one: fact.Fact) -> None:
    """Apply one fact of shard *number*."""
    shard = ledger.shard(number)
    seq = one.seq
    if seq != shard.applied + 1 or seq > shard.numbered:
        raise InvariantError(
            f"fact of {seq} on shard {number}: applied {shard.applied}, numbered {shard.numbered}",
        )
    _FACT_HANDLERS[type(one)](ledger, effects, number, one)
    if one.flags & LAST_OF_SEQ:
        shard.applied = effects.applied[number] = seq


_FACT_HANDLERS: dict[type[fact.Fact], Callable[[Ledger, Effects, int, Any], None]] = {
    fact.OrderPlaced: _placed,
    fact.OrderRejected: _refused,
    fact.CommandRejected: _command_refused,
    fact.Traded: _traded,
    fact.OrderCancelled: _cancelled,
    fact.OrderReduced: _reduced,
    fact.OrderReplaced: _replaced,
    fact.InstrumentChanged: _changed,
    fact.Ticked: _nothing,
    fact.BookHashed: _hashed,
    fact.CommandDone: _done,
}
