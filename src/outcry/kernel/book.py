"""A book: levels that open and close, orders that join and leave them.

* The orders at one price form a ring through their level, oldest first, so joining and leaving
  need no special cases. When the two neighbours of a leaving order are the same node, that node
  is the level and the level closes.
* ``best_level`` is the best of each side (bid 0, ask 1), or 0.
* ``price ^ flip`` with flip 0 for bids and -1 for asks turns "better for this side" into
  "greater": one comparison without a branch on the side. ``touch`` holds by side what an order of
  that side must reach to trade: the best price of the other side, flipped for this one.
* A level's ``total`` is the sum of its orders' ``remaining``, always.
"""

from outcry.kernel.bits import rarely
from outcry.kernel.constants import ROLE_LEVEL, SIDE_ASK, SIDE_BID
from outcry.kernel.expiry import forget_expiry
from outcry.kernel.ids import remove_id
from outcry.kernel.ladder import (
    far_insert,
    far_remove,
    level_above,
    level_below,
    mark,
    slot_of,
    unmark,
)
from outcry.kernel.layout import NO_TOUCH, Book, Core, book_at, node_at
from outcry.kernel.pool import give_node, leave_account, take_node
from outcry.kernel.window import follow


def open_level(core: Core, book: Book, side: int, price: int) -> int:
    """Return a new level at *price*, where there is none."""
    slot = slot_of(book, price)
    if slot < 0:
        follow(core, book, side, price)
        slot = slot_of(book, price)
    level = take_node(core, ROLE_LEVEL)
    node = node_at(core, level)
    node.price = price
    node.total = 0
    node.slot = slot
    node.book = book.index
    node_at(core, level).next = level
    node_at(core, level).prev = level
    if slot >= 0:
        book.ladder[slot] = level
        mark(book, slot)
    else:
        far_insert(core, book, level)
    flip = -side
    if book.best_level[side] == 0 or (price ^ flip) > (best_price(book, side) ^ flip):
        set_best(core, book, side, level)
    return level


def close_level(core: Core, book: Book, level: int) -> None:
    """Take *level*, whose last order has left, out of the ladder; find the next best."""
    slot = node_at(core, level).slot
    if slot >= 0:
        book.ladder[slot] = 0
        unmark(book, slot)
    else:
        far_remove(core, book, level)
    if level == book.best_level[SIDE_BID]:
        set_best(core, book, SIDE_BID, level_below(core, book, level))
    elif level == book.best_level[SIDE_ASK]:
        set_best(core, book, SIDE_ASK, level_above(core, book, level))
    give_node(core, level)


def set_best(core: Core, book: Book, side: int, level: int) -> None:
    """Make *level*, or nothing if it is 0, the best of *side*."""
    book.best_level[side] = level
    book.touch[1 - side] = node_at(core, level).price ^ (side - 1) if level != 0 else NO_TOUCH


def best_price(book: Book, side: int) -> int:
    """Return the best price of *side*, where there is a level."""
    return book.touch[1 - side] ^ (side - 1)


def link_order(core: Core, book: Book, index: int, level: int) -> None:
    """Let the order at *index* rest at *level*, behind all others there."""
    youngest = node_at(core, level).prev
    node_at(core, index).next = level
    node_at(core, index).prev = youngest
    node_at(core, youngest).next = index
    node_at(core, level).prev = index
    node_at(core, level).total += node_at(core, index).remaining
    node_at(core, index).level = level
    book.orders += 1
    core.order_count += 1


def unlink_order(core: Core, book: Book, index: int) -> None:
    """Take the order at *index* out of its level; its id and account still know it."""
    older = node_at(core, index).prev
    younger = node_at(core, index).next
    node_at(core, older).next = younger
    node_at(core, younger).prev = older
    node_at(core, node_at(core, index).level).total -= node_at(core, index).remaining
    book.orders -= 1
    core.order_count -= 1
    if rarely(older == younger):
        close_level(core, book, older)


def forget_order(core: Core, index: int, order_id: int) -> None:
    """Forget the order at *index* with that id, which is in no level: its id is free again."""
    remove_id(core, order_id, index)
    if rarely(node_at(core, index).expire_at_us > 0):
        forget_expiry(core)
    leave_account(core, index)
    give_node(core, index)


def remove_order(core: Core, book: Book, index: int) -> None:
    """Take the order at *index* out of the book and forget it."""
    unlink_order(core, book, index)
    forget_order(core, index, node_at(core, index).order_id)


def crosses(book: Book, side: int, price: int) -> bool:
    """Return whether an order of *side* at *price* would trade with the best of the other side."""
    return (price ^ -side) >= book.touch[side]


def book_of(core: Core, index: int) -> Book:
    """Return the book in which the order at *index* rests."""
    return book_at(core, node_at(core, node_at(core, index).level).book)
