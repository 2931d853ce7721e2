"""The command PLACE_ORDER: checks, trading, and what becomes of the rest.

Nearly all orders are of one kind, which `is_common` recognises in a few comparisons: a limit
order of an open book, on the grid, within all bounds. Every other one goes through all checks in
their order; the two never disagree, they only differ in cost.
"""

from outcry.kernel.bits import book_side, is_below, word_high
from outcry.kernel.book import crosses, link_order, open_level
from outcry.kernel.checks import refuse_entry, refuse_form, refuse_room, refuse_terms
from outcry.kernel.constants import (
    CANCELLED_FILL_OR_KILL,
    CANCELLED_IMMEDIATE,
    KIND_LIMIT,
    KIND_MARKET_MONEY,
    MODES,
    REJECT_INSTRUMENT_UNKNOWN,
    REJECT_ORDER_ID_REUSED,
    ROLE_ORDER,
    SIDES,
    TIF_FOK,
    TIF_GTD,
)
from outcry.kernel.expiry import add_expiry
from outcry.kernel.facts import emit_order_rejected, emit_placed, emit_taker_cancelled
from outcry.kernel.ids import add_id, order_in, page_slot
from outcry.kernel.ladder import find_level
from outcry.kernel.layout import Book, Core, book_at, node_at
from outcry.kernel.matching import can_fill, trade
from outcry.kernel.pool import find_account, join_account, open_account, take_node


def find_book(core: Core, instrument: int) -> int:
    """Return the index of the book of *instrument*, or 0."""
    place = instrument & core.book_mask
    while True:
        index = core.book_table[place]
        if core.books[index].instrument == instrument or index == 0:
            return index
        place = (place + 1) & core.book_mask


def do_place(core: Core, src: memoryview, at: int) -> None:
    """Carry out PLACE_ORDER."""
    book = book_at(core, find_book(core, word_high(src[at])))
    page = page_slot(core, src[at + 4] >> 16)
    owner = find_account(core, src[at + 3])
    is_free = src[at + 4] > 0 and order_in(core, page, src[at + 4]) == 0
    if not is_free or not is_common(core, book, owner, src, at):
        place_uncommon(core, book, page, owner, src, at)
        return
    side = book_side(src[at + 6])
    is_immediate = (src[at + 6] >> 25) & 1
    if is_immediate or crosses(book, side, src[at + 7]):
        enter(core, book, src, at, not is_immediate)
        return
    level = book.ladder[((src[at + 7] - book.base) * book.reciprocal) >> 32]
    if level == 0:
        level = open_level(core, book, side, src[at + 7])
    rest(core, book, page, owner, level, src, at, src[at + 8], 0)


def is_common(core: Core, book: Book, owner: int, src: memoryview, at: int) -> bool:
    """Return whether an order with a free id is of the common kind and may enter; see above.

    In a regular book every price with a slot that is hit exactly is on the grid and in bounds;
    any other book has a common span of 0.
    """
    offset = src[at + 7] - book.base
    if not is_below(offset, book.common_span) or src[at + 6] & book.uncommon or src[at + 10] != 0:
        return False
    if ((offset * book.reciprocal) >> 32) * book.tick != offset:
        return False
    if src[at + 8] < book.qty_min or src[at + 8] > book.qty_max or owner == 0:
        return False
    if core.nodes[owner].orders >= core.account_orders_max:
        return False
    return book.orders < book.orders_max and core.order_count < core.total_orders_max


def place_uncommon(
    core: Core, book: Book, page: int, owner: int, src: memoryview, at: int
) -> None:
    """Put an order through all checks, and carry it out unless it is refused."""
    reject = refuse_place(core, book, page, owner, src, at)
    if reject != 0:
        emit_order_rejected(core, word_high(src[at]), src[at + 3], src[at + 4], reject)
        return
    may_rest = is_able_to_rest(src[at + 6])
    if may_rest and not crosses(book, book_side(src[at + 6]), src[at + 7]):
        rest_anew(core, book, src, at, src[at + 8], 0)
    else:
        enter(core, book, src, at, may_rest)


def is_able_to_rest(terms: int) -> bool:
    """Return whether an order with these terms rests if nothing meets it."""
    return (terms >> 24) & 255 <= TIF_GTD and (terms >> 16) & 255 == KIND_LIMIT


def refuse_place(core: Core, book: Book, page: int, owner: int, src: memoryview, at: int) -> int:
    """Return why the order is refused, or 0."""
    may_rest = is_able_to_rest(src[at + 6])
    if book.index == 0:
        return REJECT_INSTRUMENT_UNKNOWN
    if src[at + 4] <= 0 or order_in(core, page, src[at + 4]) != 0:
        return REJECT_ORDER_ID_REUSED
    reject = refuse_form(book, src, at, may_rest)
    if reject == 0:
        reject = refuse_terms(book, src, at)
    if reject == 0 and may_rest:
        reject = refuse_room(core, book, owner)
    if reject == 0:
        reject = refuse_entry(book, src, at)
    return reject


def rest(
    core: Core,
    book: Book,
    page: int,
    owner: int,
    level: int,
    src: memoryview,
    at: int,
    qty: int,
    filled: int,
) -> None:
    """Let *qty* lots of the order of the record rest at *level*; *filled* have traded already."""
    terms = src[at + 6]
    index = take_node(core, ROLE_ORDER | terms & SIDES | (terms >> 24) & MODES)
    node = node_at(core, index)
    node.account = src[at + 3]
    node.order_id = src[at + 4]
    node.stp_group = src[at + 5]
    node.price = src[at + 7]
    node.expire_at_us = src[at + 10]
    node.remaining = qty
    node.filled = filled
    node.owner = owner
    core.nodes[owner].orders += 1
    join_account(core, index, owner)
    link_order(core, book, index, level)
    add_id(core, page, src[at + 4], index)
    if src[at + 10] > 0:
        add_expiry(core, index)
    emit_placed(core, book, src[at + 3], src[at + 4], src[at + 7], qty, terms & SIDES)


def rest_anew(core: Core, book: Book, src: memoryview, at: int, qty: int, filled: int) -> None:
    """Find out once more where the order belongs, and let it rest there.

    Trading may have moved entries of the directory of pages, and swept the account.
    """
    owner = open_account(core, src[at + 3])
    level = find_level(core, book, src[at + 7])
    if level == 0:
        level = open_level(core, book, book_side(src[at + 6]), src[at + 7])
    page = page_slot(core, src[at + 4] >> 16)
    rest(core, book, page, owner, level, src, at, qty, filled)


def load_taker(core: Core, src: memoryview, at: int) -> None:
    """Make the order of the record the taker. Its fields have been checked."""
    terms = src[at + 6]
    is_money = (terms >> 16) & 255 == KIND_MARKET_MONEY
    core.taker.account = src[at + 3]
    core.taker.order_id = src[at + 4]
    core.taker.stp_group = src[at + 5]
    core.taker.choices = terms & SIDES | (terms >> 24) & MODES
    core.taker.price = src[at + 7]
    core.taker.remaining = 0 if is_money else src[at + 8]
    core.taker.budget_left = src[at + 9] if is_money else 0
    core.taker.is_money = is_money
    core.taker.filled = 0
    core.taker.fills = 0


def enter(core: Core, book: Book, src: memoryview, at: int, may_rest: bool) -> None:
    """Let the order trade; what remains rests or is cancelled."""
    load_taker(core, src, at)
    if (src[at + 6] >> 24) & 255 == TIF_FOK and not can_fill(core, book):
        emit_taker_cancelled(core, book, CANCELLED_FILL_OR_KILL)
        return
    reason = trade(core, book)
    remaining = core.taker.remaining
    if reason == 0 and remaining != 0 and may_rest:
        rest_anew(core, book, src, at, remaining, core.taker.filled)
        return
    if reason == 0 and (remaining != 0 or core.taker.is_money):
        reason = CANCELLED_IMMEDIATE
    if reason != 0:
        emit_taker_cancelled(core, book, reason)
