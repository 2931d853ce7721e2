"""The commands about orders: place, cancel, cancel all, reduce, replace.

Each takes the words of a record that is known to be whole, and yields at least one fact.
"""

from outcry.kernel.bits import book_side, rarely, word_high
from outcry.kernel.book import (
    book_of,
    crosses,
    forget_order,
    link_order,
    open_level,
    remove_order,
    unlink_order,
)
from outcry.kernel.checks import refuse_replace
from outcry.kernel.constants import (
    CANCEL_ALL,
    CANCELLED_ALL,
    CANCELLED_USER,
    LAST_OF_SEQ,
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
    emit_user_cancelled,
    note_header,
)
from outcry.kernel.ids import find_order
from outcry.kernel.ladder import find_level
from outcry.kernel.layout import Book, Core, node_at
from outcry.kernel.matching import trade
from outcry.kernel.placing import find_book
from outcry.kernel.pool import account_of, find_account, price_of


def do_cancel(core: Core, cmd: memoryview) -> None:
    """Carry out CANCEL_ORDER."""
    order_id = cmd[4]
    index = find_order(core, order_id)
    book = book_of(core, index)
    if rarely(not is_named(core, book, index, cmd)):
        refuse_name(core, book, index, cmd)
        return
    emit_user_cancelled(core, book, index, cmd)
    unlink_order(core, book, index)
    forget_order(core, index, order_id)


def is_named(core: Core, book: Book, index: int, cmd: memoryview) -> bool:
    """Return whether the record may be about the order at *index* (0: none) in *book*."""
    instrument = word_high(cmd[0])
    if rarely(instrument not in (book.instrument, 0)):
        return False
    return account_of(core, index) == cmd[3] and index != 0


def refuse_name(core: Core, book: Book, index: int, cmd: memoryview) -> None:
    """Say why it may not."""
    note_header(core, cmd)
    command = cmd[0] & 255
    instrument = word_high(cmd[0])
    if index == 0:
        reject = REJECT_ORDER_UNKNOWN
    elif instrument not in (book.instrument, 0):
        reject = REJECT_INSTRUMENT_UNKNOWN
    else:
        reject = REJECT_NOT_OWNER
    emit_command_rejected(core, instrument, cmd[3], cmd[4], reject, command)


def named_order(core: Core, cmd: memoryview) -> int:
    """Return the order that the record names, or 0 after having said why it may not."""
    index = find_order(core, cmd[4])
    book = book_of(core, index)
    if is_named(core, book, index, cmd):
        return index
    refuse_name(core, book, index, cmd)
    return 0


def do_cancel_all(core: Core, cmd: memoryview) -> None:
    """Carry out CANCEL_ALL: the account's orders, as they were first placed."""
    instrument = word_high(cmd[0])
    account = cmd[3]
    if instrument != 0 and find_book(core, instrument).index == 0:
        emit_command_rejected(core, instrument, account, 0, REJECT_INSTRUMENT_UNKNOWN, CANCEL_ALL)
        return
    count = 0
    owner = find_account(core, account)
    index = node_at(core, owner).younger if owner != 0 else 0
    while index != owner:
        younger = node_at(core, index).younger
        book = book_of(core, index)
        if instrument in (0, book.instrument):
            emit_cancelled(core, book, index, CANCELLED_ALL, 0)
            remove_order(core, book, index)
            count += 1
        index = younger
    emit_done(core, instrument, account, CANCEL_ALL, count)


def do_reduce(core: Core, cmd: memoryview) -> None:
    """Carry out REDUCE_ORDER: the order keeps its place in the queue."""
    index = named_order(core, cmd)
    if index == 0:
        return
    book = book_of(core, index)
    node = node_at(core, index)
    by = cmd[5]
    if by <= 0:
        emit_command_rejected(
            core, word_high(cmd[0]), cmd[3], cmd[4], REJECT_REDUCE_INVALID, cmd[0] & 255
        )
    elif by >= node.remaining:
        emit_cancelled(core, book, index, CANCELLED_USER, LAST_OF_SEQ)
        remove_order(core, book, index)
    else:
        node.remaining -= by
        node_at(core, node.level).total -= by
        emit_reduced(core, book, index, by, REDUCED_USER, LAST_OF_SEQ)


def do_replace(core: Core, cmd: memoryview) -> None:
    """Carry out REPLACE_ORDER: in place, or out of the book and in again with the new terms."""
    index = named_order(core, cmd)
    if index == 0:
        return
    book = book_of(core, index)
    node = node_at(core, index)
    price = cmd[5]
    reject = refuse_replace(core, book, index, cmd)
    remaining = cmd[6] - node.filled
    kept = price == price_of(core, index) and remaining <= node.remaining
    crossing = cmd[7] & 255 == 1 and crosses(book, book_side(node.choices), price)
    if reject == 0 and not kept and crossing:
        reject = REJECT_POST_ONLY_WOULD_TRADE
    if reject != 0:
        emit_command_rejected(core, word_high(cmd[0]), cmd[3], cmd[4], reject, cmd[0] & 255)
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
    side = book_side(node.choices)
    node.remaining = remaining
    if crosses(book, side, price):
        take_again(core, index, price)
        reason = trade(core, book)
        if reason != 0 or core.taker.remaining == 0:
            forget_order(core, index, node.order_id)
            if reason != 0:
                emit_taker_cancelled(core, book, reason)
            return
        node.remaining = core.taker.remaining
        node.filled += core.taker.filled
    level = find_level(core, book, price)
    if level == 0:
        level = open_level(core, book, side, price)
    link_order(core, book, index, level)
    emit_placed(core, book, index)


def take_again(core: Core, index: int, price: int) -> None:
    """Make the order at *index*, which has left its level, the taker at *price*."""
    node = node_at(core, index)
    core.taker.account = account_of(core, index)
    core.taker.order_id = node.order_id
    core.taker.stp_group = node.stp_group
    core.taker.choices = node.choices
    core.taker.price = price
    core.taker.remaining = node.remaining
    core.taker.budget_left = 0
    core.taker.is_money = False
    core.taker.filled = 0
    core.taker.fills = 0
