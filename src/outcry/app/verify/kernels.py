"""A kernel per shard, fed with the log's commands, whose facts must be the log's facts."""

from collections import deque
from collections.abc import Iterable, Sequence
from typing import Protocol

from outcry import kernel as kernels
from outcry.domain.bookhash import ledger_book_hash
from outcry.domain.ledger.state import Ledger, Market
from outcry.domain.market import MarketState
from outcry.messages.facts import unpack_facts
from outcry.messages.record_bodies import cut, iter_records, span
from outcry.runtime.replay import Kernel


class AuditKernel(Kernel, Protocol):
    """What `verify` needs beyond replaying: a look into the books, and their own check."""

    def book_hash(self, instrument: int, /) -> int:
        """Return `outcry_wire.bookhash` over the book."""
        ...

    def orders(self, instrument: int, /) -> Sequence[Sequence[int]]:
        """Return the resting orders in book order, each beginning with its id."""
        ...

    def check(self) -> None:
        """Raise AssertionError when an internal invariant does not hold."""
        ...


class ShardReplay:
    """Replays one shard beside the fold of the log."""

    def __init__(self, shard: int, kernel_class: type[AuditKernel] | None = None) -> None:
        self.shard = shard
        self.kernel: AuditKernel = (kernel_class or kernels.load().Engine)()
        self.commands_count = 0
        self.facts_count = 0
        self._waiting: deque[bytes] = deque()

    def take_commands(self, body: bytes) -> None:
        """Remember committed commands until their facts come."""
        self._waiting.append(body)

    def take_facts(self, body: bytes) -> str:
        """Make the facts again and compare; returns what differs, "" when nothing does."""
        upto = span(body)[1]
        made = b"".join(self._make(upto))
        self.facts_count += sum(1 for _ in iter_records(body))
        return "" if made == body else difference(self.shard, made, body)

    def _make(self, upto: int) -> Iterable[bytes]:
        while self._waiting:
            head = self._waiting.popleft()
            due = cut(head, 0, upto)
            if due:
                self.commands_count += sum(1 for _ in iter_records(due))
                yield self.kernel.process(due)
            if len(due) < len(head):
                self._waiting.appendleft(head[len(due) :])
                return

    def compare_books(self, ledger: Ledger) -> list[str]:
        """Return where the kernel's books differ from the ledger's orders."""
        findings = []
        try:
            self.kernel.check()
        except AssertionError as error:
            findings.append(f"shard {self.shard}: the kernel's own check fails: {error}")
        for market in ledger.markets.values():
            if market.shard == self.shard and market.state <= MarketState.CLOSING:
                findings += _compare_book(self.kernel, market)
        return findings


def _compare_book(kernel: AuditKernel, market: Market) -> list[str]:
    mine = ledger_book_hash(market)
    theirs = kernel.book_hash(market.market_id)
    if mine == theirs:
        return []
    resting = {order.order_id for order in market.orders.values() if order.priority_seq}
    booked = {order[0] for order in kernel.orders(market.market_id)}
    finding = (
        f"market {market.market_id}: kernel's book {theirs:016x}, ledger's {mine:016x};"
        f" only in the kernel {sorted(booked - resting)[:5]},"
        f" only in the ledger {sorted(resting - booked)[:5]}"
    )
    return [finding]


def difference(shard: int, made: bytes, logged: bytes) -> str:
    """Return a sentence about the first fact in which two bodies differ."""
    for ours, theirs in zip(unpack_facts(made), unpack_facts(logged), strict=False):
        if ours != theirs:
            return f"shard {shard}, seq {theirs.seq}: the kernel makes {ours}, the log has {theirs}"
    return f"shard {shard}: the kernel makes {len(made)} bytes of facts, the log has {len(logged)}"
