"""Who waits for what: for a commit, or for what the kernel made of a command.

A `Call` is one batch of requests somebody awaits. A result becomes known when the facts of its
command are applied; it is given when the entry that holds those facts is committed, never before.
"""

import asyncio
import heapq
from collections.abc import Callable

from outcry.domain.order import Order
from outcry.messages.requests import (
    CancelAccepted,
    Declined,
    FundsResult,
    OrderAccepted,
    OrderResult,
)
from outcry.services.asset.batch import OpenBatch
from outcry.services.asset.tickets import Ticket


Answer = OrderResult | FundsResult


class Call:
    """A batch of requests on its way to its answers."""

    def __init__(self, tickets: list[Ticket], *, wait_result: bool) -> None:
        loop = asyncio.get_running_loop()
        self.results: list[Answer] = [ticket.result for ticket in tickets]
        #: Done when everything that was decided about the batch is committed.
        self.accepted: asyncio.Future[None] = loop.create_future()
        #: Done when every result is known and committed.
        self.finished: asyncio.Future[None] = loop.create_future()
        self.tickets = tickets
        self._missing = sum(1 for ticket in tickets if ticket.seqs) if wait_result else 0

    def accept(self) -> None:
        """The commit that covers the batch is done."""
        resolve(self.accepted)
        if not self._missing:
            resolve(self.finished)

    def give(self, index: int, result: Answer) -> None:
        """The commit that covers one result is done."""
        self.results[index] = result
        self._missing -= 1
        if not self._missing:
            resolve(self.finished)


def resolve(future: asyncio.Future[None]) -> None:
    """Finish *future* unless its caller gave up."""
    if not future.done():
        future.set_result(None)


class Waiter:
    """One request of a call whose commands the kernel has not carried out yet."""

    def __init__(self, call: Call, index: int) -> None:
        self.call = call
        self.index = index
        self.open = len(call.tickets[index].seqs)
        self.cancelled: list[int] = []
        self.reject = 0


class Waiting:
    """Everybody who waits for the kernel, by shard and seq."""

    def __init__(self) -> None:
        self._heaps: dict[int, list[tuple[int, int, Waiter]]] = {}
        self._count = 0

    def add(self, call: Call, applied: Callable[[int], int], batch: OpenBatch) -> None:
        """Register every ticket of *call* that numbered commands.

        *applied* tells how far facts of a shard are applied; what is behind that is known already
        and given with the commit of *batch*.
        """
        for index, ticket in enumerate(call.tickets):
            if not ticket.seqs:
                continue
            waiter = Waiter(call, index)
            for shard, seq in ticket.seqs:
                if seq <= applied(shard):
                    _count_down(waiter, batch)
                else:
                    self._count += 1
                    heap = self._heaps.setdefault(shard, [])
                    heapq.heappush(heap, (seq, self._count, waiter))

    def applied(self, shard: int, seq: int, batch: OpenBatch) -> None:
        """Facts of *shard* up to *seq* are in *batch*: its commit answers who waited for them."""
        effects = batch.effects
        heap = self._heaps.get(shard)
        while heap and heap[0][0] <= seq:
            done, _, waiter = heapq.heappop(heap)
            waiter.reject = effects.command_rejects.get((shard, done), waiter.reject)
            ticket = waiter.call.tickets[waiter.index]
            if isinstance(ticket.result, CancelAccepted) and ticket.order is None:
                waiter.cancelled += effects.cancelled.get((shard, done), ())
            _count_down(waiter, batch)


def _count_down(waiter: Waiter, batch: OpenBatch) -> None:
    """One more command of the waiter is carried out; after the last, its answer is known."""
    waiter.open -= 1
    if not waiter.open:
        result = outcome(waiter, batch.covering_n)
        batch.answers.append(lambda: waiter.call.give(waiter.index, result))


def outcome(waiter: Waiter, n: int) -> Answer:
    """Return what became of a request whose commands are carried out, as log entry *n* says."""
    ticket = waiter.call.tickets[waiter.index]
    if waiter.reject:
        return Declined(waiter.reject)
    if isinstance(ticket.result, OrderAccepted) and ticket.order is not None:
        return order_outcome(ticket.result, ticket.order, n)
    if isinstance(ticket.result, CancelAccepted):
        known = ticket.result.order_ids
        ids = waiter.cancelled if ticket.order is None else known
        return CancelAccepted(ticket.result.n, ids, ticket.result.command, n)
    return ticket.result


def order_outcome(accepted: OrderAccepted, order: Order, n: int) -> OrderAccepted:
    """Return *accepted* with what the order has come to in log entry *n*."""
    return OrderAccepted(
        accepted.order_id,
        accepted.n,
        order.status,
        order.filled,
        order.remaining,
        order.volume,
        order.fee,
        order.reason,
        order.reject,
        n,
        accepted.repeated,
        order.update_id,
        command=accepted.command,
    )
