"""Walks over a book in book order: bids from the best, then asks from the best, oldest first."""

from outcry.kernel.bits import book_side, fold_word
from outcry.kernel.constants import SIDE_ASK, SIDE_BID
from outcry.kernel.ladder import level_above, level_below
from outcry.kernel.layout import HASH_START, Book, Core, node_at
from outcry.kernel.pool import account_of, price_of


def next_level(core: Core, book: Book, side: int, level: int) -> int:
    """Return the level of *side* that is next after *level*, away from the touch, or 0."""
    if side == SIDE_BID:
        return level_below(core, book, level)
    return level_above(core, book, level)


def first_order(core: Core, book: Book) -> int:
    """Return the first order of the book, or 0."""
    level = book.best_level[SIDE_BID]
    if level == 0:
        level = book.best_level[SIDE_ASK]
    return node_at(core, level).next if level != 0 else 0


def next_order(core: Core, book: Book, index: int) -> int:
    """Return the order after the one at *index*, or 0."""
    node = node_at(core, index)
    if node_at(core, index).next != node.level:
        return node_at(core, index).next
    level = 0
    if book_side(node.choices) == SIDE_BID:
        level = level_below(core, book, node.level)
        if level == 0:
            level = book.best_level[SIDE_ASK]
    else:
        level = level_above(core, book, node.level)
    return node_at(core, level).next if level != 0 else 0


def hash_book(core: Core, book: Book) -> int:
    """Return the hash of the book (see `outcry_wire.bookhash`)."""
    state = HASH_START
    index = first_order(core, book)
    while index != 0:
        node = node_at(core, index)
        state = fold_word(state, node.order_id)
        state = fold_word(state, account_of(core, index))
        state = fold_word(state, node.stp_group)
        state = fold_word(state, node.choices & 255)
        state = fold_word(state, (node.choices >> 8) & 255)
        state = fold_word(state, price_of(core, index))
        state = fold_word(state, node.remaining)
        state = fold_word(state, node.expire_at_us)
        index = next_order(core, book, index)
    return state
