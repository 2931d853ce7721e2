"""The command PLACE_ORDER: checks, trading, and what becomes of the rest.

Nearly all orders are of one kind, which `common_slot` recognises in a few comparisons: a limit
order of an open book, on the grid, within all bounds. Every other one goes through all checks in
their order; the two never disagree, they only differ in cost.
"""

from outcry.kernel.bits import word_high
from outcry.kernel.book import crosses, link_order
from outcry.kernel.checks import refuse_entry, refuse_form, refuse_room, refuse_terms
from outcry.kernel.constants import (
    CANCELLED_FILL_OR_KILL,
    CANCELLED_IMMEDIATE,
    KIND_LIMIT,
    KIND_MARKET_MONEY,
    REJECT_INSTRUMENT_UNKNOWN,
    REJECT_ORDER_ID_REUSED,
    ROLE_ORDER,
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
        if index == 0 or core.books[index].instrument == instrument:
            return index
        place = (place + 1) & core.book_mask


def do_place(core: Core, src: memoryview, at: int) -> None:
    """Carry out PLACE_ORDER."""
    index = find_book(core, word_high(src[at]))
    book = book_at(core, index)
    page = page_slot(core, src[at + 4] >> 16)
    owner = find_account(core, src[at + 3])
    slot = -1
    if order_in(core, page, src[at + 4]) == 0:
        slot = common_slot(core, book, owner, src, at)
    if slot < 0:
        reject = refuse_place(core, book, page, owner, src, at)
        if reject != 0:
            emit_order_rejected(core, word_high(src[at]), src[at + 3], src[at + 4], reject)
            return
    terms = src[at + 6]
    tif = (terms >> 24) & 255
    may_rest = tif <= TIF_GTD and (terms >> 16) & 255 == KIND_LIMIT
    side = (terms ^ (terms >> 8)) & 255
    if may_rest and not crosses(book, side, src[at + 7]):
        rest(core, book, page, owner, slot, src, at, src[at + 8], 0)
    else:
        enter(core, book, page, owner, src, at, may_rest)


def common_slot(core: Core, book: Book, owner: int, src: memoryview, at: int) -> int:
    """Return the slot of an order of the common kind that may enter, or -1; see above.

    In a regular book every price with a slot that is hit exactly is on the grid and in bounds.
    """
    if not book.is_regular or src[at + 6] & book.uncommon != 0 or src[at + 10] != 0:
        return -1
    if src[at + 8] < book.qty_min or src[at + 8] > book.qty_max or src[at + 4] <= 0 or owner == 0:
        return -1
    offset = src[at + 7] - book.base
    if offset < 0 or offset >= book.span:
        return -1
    slot = (offset * book.reciprocal) >> 32
    if slot * book.tick != offset or core.nodes[owner].orders >= core.account_orders_max:
        return -1
    if book.orders >= book.orders_max or core.order_count >= core.total_orders_max:
        return -1
    return slot


def refuse_place(core: Core, book: Book, page: int, owner: int, src: memoryview, at: int) -> int:
    """Return why the order is refused, or 0."""
    terms = src[at + 6]
    may_rest = (terms >> 24) & 255 <= TIF_GTD and (terms >> 16) & 255 == KIND_LIMIT
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
    slot: int,
    src: memoryview,
    at: int,
    qty: int,
    filled: int,
) -> None:
    """Let *qty* lots of the order of the record rest; *filled* have traded already.

    *slot* is that of its price if it is known, else -1.
    """
    terms = src[at + 6]
    if owner == 0:
        owner = open_account(core, src[at + 3])
    index = take_node(core, ROLE_ORDER)
    node = node_at(core, index)
    node.order_id = src[at + 4]
    node.account = src[at + 3]
    node.stp_group = src[at + 5]
    node.expire_at_us = src[at + 10]
    node.remaining = qty
    node.filled = filled
    node.outcome = terms & 255
    node.side = (terms >> 8) & 255
    node.self_trade = (terms >> 40) & 255
    join_account(core, index, owner)
    add_id(core, page, src[at + 4], index)
    if src[at + 10] > 0:
        add_expiry(core, index)
    level = book.ladder[slot] if slot >= 0 else find_level(core, book, src[at + 7])
    link_order(core, book, index, level, (terms ^ (terms >> 8)) & 255, src[at + 7])
    emit_placed(core, book, index, src[at + 7])


def load_taker(core: Core, src: memoryview, at: int) -> None:
    """Make the order of the record the taker. Its fields have been checked."""
    terms = src[at + 6]
    is_money = (terms >> 16) & 255 == KIND_MARKET_MONEY
    core.taker.account = src[at + 3]
    core.taker.order_id = src[at + 4]
    core.taker.stp_group = src[at + 5]
    core.taker.outcome = terms & 255
    core.taker.side = (terms >> 8) & 255
    core.taker.book_side = (terms ^ (terms >> 8)) & 255
    core.taker.self_trade = (terms >> 40) & 255
    core.taker.price = src[at + 7]
    core.taker.remaining = 0 if is_money else src[at + 8]
    core.taker.budget_left = src[at + 9] if is_money else 0
    core.taker.is_money = is_money
    core.taker.filled = 0


def enter(
    core: Core, book: Book, page: int, owner: int, src: memoryview, at: int, may_rest: bool
) -> None:
    """Let the order trade; what remains rests or is cancelled."""
    load_taker(core, src, at)
    if (src[at + 6] >> 24) & 255 == TIF_FOK and not can_fill(core, book):
        emit_taker_cancelled(core, book, CANCELLED_FILL_OR_KILL)
        return
    reason = trade(core, book)
    remaining = core.taker.remaining
    if reason == 0 and remaining != 0 and may_rest:
        # Trading may have moved entries of the directory of pages, and swept the account.
        page = page_slot(core, src[at + 4] >> 16)
        owner = find_account(core, src[at + 3])
        rest(core, book, page, owner, -1, src, at, remaining, core.taker.filled)
        return
    if reason == 0 and (remaining != 0 or core.taker.is_money):
        reason = CANCELLED_IMMEDIATE
    if reason != 0:
        emit_taker_cancelled(core, book, reason)
