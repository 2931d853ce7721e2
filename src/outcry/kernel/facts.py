"""Writes facts: one function per kind, word by word as `outcry_wire.records` lays them out.

* ``out`` is where facts go, ``at`` the next free word, ``room`` its size. It is either the
  caller's buffer (``is_lent``) or the core's own. When a lent buffer is full, writing goes on in
  the own one, which grows; the caller gets that part with its next call. No further command is
  carried out then: ``end``, where the records end, becomes 0.
* Whoever writes a fact knows whether it is the last one of its command, and says so in its flags.
"""

from outcry.kernel.bits import (
    copy_pair,
    fact_head,
    join_halves,
    prefetch,
    rarely,
    signed_word,
    words_from,
)
from outcry.kernel.constants import (
    BOOK_HASHED,
    CANCELLED_USER,
    COMMAND_DONE,
    COMMAND_REJECTED,
    INSTRUMENT_CHANGED,
    LAST_OF_SEQ,
    ORDER_CANCELLED,
    ORDER_PLACED,
    ORDER_REDUCED,
    ORDER_REJECTED,
    ORDER_REPLACED,
    REDUCED_SELF_TRADE,
    SIDES,
    TICKED,
    TRADED,
    WAS_RESTING,
    WRITE_AHEAD,
)
from outcry.kernel.layout import Book, Core, more_words, node_at
from outcry.kernel.pool import account_of, price_of
from outcry.kernel.walk import hash_book


def make_room(core: Core, words: int) -> None:
    """Make the next *words* words writable."""
    if core.is_lent:
        core.is_lent = False
        core.end = 0
        core.last = -1
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


def move_facts(core: Core, first: int, last: int) -> int:
    """Move facts that wait in the own buffer to ``out``; return the first word that did not fit."""
    while first < last:
        words = (core.own_out[first] >> 19) & 8191
        if core.at + words > core.room:
            break
        for place in range(words):
            core.out[core.at + place] = core.own_out[first + place]
        core.at += words
        first += words
    return first


def note_header(core: Core, cmd: memoryview) -> None:
    """Let facts be about the command."""
    core.seq = cmd[1]
    core.now = cmd[2]


def begin_answer(core: Core, record_type: int, flags: int, book: Book, words: int) -> int:
    """Write the first word of the only fact of the command; return where it begins.

    The caller copies the four words that the fact has in common with the command: seq, time,
    account and order id.
    """
    if rarely(core.at + words > core.room):
        make_room(core, words)
    place = core.at
    core.at = place + words
    core.out[place] = fact_head(record_type, flags | LAST_OF_SEQ, words, book.instrument)
    prefetch(words_from(core.out, place + WRITE_AHEAD))
    return place


def begin_fact(
    core: Core, record_type: int, flags: int, instrument: int, account: int, words: int
) -> int:
    """Write the header of a fact of *words* words; return where it begins."""
    if rarely(core.at + words > core.room):
        make_room(core, words)
    at = core.at
    core.at = at + words
    out = core.out
    prefetch(words_from(out, at + WRITE_AHEAD))
    out[at] = fact_head(record_type, flags, words, instrument)
    out[at + 1] = core.seq
    out[at + 2] = core.now
    out[at + 3] = account
    return at


def emit_order_rejected(
    core: Core, instrument: int, account: int, order_id: int, reject: int
) -> None:
    """Say that a new order was refused."""
    at = begin_fact(core, ORDER_REJECTED, LAST_OF_SEQ, instrument, account, 6)
    core.out[at + 4] = order_id
    core.out[at + 5] = reject


def emit_command_rejected(
    core: Core, instrument: int, account: int, order_id: int, reject: int, command: int
) -> None:
    """Say that a command other than a new order was refused."""
    at = begin_fact(core, COMMAND_REJECTED, LAST_OF_SEQ, instrument, account, 6)
    core.out[at + 4] = order_id
    core.out[at + 5] = join_halves(reject, command)


def emit_placed(core: Core, book: Book, index: int) -> None:
    """Say that the order at *index* now rests: the last thing said of any that does."""
    node = node_at(core, index)
    account = account_of(core, index)
    at = begin_fact(core, ORDER_PLACED, LAST_OF_SEQ, book.instrument, account, 8)
    out = core.out
    out[at + 4] = node.order_id
    out[at + 5] = price_of(core, index)
    out[at + 6] = node.remaining
    out[at + 7] = node.choices & SIDES


def emit_all_placed(core: Core, book: Book, cmd: memoryview, terms: int) -> None:
    """Say that the order of the command, with those terms, now rests as a whole, at its price."""
    place = begin_answer(core, ORDER_PLACED, 0, book, 8)
    out = core.out
    copy_pair(out, place + 1, cmd, 1)
    copy_pair(out, place + 3, cmd, 3)
    copy_pair(out, place + 5, cmd, 7)
    out[place + 7] = terms & SIDES


def emit_user_cancelled(core: Core, book: Book, index: int, cmd: memoryview) -> None:
    """Say that the order at *index*, which still rests, is cancelled by the command."""
    node = node_at(core, index)
    place = begin_answer(core, ORDER_CANCELLED, WAS_RESTING, book, 9)
    out = core.out
    copy_pair(out, place + 1, cmd, 1)
    copy_pair(out, place + 3, cmd, 3)
    out[place + 5] = price_of(core, index)
    out[place + 6] = node.remaining
    out[place + 7] = 0
    out[place + 8] = node.choices & SIDES | CANCELLED_USER << 16


def emit_traded(
    core: Core, book: Book, maker: int, price: int, quantity: int, taker_remaining: int, flags: int
) -> None:
    """Say that the taker, who now wants *taker_remaining*, traded *quantity* with *maker*."""
    node = node_at(core, maker)
    at = begin_fact(core, TRADED, flags, book.instrument, core.taker.account, 15)
    out = core.out
    out[at + 4] = core.seq
    out[at + 5] = price
    out[at + 6] = quantity
    out[at + 7] = core.taker.order_id
    out[at + 8] = taker_remaining
    out[at + 9] = core.taker.budget_left
    out[at + 10] = node.order_id
    out[at + 11] = account_of(core, maker)
    out[at + 12] = node.remaining - quantity
    # Different outcomes are a mint (1) if the taker buys and a merge (2) if it sells.
    sides = core.taker.choices & SIDES
    match = ((sides ^ node.choices) & 1) << (sides >> 8)
    out[at + 13] = join_halves(core.taker.fills, match | sides << 8 | (node.choices & 255) << 24)
    out[at + 14] = (node.choices & SIDES) >> 8
    core.taker.fills += 1


def emit_cancelled(core: Core, book: Book, index: int, reason: int, flags: int) -> None:
    """Say that the order at *index*, which still rests, is cancelled."""
    node = node_at(core, index)
    at = begin_fact(
        core, ORDER_CANCELLED, WAS_RESTING | flags, book.instrument, account_of(core, index), 9
    )
    out = core.out
    out[at + 4] = node.order_id
    out[at + 5] = price_of(core, index)
    out[at + 6] = node.remaining
    out[at + 7] = 0
    out[at + 8] = node.choices & SIDES | reason << 16


def emit_taker_cancelled(core: Core, book: Book, reason: int) -> None:
    """Say that the incoming order, or what remains of it, is cancelled: the last said of it."""
    at = begin_fact(core, ORDER_CANCELLED, LAST_OF_SEQ, book.instrument, core.taker.account, 9)
    out = core.out
    out[at + 4] = core.taker.order_id
    out[at + 5] = core.taker.price
    out[at + 6] = core.taker.remaining
    out[at + 7] = core.taker.budget_left
    out[at + 8] = core.taker.choices & SIDES | reason << 16


def emit_reduced(core: Core, book: Book, index: int, by: int, reason: int, flags: int) -> None:
    """Say that the resting order at *index* became smaller."""
    node = node_at(core, index)
    at = begin_fact(
        core, ORDER_REDUCED, WAS_RESTING | flags, book.instrument, account_of(core, index), 9
    )
    out = core.out
    out[at + 4] = node.order_id
    out[at + 5] = price_of(core, index)
    out[at + 6] = by
    out[at + 7] = node.remaining
    out[at + 8] = node.choices & SIDES | reason << 16


def emit_taker_reduced(core: Core, book: Book, by: int) -> None:
    """Say that the incoming order became smaller by meeting one of its own."""
    at = begin_fact(core, ORDER_REDUCED, 0, book.instrument, core.taker.account, 9)
    out = core.out
    out[at + 4] = core.taker.order_id
    out[at + 5] = core.taker.price
    out[at + 6] = by
    out[at + 7] = core.taker.remaining
    out[at + 8] = core.taker.choices & SIDES | REDUCED_SELF_TRADE << 16


def emit_replaced(
    core: Core, book: Book, index: int, price: int, remaining: int, kept: bool
) -> None:
    """Say that the order at *index*, still with its old terms, now has these."""
    node = node_at(core, index)
    at = begin_fact(
        core, ORDER_REPLACED, LAST_OF_SEQ * kept, book.instrument, account_of(core, index), 10
    )
    out = core.out
    out[at + 4] = node.order_id
    out[at + 5] = price
    out[at + 6] = remaining
    out[at + 7] = price_of(core, index)
    out[at + 8] = node.remaining
    out[at + 9] = node.choices & SIDES | kept << 16


def emit_ticked(core: Core, instrument: int, account: int) -> None:
    """Say that time has passed, after all that expired."""
    begin_fact(core, TICKED, LAST_OF_SEQ, instrument, account, 4)


def emit_instrument_changed(core: Core, book: Book, account: int) -> None:
    """Say what the settings of an instrument are now."""
    at = begin_fact(core, INSTRUMENT_CHANGED, LAST_OF_SEQ, book.instrument, account, 11)
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
    at = begin_fact(core, COMMAND_DONE, LAST_OF_SEQ, instrument, account, 6)
    core.out[at + 4] = command
    core.out[at + 5] = count
