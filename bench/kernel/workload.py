"""Writes deterministic order workloads: ``python bench/kernel/workload.py KIND COUNT FILE [SEED]``.

KIND is ``ladder`` (one book, prices 1..999), ``futures`` (one book, a walk around 1,000,000) or
``multi`` (1,000 books of unequal traffic). The generator trades on books of its own, so that
cancels name live orders and passive prices do not cross; what must come out stands in the header.

File, little-endian. Header of 128 bytes: magic ``LOBW0001``, u32 record size 32, u32 instruments,
u64 records, i64 lowest and highest price of a resting order, u64 fills, u64 sum of fill quantity,
u64 sum of price times quantity, u64 fill hash, u64 highest order id, u64 commands for dead orders,
u64 orders live at the end, u64 most orders ever live, zeros. Record: u8 op (0 new, 1 cancel,
2 reduce, 3 replace), u8 side (0 buys), u8 1 if immediate or cancel, u8 0, u32 instrument from 0,
u64 order id, i64 price, u32 quantity, u32 account. Fill hash, over fills in order, modulo 2**64:
``h = (h ^ (maker * K1 + taker * K2 + price * K3 + quantity)) * P``, from 0xCBF29CE484222325.

Mix once a book has its depth: 45 % passive orders, 40 % cancels, 10 % limit orders that cross by up
to three ticks, 3 % immediate ones, 2 % replaces; one cancel in a hundred names a dead order.
"""

import sys
from bisect import insort
from collections import deque
from itertools import accumulate
from pathlib import Path
from random import Random
from struct import Struct


HEADER = Struct("<8sIIQqqQQQQQQQQ")
HEADER_SIZE = 128
RECORD = Struct("<BBBBIQqII")
NEW, CANCEL, REPLACE = 0, 1, 3
BUY, SELL = 0, 1
MASK = (1 << 64) - 1
K1, K2, K3, P = 0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0x100000001B3


class Resting:
    """An order that rests: dead ones stay in their queue with quantity 0 until it is reached."""

    __slots__ = ("order_id", "place", "price", "quantity", "side")

    def __init__(self, order_id: int, side: int, price: int, quantity: int) -> None:
        self.order_id, self.side, self.price, self.quantity = order_id, side, price, quantity
        self.place = 0


class Side:
    """One side of a book: prices in order, best last, and a queue for each."""

    def __init__(self, sign: int) -> None:
        self.sign = sign
        self.keys: list[int] = []
        self.queues: dict[int, deque[Resting]] = {}

    def add(self, order: Resting) -> None:
        """Let an order rest behind the others at its price."""
        key = order.price * self.sign
        if key not in self.queues:
            insort(self.keys, key)
            self.queues[key] = deque()
        self.queues[key].append(order)

    def first(self) -> Resting | None:
        """Return the oldest order at the best price."""
        while self.keys:
            queue = self.queues[self.keys[-1]]
            while queue:
                if queue[0].quantity:
                    return queue[0]
                queue.popleft()
            del self.queues[self.keys.pop()]
        return None


class Book:
    """A book with the order of live orders that cancels draw from."""

    def __init__(self, middle: int, depth: int) -> None:
        self.sides = (Side(1), Side(-1))
        self.live: list[Resting] = []
        self.dead = 0
        self.middle, self.depth = middle, depth

    def drop(self, order: Resting) -> None:
        """End an order."""
        order.quantity = 0
        last = self.live.pop()
        if last is not order:
            self.live[order.place] = last
            last.place = order.place

    def rest(self, order: Resting) -> None:
        """Let an order rest."""
        order.place = len(self.live)
        self.live.append(order)
        self.sides[order.side].add(order)


class Generator:
    """Draws operations and plays them."""

    def __init__(self, kind: str, seed: int = 1, depth: int = 0) -> None:
        self.random = Random(f"{kind} {seed}")
        count = 1000 if kind == "multi" else 1
        self.low, self.high = (1, 999) if kind != "futures" else (1, 1 << 40)
        middle = 1_000_000 if kind == "futures" else 500
        depth = depth or (200 if count > 1 else 4000)
        self.books = [Book(middle, depth) for _ in range(count)]
        shares = [1 / rank for rank in range(1, count + 1)]
        self.random.shuffle(shares)
        self.traffic = list(accumulate(shares))
        self.fills = self.quantity = self.notional = self.rejects = self.most = 0
        self.live = self.order_id = 0
        self.hash = 0xCBF29CE484222325

    def write(self, path: Path, count: int) -> None:
        """Write a workload of *count* operations."""
        data = bytearray(HEADER_SIZE + count * RECORD.size)
        numbers = range(len(self.books))
        for at in range(HEADER_SIZE, len(data), RECORD.size):
            number = 0
            if len(self.books) > 1:
                number = self.random.choices(numbers, cum_weights=self.traffic)[0]
            RECORD.pack_into(data, at, *self.draw(number, self.books[number]))
            self.most = max(self.most, self.live)
        HEADER.pack_into(
            *(data, 0, b"LOBW0001", RECORD.size, len(self.books), count, self.low, self.high),
            *(self.fills, self.quantity, self.notional & MASK, self.hash, self.order_id),
            *(self.rejects, self.live, self.most),
        )
        path.write_bytes(data)

    def draw(self, number: int, book: Book) -> tuple[int, ...]:
        """Draw and play one operation on a book; return its record."""
        random = self.random.random
        if random() < 0.05:
            step = 1 if random() < 0.5 else -1
            if self.high < 1000 and not 100 < book.middle < 900:
                step = 1 if book.middle <= 100 else -1
            book.middle += step if self.high < 1000 or random() < 0.9 else 30 * step
        chance = random()
        cancels = min(0.40 * len(book.live) / book.depth, 0.46) if len(book.live) >= 8 else 0.0
        if chance < cancels:
            return self.cancel(number, book)
        if chance < cancels + 0.02 and len(book.live) >= 8:
            return self.replace(number, book)
        return self.new(number, book, filling=len(book.live) < book.depth // 2)

    def cancel(self, number: int, book: Book) -> tuple[int, ...]:
        """Cancel a young order, any order or, once in a hundred, a dead one."""
        random, live = self.random.random, book.live
        chance = random()
        if chance < 0.01 and book.dead:
            self.rejects += 1
            return CANCEL, 0, 0, 0, number, book.dead, 0, 0, 0
        young = chance < 0.40 and len(live) > 256
        order = live[-1 - int(random() * 256)] if young else live[int(random() * len(live))]
        book.dead = order.order_id
        book.drop(order)
        self.live -= 1
        return CANCEL, order.side, 0, 0, number, order.order_id, 0, 0, 0

    def replace(self, number: int, book: Book) -> tuple[int, ...]:
        """Give a live order another price nearby and another quantity."""
        random = self.random.random
        order = book.live[int(random() * len(book.live))]
        price = self.bounded(order.price + int(random() * 9) - 4)
        quantity = 1 + int(random() * 100)
        book.drop(order)
        self.live -= 1
        self.submit(book, Resting(order.order_id, order.side, price, quantity), rests=True)
        return REPLACE, order.side, 0, 0, number, order.order_id, price, quantity, 0

    def new(self, number: int, book: Book, *, filling: bool) -> tuple[int, ...]:
        """Place an order: passive, crossing or immediate."""
        random = self.random.random
        self.order_id += 1
        side = BUY if random() < 0.5 else SELL
        away = -1 if side == BUY else 1
        first, chance = book.sides[1 - side].first(), 1.0 if filling else random()
        immediate, quantity = 0, 1 + int(random() * 100)
        if first is not None and chance < 0.1724:
            price, quantity = first.price - away * int(random() * 4), 1 + int(random() * 60)
        elif first is not None and chance < 0.2241:
            immediate = 1
            price = first.price if random() < 0.5 else first.price - away * 1_000_000
        else:
            distance = int(8 / (random() + 0.008)) if random() < 0.15 else 1
            while random() < 0.8 and distance < 60:
                distance += 1
            price = book.middle + away * distance
            if first is not None and (first.price - price) * away >= 0:
                price = first.price + away
        price = self.bounded(price)
        self.submit(book, Resting(self.order_id, side, price, quantity), rests=not immediate)
        account = self.order_id % 1000
        return NEW, side, immediate, 0, number, self.order_id, price, quantity, account

    def bounded(self, price: int) -> int:
        """Return the nearest price that may rest."""
        return min(max(price, self.low), self.high)

    def submit(self, book: Book, taker: Resting, *, rests: bool) -> None:
        """Trade an order, and let the rest of it rest if it may."""
        other = book.sides[1 - taker.side]
        away = -1 if taker.side == BUY else 1
        while taker.quantity:
            maker = other.first()
            if maker is None or (maker.price - taker.price) * away < 0:
                break
            quantity = min(maker.quantity, taker.quantity)
            mixed = maker.order_id * K1 + taker.order_id * K2 + maker.price * K3 + quantity
            self.hash = (self.hash ^ (mixed & MASK)) * P & MASK
            self.fills += 1
            self.quantity += quantity
            self.notional += quantity * maker.price
            taker.quantity -= quantity
            if quantity == maker.quantity:
                book.drop(maker)
                self.live -= 1
            else:
                maker.quantity -= quantity
        if taker.quantity and rests:
            book.rest(taker)
            self.live += 1


def main(kind: str, count: str, path: str, seed: str = "1") -> None:
    """Write one workload and say what is in it."""
    generator = Generator(kind, int(seed))
    generator.write(Path(path), int(count))
    print(f"{path}: {count} operations, {generator.fills} fills, hash {generator.hash:016x}")


if __name__ == "__main__":
    main(*sys.argv[1:])
