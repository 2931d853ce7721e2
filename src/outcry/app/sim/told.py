"""What the people outside were told: all that the auditor knows of what should be there."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from outcry.domain.order import OrderStatus
from outcry.messages.requests import (
    CancelAccepted,
    Done,
    FundsOp,
    OrderAccepted,
    PlaceRequest,
)


@dataclass
class Placed:
    """An order that somebody was told of."""

    request: PlaceRequest
    n: int
    #: The farthest that anybody was told about it.
    latest: OrderAccepted


@dataclass
class Told:
    """Answers, in the order in which they came."""

    #: Calls with each sentence about an answer that contradicts another.
    find: Callable[[str], None]
    #: Owner of each account.
    owners: dict[int, int] = field(default_factory=dict)
    #: Address of each account, where contracts keep what it has.
    addresses: dict[int, str] = field(default_factory=dict)
    placed: dict[int, Placed] = field(default_factory=dict)
    #: Order ids by account and client order id.
    named: dict[tuple[int, str], int] = field(default_factory=dict)
    #: Client order ids whose requests were all answered, and declined.
    declined: set[tuple[int, str]] = field(default_factory=set)
    #: Orders that were said to be cancelled, or to be on their way to it.
    cancelled: set[int] = field(default_factory=set)
    #: Orders that were said not to be there any more.
    gone: set[int] = field(default_factory=set)
    #: Changes (reduce, replace) of orders that were asked for, each as often, and the entries in
    #: which those stand that were answered.
    changes_asked: Counter[tuple[int, str]] = field(default_factory=Counter)
    changes_done: set[tuple[int, str, int]] = field(default_factory=set)
    #: Operations that were done, once each, with the first answer.
    done: list[tuple[FundsOp, Done]] = field(default_factory=list)
    keys: dict[FundsOp, Done] = field(default_factory=dict)
    #: What was asked without a name, and never answered: it may have happened, once.
    doubtful: list[PlaceRequest | FundsOp] = field(default_factory=list)
    #: Fee version of each market.
    fee_versions: dict[int, int] = field(default_factory=dict)
    #: Markets that settle on a chain.
    chained: set[int] = field(default_factory=set)
    #: The payouts of markets that were paid.
    payouts: dict[int, tuple[int, int]] = field(default_factory=dict)
    #: The newest entry that any answer spoke of.
    newest_n: int = 0
    answers_count: int = 0

    def order(self, request: PlaceRequest, answer: OrderAccepted) -> None:
        """Somebody was told that an order is accepted."""
        self._heard(max(answer.n, answer.result_n))
        placed = self.placed.get(answer.order_id)
        if placed is None:
            if request.client_order_id:
                self._name(request, answer)
            self.placed[answer.order_id] = Placed(request, answer.n, answer)
            return
        if (placed.request, placed.n) != (request, answer.n):
            self.find(f"order {answer.order_id} was answered as two orders")
        if is_later(answer, placed.latest):
            placed.latest = answer

    def doubt(self, asked: PlaceRequest | FundsOp) -> None:
        """Nobody knows whether this happens, once."""
        if asked not in self.doubtful:
            self.doubtful.append(asked)

    def _name(self, request: PlaceRequest, answer: OrderAccepted) -> None:
        name = (request.account, request.client_order_id)
        known = self.named.setdefault(name, answer.order_id)
        if known != answer.order_id:
            self.find(f"{request.client_order_id} was answered as orders {known} and"
                      f" {answer.order_id}")  # fmt: skip

    def change(self, order_id: int, kind: str, answer: OrderAccepted) -> None:
        """Somebody was told that an order is changed, or is on its way to it."""
        self._heard(max(answer.n, answer.result_n))
        self.changes_done.add((order_id, kind, answer.n))
        placed = self.placed[order_id]
        if is_later(answer, placed.latest):
            placed.latest = answer

    def cancel(self, answer: CancelAccepted) -> None:
        """Somebody was told that orders are cancelled."""
        self._heard(answer.n)
        self.cancelled.update(answer.order_ids)

    def op(self, op: FundsOp, answer: Done) -> None:
        """Somebody was told that an operation is done."""
        self._heard(answer.n)
        if not getattr(op, "key", ""):
            self.done.append((op, answer))
            return
        known = self.keys.get(op)
        if known is None:
            self.keys[op] = answer
            self.done.append((op, answer))
        elif (known.n, known.amount) != (answer.n, answer.amount):
            self.find(f"{op} was answered as done in entries {known.n} and {answer.n}")

    def _heard(self, n: int) -> None:
        self.answers_count += 1
        self.newest_n = max(self.newest_n, n)


def is_later(one: OrderAccepted, other: OrderAccepted) -> bool:
    """Return whether *one* tells more of the same order than *other*."""
    return (one.status > OrderStatus.OPEN, one.filled, one.status) > (
        other.status > OrderStatus.OPEN, other.filled, other.status,
    )  # fmt: skip
