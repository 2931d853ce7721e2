"""Other order books in Python, played on the same workload files.

`Obvious` is what a Python user would write: a sorted dict of deques per side. The engines from PyPI
are installed into ``bench/out/kernel/peers`` on request; one that cannot be had is left out.
"""

import logging
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Protocol

from sortedcontainers import SortedDict


Operation = tuple[int, int, int, int, int, int, int]  # op, side, ioc, instrument, id, price, qty
NEW, CANCEL, REPLACE = 0, 1, 3
PACKAGES = ("lightmatchingengine==2019.1.4", "pyorderbook==0.4.9")


class Peer(Protocol):
    """A book that can be played on."""

    fills: int

    def place(self, order_id: int, side: int, price: int, qty: int, *, rests: bool) -> None:
        """Let an order trade and, if it *rests*, rest."""

    def cancel(self, order_id: int) -> None:
        """Cancel an order if it lives."""


class Obvious:
    """Sorted dicts of deques of orders."""

    def __init__(self) -> None:
        self.sides = (SortedDict(), SortedDict())
        self.orders: dict[int, list[int]] = {}
        self.fills = 0

    def place(self, order_id: int, side: int, price: int, qty: int, *, rests: bool) -> None:
        """Trade and rest."""
        other = self.sides[1 - side]
        while qty and other:
            best = other.peekitem(0)[0] if side == 0 else other.peekitem(-1)[0]
            if best > price if side == 0 else best < price:
                break
            queue = other[best]
            while qty and queue:
                maker = queue[0]
                lots = min(qty, maker[1])
                qty -= lots
                maker[1] -= lots
                self.fills += 1
                if maker[1] == 0:
                    queue.popleft()
                    del self.orders[maker[0]]
            if not queue:
                del other[best]
        if qty and rests:
            order = self.orders[order_id] = [order_id, qty, side, price]
            self.sides[side].setdefault(price, deque()).append(order)

    def cancel(self, order_id: int) -> None:
        """Cancel."""
        order = self.orders.pop(order_id, None)
        if order is not None:
            levels = self.sides[order[2]]
            queue = levels[order[3]]
            queue.remove(order)
            if not queue:
                del levels[order[3]]


class Light:
    """lightmatchingengine."""

    def __init__(self) -> None:
        from lightmatchingengine.lightmatchingengine import LightMatchingEngine  # noqa: PLC0415

        self.engine: Any = LightMatchingEngine()
        self.ids: dict[int, int] = {}
        self.fills = 0

    def place(self, order_id: int, side: int, price: int, qty: int, *, rests: bool) -> None:
        """Trade and rest."""
        order, trades = self.engine.add_order("X", price, qty, side + 1)
        self.fills += sum(trade.order_id != order.order_id for trade in trades)
        if order.leaves_qty and rests:
            self.ids[order_id] = order.order_id
        elif order.leaves_qty:
            self.engine.cancel_order(order.order_id, "X")

    def cancel(self, order_id: int) -> None:
        """Cancel."""
        own = self.ids.pop(order_id, None)
        if own is not None and own in self.engine.order_books["X"].order_id_map:
            self.engine.cancel_order(own, "X")


class PyOrderBook:
    """pyorderbook."""

    def __init__(self) -> None:
        from pyorderbook import book, order  # noqa: PLC0415

        logging.getLogger("pyorderbook.book").setLevel(logging.CRITICAL)
        self.modules = SimpleNamespace(book=book, order=order)
        self.book: Any = book.Book()
        self.orders: dict[int, Any] = {}
        self.fills = 0

    def place(self, order_id: int, side: int, price: int, qty: int, *, rests: bool) -> None:
        """Trade and rest."""
        kinds = self.modules.order.Side
        order = self.modules.order.Order(kinds.ASK if side else kinds.BID, "X", price, qty)
        self.fills += len(self.book.match(order).trades)
        if order.quantity and rests:
            self.orders[order_id] = order
        elif order.quantity:
            self.book.cancel(order)

    def cancel(self, order_id: int) -> None:
        """Cancel."""
        order = self.orders.pop(order_id, None)
        if order is not None and order.id in self.book.order_map:
            self.book.cancel(order)


def install(out: Path) -> None:
    """Install the engines from PyPI; what fails is missing later."""
    for package in PACKAGES:
        command = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", str(out)]
        subprocess.run([*command, package], check=False, capture_output=True, timeout=120)
    sys.path.append(str(out))


def play(make: Callable[[], Peer], operations: Iterable[Operation]) -> tuple[float, int]:
    """Return the CPU seconds that the peer took, and its fills."""
    peer = make()
    start = time.process_time()
    for op, side, immediate, _, order_id, price, qty in operations:
        if op in (CANCEL, REPLACE):
            peer.cancel(order_id)
        if op in (NEW, REPLACE):
            peer.place(order_id, side, price, qty, rests=not immediate)
    return time.process_time() - start, peer.fills
