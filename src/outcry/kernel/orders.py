"""The commands about orders: place, cancel, cancel all, reduce, replace.

Each takes the words of a record that is known to be whole, and yields at least one fact.
"""

from outcry.kernel.bits import spread, word_high
from outcry.kernel.book import (
    book_of,
    crosses,
    forget_order,
    link_order,
    remove_order,
    unlink_order,
)
from outcry.kernel.checks import (
    refuse_entry,
    refuse_form,
    refuse_replace,
    refuse_room,
    refuse_terms,
)
from outcry.kernel.constants import (
    CANCEL_ALL,
    CANCELLED_ALL,
    CANCELLED_FILL_OR_KILL,
    CANCELLED_IMMEDIATE,
    CANCELLED_USER,
    KIND_LIMIT,
    KIND_MARKET_MONEY,
    REDUCED_USER,
    REJECT_INSTRUMENT_UNKNOWN,
    REJECT_NOT_OWNER,
    REJECT_ORDER_ID_REUSED,
    REJECT_ORDER_UNKNOWN,
    REJECT_POST_ONLY_WOULD_TRADE,
    REJECT_REDUCE_INVALID,
    ROLE_ORDER,
    TIF_FOK,
    TIF_GTD,
)
from outcry.kernel.expiry import add_expiry
from outcry.kernel.facts import (
    emit_cancelled,
    emit_command_rejected,
    emit_done,
    emit_order_rejected,
    emit_placed,
    emit_reduced,
    emit_replaced,
    emit_taker_cancelled,
)
from outcry.kernel.ids import add_id, find_order
from outcry.kernel.layout import Book, Core, book_at, node_at
from outcry.kernel.matching import can_fill, trade
from outcry.kernel.pool import find_account, join_account, open_account, take_node


def find_book(core: Core, instrument: int) -> int:
    """Return the index of the book of *instrument*, or 0."""
    mask = (1 << (64 - core.book_shift)) - 1
    place = spread(instrument, core.book_shift)
    while True:
        index = core.book_table[place]
        if index == 0 or core.books[index].instrument == instrument:
            return index
        place = (place + 1) & mask


def do_place(core: Core, src: memoryview, at: int) -> None:
    """Carry out PLACE_ORDER."""
    instrument = word_high(src[at])
    index = find_book(core, instrument)
    book = book_at(core, index)
    reject = REJECT_INSTRUMENT_UNKNOWN if index == 0 else refuse_place(core, book, src, at)
    if reject != 0:
        emit_order_rejected(core, instrument, src[at + 3], src[at + 4], reject)
        return
    load_taker(core, src, at)
    terms = src[at + 6]
    tif = (terms >> 24) & 255
    if tif == TIF_FOK and not can_fill(core, book):
        emit_taker_cancelled(core, book, CANCELLED_FILL_OR_KILL)
        return
    enter(core, book, 0, tif <= TIF_GTD and (terms >> 16) & 255 == KIND_LIMIT)


def refuse_place(core: Core, book: Book, src: memoryview, at: int) -> int:
    """Return why the order is refused, or 0."""
    terms = src[at + 6]
    may_rest = (terms >> 24) & 255 <= TIF_GTD and (terms >> 16) & 255 == KIND_LIMIT
    if src[at + 4] <= 0 or find_order(core, src[at + 4]) != 0:
        return REJECT_ORDER_ID_REUSED
    reject = refuse_form(book, src, at, may_rest)
    if reject == 0:
        reject = refuse_terms(book, src, at)
    if reject == 0 and may_rest:
        reject = refuse_room(core, book, src[at + 3])
    if reject == 0:
        reject = refuse_entry(book, src, at)
    return reject


def load_taker(core: Core, src: memoryview, at: int) -> None:
    """Make the order of the record the taker. Its fields have been checked."""
    terms = src[at + 6]
    is_money = (terms >> 16) & 255 == KIND_MARKET_MONEY
    core.taker.account = src[at + 3]
    core.taker.order_id = src[at + 4]
    core.taker.stp_group = src[at + 5]
    core.taker.outcome = terms & 255
    core.taker.side = (terms >> 8) & 255
    core.taker.side_of_book = (terms ^ (terms >> 8)) & 255
    core.taker.self_trade = (terms >> 40) & 255
    core.taker.price = src[at + 7]
    core.taker.remaining = 0 if is_money else src[at + 8]
    core.taker.budget_left = src[at + 9] if is_money else 0
    core.taker.is_money = is_money
    core.taker.expire_at_us = src[at + 10]
    core.taker.filled = 0


def enter(core: Core, book: Book, index: int, may_rest: bool) -> None:
    """Let the taker trade; what remains rests or is cancelled.

    *index* is its node if it is a replaced order, which has left its level, else 0.
    """
    reason = 0
    if crosses(book, core.taker.side_of_book, core.taker.price):
        reason = trade(core, book)
    if reason == 0 and core.taker.remaining != 0 and may_rest:
        if index == 0:
            index = new_order(core)
        node_at(core, index).remaining = core.taker.remaining
        node_at(core, index).filled += core.taker.filled
        link_order(core, book, index, core.taker.side_of_book, core.taker.price)
        emit_placed(core, book, index)
        return
    if index != 0:
        forget_order(core, index)
    if reason == 0 and (core.taker.remaining != 0 or core.taker.is_money):
        reason = CANCELLED_IMMEDIATE
    if reason != 0:
        emit_taker_cancelled(core, book, reason)


def new_order(core: Core) -> int:
    """Return a node for the taker, known by its id and to its account, not yet in a level."""
    owner = open_account(core, core.taker.account)
    index = take_node(core, ROLE_ORDER)
    node = node_at(core, index)
    node.order_id = core.taker.order_id
    node.account = core.taker.account
    node.stp_group = core.taker.stp_group
    node.outcome = core.taker.outcome
    node.side = core.taker.side
    node.self_trade = core.taker.self_trade
    node.expire_at_us = core.taker.expire_at_us
    node.filled = 0
    join_account(core, index, owner)
    add_id(core, node.order_id, index)
    if node.expire_at_us > 0:
        add_expiry(core, index)
    return index


def named_order(core: Core, src: memoryview, at: int) -> int:
    """Return the order that the record names, or 0 after having said why it may not."""
    command = src[at] & 255
    instrument = word_high(src[at])
    account = src[at + 3]
    order_id = src[at + 4]
    index = find_order(core, order_id) if order_id > 0 else 0
    if index == 0:
        reject = REJECT_ORDER_UNKNOWN
    elif instrument != 0 and instrument != book_of(core, index).instrument:
        reject = REJECT_INSTRUMENT_UNKNOWN
    elif account != node_at(core, index).account:
        reject = REJECT_NOT_OWNER
    else:
        return index
    emit_command_rejected(core, instrument, account, order_id, reject, command)
    return 0


def do_cancel(core: Core, src: memoryview, at: int) -> None:
    """Carry out CANCEL_ORDER."""
    index = named_order(core, src, at)
    if index != 0:
        book = book_of(core, index)
        emit_cancelled(core, book, index, CANCELLED_USER)
        remove_order(core, book, index)


def do_cancel_all(core: Core, src: memoryview, at: int) -> None:
    """Carry out CANCEL_ALL: the account's orders, as they were first placed."""
    instrument = word_high(src[at])
    account = src[at + 3]
    if instrument != 0 and find_book(core, instrument) == 0:
        emit_command_rejected(core, instrument, account, 0, REJECT_INSTRUMENT_UNKNOWN, CANCEL_ALL)
        return
    count = 0
    owner = find_account(core, account)
    index = core.links[owner].next if owner != 0 else 0
    while index != owner:
        younger = core.links[index].next
        book = book_of(core, index)
        if instrument in (0, book.instrument):
            emit_cancelled(core, book, index, CANCELLED_ALL)
            remove_order(core, book, index)
            count += 1
        index = younger
    emit_done(core, instrument, account, CANCEL_ALL, count)


def do_reduce(core: Core, src: memoryview, at: int) -> None:
    """Carry out REDUCE_ORDER: the order keeps its place in the queue."""
    index = named_order(core, src, at)
    if index == 0:
        return
    book = book_of(core, index)
    node = node_at(core, index)
    by = src[at + 5]
    if by <= 0:
        emit_command_rejected(
            core, word_high(src[at]), src[at + 3], src[at + 4], REJECT_REDUCE_INVALID, src[at] & 255
        )
    elif by >= node.remaining:
        emit_cancelled(core, book, index, CANCELLED_USER)
        remove_order(core, book, index)
    else:
        node.remaining -= by
        node_at(core, node.level).total -= by
        emit_reduced(core, book, index, by, REDUCED_USER)


def do_replace(core: Core, src: memoryview, at: int) -> None:
    """Carry out REPLACE_ORDER: in place, or out of the book and in again with the new terms."""
    index = named_order(core, src, at)
    if index == 0:
        return
    book = book_of(core, index)
    node = node_at(core, index)
    price = src[at + 5]
    reject = refuse_replace(core, book, index, src, at)
    remaining = src[at + 6] - node.filled
    kept = price == node_at(core, node.level).price and remaining <= node.remaining
    crossing = src[at + 7] & 255 == 1 and crosses(book, node.outcome ^ node.side, price)
    if reject == 0 and not kept and crossing:
        reject = REJECT_POST_ONLY_WOULD_TRADE
    if reject != 0:
        emit_command_rejected(
            core, word_high(src[at]), src[at + 3], src[at + 4], reject, src[at] & 255
        )
        return
    emit_replaced(core, book, index, price, remaining, kept)
    if kept:
        node_at(core, node.level).total += remaining - node.remaining
        node.remaining = remaining
    else:
        enter_again(core, book, index, price, remaining)


def enter_again(core: Core, book: Book, index: int, price: int, remaining: int) -> None:
    """Take the order at *index* out of its level and let it enter with its new terms."""
    unlink_order(core, book, index)
    node = node_at(core, index)
    core.taker.account = node.account
    core.taker.order_id = node.order_id
    core.taker.stp_group = node.stp_group
    core.taker.outcome = node.outcome
    core.taker.side = node.side
    core.taker.side_of_book = node.outcome ^ node.side
    core.taker.self_trade = node.self_trade
    core.taker.price = price
    core.taker.remaining = remaining
    core.taker.budget_left = 0
    core.taker.is_money = 0
    core.taker.expire_at_us = node.expire_at_us
    core.taker.filled = 0
    enter(core, book, index, True)
