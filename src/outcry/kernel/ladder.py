"""The price ladder of a book: from a price to its level, and from a level to the next one.

* A price within the **window** has a slot: ``(price - base) / grain``. ``ladder[slot]`` is the
  level there, or 0. ``grain`` divides every price in the book and the tick.
* ``occupancy`` has one bit per slot, then one per word of those (from ``middle``), then one word
  per 4,096 of those (``top``, a single word): the next level is found in at most five words.
* Prices outside the window stand in ``far``, sorted. `window` moves the window; markets and
  instruments with few prices have a window over all of them and nothing is ever far.
* A level exists exactly as long as an order rests there. A price holds bids or asks, never both,
  so one ladder serves both sides.
"""

from outcry.kernel.bits import above, below, bit, highest, lowest
from outcry.kernel.layout import Book, Core, more_ints, node_at


def slot_of(book: Book, price: int) -> int:
    """Return the slot of *price*, or -1 outside the window."""
    offset = price - book.base
    if offset < 0 or offset >= book.span:
        return -1
    if book.reciprocal != 0:
        return (offset * book.reciprocal) >> 32
    return offset // book.grain


def mark(book: Book, slot: int) -> None:
    """Note that there is a level in *slot*."""
    bits = book.occupancy
    bits[slot >> 6] |= bit(slot & 63)
    bits[book.middle + (slot >> 12)] |= bit((slot >> 6) & 63)
    bits[book.top] |= bit(slot >> 12)


def unmark(book: Book, slot: int) -> None:
    """Note that there is no level in *slot* any more."""
    bits = book.occupancy
    bits[slot >> 6] &= ~bit(slot & 63)
    if bits[slot >> 6] != 0:
        return
    bits[book.middle + (slot >> 12)] &= ~bit((slot >> 6) & 63)
    if bits[book.middle + (slot >> 12)] == 0:
        bits[book.top] &= ~bit(slot >> 12)


def slot_at_or_below(book: Book, slot: int) -> int:
    """Return the highest occupied slot that is not above *slot*, or -1."""
    bits = book.occupancy
    word = slot >> 6
    found = bits[word] & ~above(slot & 63)
    if found == 0:
        group = word >> 6
        found = bits[book.middle + group] & below(word & 63)
        if found == 0:
            found = bits[book.top] & below(group)
            if found == 0:
                return -1
            group = highest(found)
            found = bits[book.middle + group]
        word = (group << 6) + highest(found)
        found = bits[word]
    return (word << 6) + highest(found)


def slot_at_or_above(book: Book, slot: int) -> int:
    """Return the lowest occupied slot that is not below *slot*, or -1."""
    bits = book.occupancy
    word = slot >> 6
    found = bits[word] & ~below(slot & 63)
    if found == 0:
        group = word >> 6
        found = bits[book.middle + group] & above(word & 63)
        if found == 0:
            found = bits[book.top] & above(group)
            if found == 0:
                return -1
            group = lowest(found)
            found = bits[book.middle + group]
        word = (group << 6) + lowest(found)
        found = bits[word]
    return (word << 6) + lowest(found)


def far_rank(core: Core, book: Book, price: int) -> int:
    """Return how many far levels have a price below *price*."""
    low = 0
    high = book.far_count
    while low < high:
        middle = (low + high) >> 1
        if node_at(core, book.far[middle]).price < price:
            low = middle + 1
        else:
            high = middle
    return low


def far_insert(core: Core, book: Book, level: int) -> None:
    """Put *level* among the far ones."""
    if book.far_count == book.far_room:
        room = 2 * book.far_room + 16
        book.far = more_ints(book.far, book.far_count, room)
        book.far_room = room
    rank = far_rank(core, book, node_at(core, level).price)
    for place in range(book.far_count, rank, -1):
        book.far[place] = book.far[place - 1]
    book.far[rank] = level
    book.far_count += 1


def far_remove(core: Core, book: Book, level: int) -> None:
    """Take *level* from the far ones."""
    rank = far_rank(core, book, node_at(core, level).price)
    book.far_count -= 1
    for place in range(rank, book.far_count):
        book.far[place] = book.far[place + 1]


def find_level(core: Core, book: Book, price: int) -> int:
    """Return the level at *price*, or 0."""
    slot = slot_of(book, price)
    if slot >= 0:
        return book.ladder[slot]
    if book.far_count != 0:
        rank = far_rank(core, book, price)
        if rank < book.far_count and node_at(core, book.far[rank]).price == price:
            return book.far[rank]
    return 0


def level_below(core: Core, book: Book, level: int) -> int:
    """Return the next level at a lower price, or 0. *level* may have left the ladder already."""
    node = node_at(core, level)
    slot = node.slot - 1
    if node.slot < 0:
        rank = far_rank(core, book, node.price)
        far = book.far[rank - 1] if rank > 0 else 0
        if node.price < book.base or book.slots == 0:
            return far
        if far != 0 and node_at(core, far).price > book.base:
            return far
        slot = book.slots - 1
    if slot >= 0:
        slot = slot_at_or_below(book, slot)
        if slot >= 0:
            return book.ladder[slot]
    if book.far_count == 0:
        return 0
    rank = far_rank(core, book, book.base)
    return book.far[rank - 1] if rank > 0 else 0


def level_above(core: Core, book: Book, level: int) -> int:
    """Return the next level at a higher price, or 0. *level* may have left the ladder already."""
    node = node_at(core, level)
    slot = node.slot + 1
    if node.slot < 0:
        rank = far_rank(core, book, node.price + 1)
        far = book.far[rank] if rank < book.far_count else 0
        if node.price >= book.base or book.slots == 0:
            return far
        if far != 0 and node_at(core, far).price < book.base:
            return far
        slot = 0
    if slot < book.slots:
        slot = slot_at_or_above(book, slot)
        if slot >= 0:
            return book.ladder[slot]
    if book.far_count == 0:
        return 0
    rank = far_rank(core, book, book.base)
    return book.far[rank] if rank < book.far_count else 0
