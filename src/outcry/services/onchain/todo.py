"""What the contracts have to be asked to do, as the committed log has it. Pure.

Operations that were begun and not ended, and markets that have not come as far there as here: one
that was listed is prepared and registered, one that is paid is reported and redeemed.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from msgspec import Struct

from outcry.domain.ids import COLLATERAL, asset_market
from outcry.domain.ledger.escrow import ATOMS_PER_LOT, MARKS_COUNT_MAX, Operation, Stage
from outcry.domain.ledger.in_transit import EscrowOperation
from outcry.domain.ledger.mirrors import addresses
from outcry.domain.ledger.state import Ledger
from outcry.messages import escrow_records as said
from outcry.messages import ledger_records as rec
from outcry.messages.happenings import Happening
from outcry.messages.record import Record
from outcry.ports.escrow import Act, Job
from outcry.runtime import ctf


_ACTS: Final = {
    Operation.SPLIT: Act.SPLIT,
    Operation.MERGE: Act.MERGE,
    Operation.REDEEM: Act.REDEEM_FOR,
}


class Listed(Struct):
    """A market as far as its contracts are concerned."""

    question: str
    condition: str
    stage: int = Stage.LISTED
    #: Ticks of YES and NO; None until it pays.
    payouts: tuple[int, int] | None = None
    #: The contracts knew it, until a reorganisation took that back.
    forgotten: bool = False


class Believed(Struct):
    """What one report took in."""

    block: int
    block_hash: str
    happenings: list[Happening]


class Todo:
    """The fold of what records of the log say about contracts."""

    def __init__(self) -> None:
        self.operations: dict[int, said.EscrowBegun] = {}
        #: Markets that have something left to do there, and those that have not.
        self.markets: dict[int, Listed] = {}
        self._done: dict[int, Listed] = {}
        #: Token ids and condition of every market.
        self.tokens: dict[int, tuple[str, str]] = {}
        self.conditions: dict[int, str] = {}
        self.believed: list[Believed] = []
        #: Places above the report that said what happened there: known already when it was made.
        self._early: set[tuple[int, int]] = set()
        #: What came in of late that the ledger does not count; whoever tells people takes it.
        self.uncredited: list[said.EscrowUncredited] = []
        self._events: dict[int, str] = {}

    @property
    def cursor(self) -> int:
        """The block up to which the ledger has taken everything in."""
        return self.believed[-1].block if self.believed else 0

    def begin(self, ledger: Ledger) -> None:
        """Start from the state of a ledger."""
        address = addresses(ledger)
        self._events = {event.event_id: event.identifier for event in ledger.events.values()}
        self.conditions = {market_id: text for text, market_id in ledger.chain.conditions.items()}
        for market_id, condition in self.conditions.items():
            market = ledger.markets[market_id]
            self.tokens[market_id] = market.tokens
            question = ctf.question_id(self._events[market.event_id], market.identifier)
            payouts = market.payout if any(market.payout) else None
            self.markets[market_id] = Listed(f"0x{question.hex()}", condition, payouts=payouts)
            if market_id in ledger.chain.stages:
                self._staged(market_id, ledger.chain.stages[market_id])
        for one in ledger.chain.operations.values():
            self.operations[one.operation_id] = _begun(one, address[one.account])

    def apply(self, records: Iterable[Record]) -> None:
        """Take in records of a committed entry."""
        for record in records:
            if isinstance(record, said.EscrowBegun):
                self.operations[record.operation_id] = record
            elif isinstance(record, said.EscrowEnded):
                self.operations.pop(record.operation_id, None)
            elif isinstance(record, said.EscrowCursor):
                self._believe(record)
            elif isinstance(record, said.EscrowUncredited):
                self.uncredited.append(record)
            else:
                self._market(record)

    def jobs(self) -> Iterator[Job]:
        """Yield what is to be done, operations first, in the order in which they were begun."""
        for one in self.operations.values():
            yield self._operation(one)
        for market_id, market in self.markets.items():
            yield from _of_market(market_id, market)

    def _believe(self, record: said.EscrowCursor) -> None:
        if record.common >= 0:
            self.believed = [
                Believed(one.block, one.block_hash, _up_to(record.common, one.happenings))
                for one in self.believed
                if one.block <= record.common
            ]
            self._early.clear()
        self._early |= {_place(one) for one in record.happenings if one.block > record.block}
        self.believed.append(Believed(record.block, record.block_hash, record.happenings))
        del self.believed[:-MARKS_COUNT_MAX]

    def unknown(self, happenings: Iterable[Happening]) -> list[Happening]:
        """Return what no report said before its block was reached."""
        return [one for one in happenings if _place(one) not in self._early]

    def _market(self, record: Record) -> None:
        if isinstance(record, rec.CreateEvent):
            self._events[record.event_id] = record.identifier
        elif isinstance(record, rec.AddMarket) and record.draft:
            question = ctf.question_id(self._events[record.event_id], record.identifier)
            tokens = (record.token_0, record.token_1)
            self.tokens[record.market_id] = tokens
            self.conditions[record.market_id] = record.condition_id
            listed = Listed(f"0x{question.hex()}", record.condition_id)
            self.markets[record.market_id] = listed
        elif isinstance(record, said.MarketStaged):
            self._staged(record.market_id, record.stage)
        elif isinstance(record, rec.Resolved | rec.Voided) and record.market_id in self.markets:
            self.markets[record.market_id].payouts = (record.payout_0, record.payout_1)

    def _staged(self, market_id: int, stage: int) -> None:
        listed = self.markets.pop(market_id, None) or self._done.pop(market_id)
        listed.stage, listed.forgotten = stage, stage == Stage.LISTED
        (self._done if stage == Stage.REDEEMED else self.markets)[market_id] = listed

    def _operation(self, one: said.EscrowBegun) -> Job:
        number, who = one.operation_id, one.address
        if one.kind == Operation.WITHDRAW:
            if one.asset == COLLATERAL:
                return Job(Act.PAY_OUT, number, who, "0", one.qty)
            market_id, outcome = asset_market(one.asset)
            token = self.tokens[market_id][outcome]
            return Job(Act.PAY_OUT, number, who, token, one.qty * ATOMS_PER_LOT)
        condition = self.conditions[one.market_id]
        amount = 0 if one.kind == Operation.REDEEM else one.qty * ATOMS_PER_LOT
        act = _ACTS[Operation(one.kind)]
        return Job(act, number, who, amount=amount, condition=condition)


def _place(one: Happening) -> tuple[int, int]:
    return one.block, one.log_index


def _up_to(block: int, happenings: Iterable[Happening]) -> list[Happening]:
    return [one for one in happenings if one.block <= block]


def _begun(one: EscrowOperation, address: str) -> said.EscrowBegun:
    return said.EscrowBegun(
        one.at_us, 0, one.operation_id, one.kind, one.account, address, one.market_id, one.asset,
        one.qty, one.qty_no, one.key,
    )  # fmt: skip


def _of_market(market_id: int, market: Listed) -> Iterator[Job]:
    """Yield what a market needs; the contracts know which of it they have done."""
    question, condition = market.question, market.condition
    if market.stage == Stage.LISTED and (market.payouts is None or market.forgotten):
        yield Job(Act.PREPARE, market_id, question=question, condition=condition)
        yield Job(Act.REGISTER, market_id, condition=condition)
    elif market.stage == Stage.REGISTERED and market.payouts is not None:
        yield Job(Act.REPORT_PAYOUTS, market_id, question=question, condition=condition,
                  payouts=market.payouts)  # fmt: skip
        yield Job(Act.REDEEM, market_id, condition=condition)
