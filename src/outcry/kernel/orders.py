"""The commands about orders: place, cancel, cancel all, reduce, replace.

Each takes the words of a record that is known to be whole, and yields at least one fact.
"""

from outcry.kernel.bits import word_high
from outcry.kernel.book import (
    book_of,
    crosses,
    forget_order,
    link_order,
    remove_order,
    unlink_order,
)
from outcry.kernel.checks import (
    refuse_replace,
)
from outcry.kernel.constants import (
    CANCEL_ALL,
    CANCELLED_ALL,
    CANCELLED_USER,
    REDUCED_USER,
    REJECT_INSTRUMENT_UNKNOWN,
    REJECT_NOT_OWNER,
    REJECT_ORDER_UNKNOWN,
    REJECT_POST_ONLY_WOULD_TRADE,
    REJECT_REDUCE_INVALID,
)
from outcry.kernel.facts import (
    emit_cancelled,
    emit_command_rejected,
    emit_done,
    emit_placed,
    emit_reduced,
    emit_replaced,
    emit_taker_cancelled,
)
from outcry.kernel.ids import find_order
from outcry.kernel.ladder import find_level
from outcry.kernel.layout import Book, Core, node_at
from outcry.kernel.matching import trade
from outcry.kernel.placing import find_book
from outcry.kernel.pool import find_account


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
    side = node.outcome ^ node.side
    node.remaining = remaining
    if crosses(book, side, price):
        core.taker.account = node.account
        core.taker.order_id = node.order_id
        core.taker.stp_group = node.stp_group
        core.taker.outcome = node.outcome
        core.taker.side = node.side
        core.taker.book_side = side
        core.taker.self_trade = node.self_trade
        core.taker.price = price
        core.taker.remaining = remaining
        core.taker.budget_left = 0
        core.taker.is_money = 0
        core.taker.filled = 0
        reason = trade(core, book)
        if reason != 0 or core.taker.remaining == 0:
            forget_order(core, index)
            if reason != 0:
                emit_taker_cancelled(core, book, reason)
            return
        node.remaining = core.taker.remaining
        node.filled += core.taker.filled
    link_order(core, book, index, find_level(core, book, price), side, price)
    emit_placed(core, book, index, price)
