"""Writes facts: one function per kind, word by word as `outcry_wire.records` lays them out.

* ``out`` is where facts go, ``at`` the next free word, ``room`` its size. It is either the
  caller's buffer (``is_lent``) or the core's own. When a lent buffer is full, writing goes on in
  the own one, which grows; the caller gets that part with its next call.
* ``last`` is the word at which the newest fact begins: `shard` sets its last-of-command flag when
  the command is finished.
"""

from outcry.kernel.bits import fact_head, join_halves, signed_word
from outcry.kernel.constants import (
    BOOK_HASHED,
    COMMAND_DONE,
    COMMAND_REJECTED,
    INSTRUMENT_CHANGED,
    MATCH_MERGE,
    MATCH_MINT,
    MATCH_TRANSFER,
    ORDER_CANCELLED,
    ORDER_PLACED,
    ORDER_REDUCED,
    ORDER_REJECTED,
    ORDER_REPLACED,
    REDUCED_SELF_TRADE,
    SIDE_BUY,
    TRADED,
    WAS_RESTING,
)
from outcry.kernel.layout import Book, Core, more_words, node_at
from outcry.kernel.walk import hash_book


def make_room(core: Core, words: int) -> None:
    """Make the next *words* words writable."""
    if core.is_lent:
        core.is_lent = False
        core.lent_at = core.at
        core.out = core.own_out
        core.room = core.own_room
        core.at = 0
    if core.at + words > core.own_room:
        room = 2 * core.own_room + words
        core.own_out = more_words(core.own_out, core.at, room)
        core.own_room = room
        core.out = core.own_out
        core.room = room


def begin_fact(
    core: Core, record_type: int, flags: int, instrument: int, account: int, words: int
) -> int:
    """Write the header of a fact of *words* words; return where it begins."""
    if core.at + words > core.room:
        make_room(core, words)
    at = core.at
    core.at = at + words
    core.last = at
    out = core.out
    out[at] = fact_head(record_type, flags, words, instrument)
    out[at + 1] = core.seq
    out[at + 2] = core.now
    out[at + 3] = account
    return at


def emit_order_rejected(
    core: Core, instrument: int, account: int, order_id: int, reject: int
) -> None:
    """Say that a new order was refused."""
    at = begin_fact(core, ORDER_REJECTED, 0, instrument, account, 6)
    core.out[at + 4] = order_id
    core.out[at + 5] = reject


def emit_command_rejected(
    core: Core, instrument: int, account: int, order_id: int, reject: int, command: int
) -> None:
    """Say that a command other than a new order was refused."""
    at = begin_fact(core, COMMAND_REJECTED, 0, instrument, account, 6)
    core.out[at + 4] = order_id
    core.out[at + 5] = join_halves(reject, command)


def emit_placed(core: Core, book: Book, index: int, price: int) -> None:
    """Say that the order at *index* now rests at *price*."""
    node = node_at(core, index)
    at = begin_fact(core, ORDER_PLACED, 0, book.instrument, node.account, 8)
    out = core.out
    out[at + 4] = node.order_id
    out[at + 5] = price
    out[at + 6] = node.remaining
    out[at + 7] = node.outcome | node.side << 8


def emit_traded(
    core: Core,
    book: Book,
    maker: int,
    price: int,
    quantity: int,
    maker_remaining: int,
    fill: int,
) -> None:
    """Say that the taker traded *quantity* with *maker*."""
    node = node_at(core, maker)
    match = MATCH_TRANSFER
    if core.taker.outcome != node.outcome:
        match = MATCH_MINT if core.taker.side == SIDE_BUY else MATCH_MERGE
    at = begin_fact(core, TRADED, 0, book.instrument, core.taker.account, 15)
    out = core.out
    out[at + 4] = core.seq
    out[at + 5] = price
    out[at + 6] = quantity
    out[at + 7] = core.taker.order_id
    out[at + 8] = core.taker.remaining
    out[at + 9] = core.taker.budget_left
    out[at + 10] = node.order_id
    out[at + 11] = node.account
    out[at + 12] = maker_remaining
    tail = match | core.taker.outcome << 8 | core.taker.side << 16 | node.outcome << 24
    out[at + 13] = join_halves(fill, tail)
    out[at + 14] = node.side


def emit_cancelled(core: Core, book: Book, index: int, reason: int) -> None:
    """Say that the order at *index*, which still rests, is cancelled."""
    node = node_at(core, index)
    at = begin_fact(core, ORDER_CANCELLED, WAS_RESTING, book.instrument, node.account, 9)
    out = core.out
    out[at + 4] = node.order_id
    out[at + 5] = core.nodes[node.level].price
    out[at + 6] = node.remaining
    out[at + 7] = 0
    out[at + 8] = node.outcome | node.side << 8 | reason << 16


def emit_taker_cancelled(core: Core, book: Book, reason: int) -> None:
    """Say that the incoming order, or what remains of it, is cancelled."""
    at = begin_fact(core, ORDER_CANCELLED, 0, book.instrument, core.taker.account, 9)
    out = core.out
    out[at + 4] = core.taker.order_id
    out[at + 5] = core.taker.price
    out[at + 6] = core.taker.remaining
    out[at + 7] = core.taker.budget_left
    out[at + 8] = core.taker.outcome | core.taker.side << 8 | reason << 16


def emit_reduced(core: Core, book: Book, index: int, by: int, reason: int) -> None:
    """Say that the resting order at *index* became smaller."""
    node = node_at(core, index)
    at = begin_fact(core, ORDER_REDUCED, WAS_RESTING, book.instrument, node.account, 9)
    out = core.out
    out[at + 4] = node.order_id
    out[at + 5] = core.nodes[node.level].price
    out[at + 6] = by
    out[at + 7] = node.remaining
    out[at + 8] = node.outcome | node.side << 8 | reason << 16


def emit_taker_reduced(core: Core, book: Book, by: int) -> None:
    """Say that the incoming order became smaller by meeting one of its own."""
    at = begin_fact(core, ORDER_REDUCED, 0, book.instrument, core.taker.account, 9)
    out = core.out
    out[at + 4] = core.taker.order_id
    out[at + 5] = core.taker.price
    out[at + 6] = by
    out[at + 7] = core.taker.remaining
    out[at + 8] = core.taker.outcome | core.taker.side << 8 | REDUCED_SELF_TRADE << 16


def emit_replaced(
    core: Core, book: Book, index: int, price: int, remaining: int, kept: bool
) -> None:
    """Say that the order at *index*, still with its old terms, now has these."""
    node = node_at(core, index)
    at = begin_fact(core, ORDER_REPLACED, 0, book.instrument, node.account, 10)
    out = core.out
    out[at + 4] = node.order_id
    out[at + 5] = price
    out[at + 6] = remaining
    out[at + 7] = core.nodes[node.level].price
    out[at + 8] = node.remaining
    out[at + 9] = node.outcome | node.side << 8 | kept << 16


def emit_instrument_changed(core: Core, book: Book, account: int) -> None:
    """Say what the settings of an instrument are now."""
    at = begin_fact(core, INSTRUMENT_CHANGED, 0, book.instrument, account, 11)
    out = core.out
    out[at + 4] = book.kind | book.state << 8
    out[at + 5] = book.tick
    out[at + 6] = book.price_min
    out[at + 7] = book.price_max
    out[at + 8] = book.qty_min
    out[at + 9] = book.qty_max
    out[at + 10] = book.orders_max


def emit_book_hashed(core: Core, book: Book, account: int, checkpoint_id: int) -> None:
    """Say what the hash of a book is."""
    at = begin_fact(core, BOOK_HASHED, 0, book.instrument, account, 7)
    core.out[at + 4] = checkpoint_id
    core.out[at + 5] = signed_word(hash_book(core, book))
    core.out[at + 6] = book.orders


def emit_done(core: Core, instrument: int, account: int, command: int, count: int) -> None:
    """Say that a command that changes many things or none has been carried out."""
    at = begin_fact(core, COMMAND_DONE, 0, instrument, account, 6)
    core.out[at + 4] = command
    core.out[at + 5] = count
