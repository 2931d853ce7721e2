"""The command PLACE_ORDER: checks, trading, and what becomes of the rest.

Nearly all orders are of one kind, which `common_slot` recognises in a few comparisons: a limit
order of an open book, on the grid, within all bounds. Every other one goes through all checks in
their order; the two never disagree, they only differ in cost.
"""

from outcry.kernel.bits import book_side, is_below, prefetch, rarely, word_high, word_low
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
from outcry.kernel.facts import (
    emit_all_placed,
    emit_order_rejected,
    emit_placed,
    emit_taker_cancelled,
    note_header,
)
from outcry.kernel.ids import add_id, claim_id
from outcry.kernel.ladder import find_level
from outcry.kernel.layout import IMMEDIATE, POST_ONLY, Book, Core, node_at, note_order
from outcry.kernel.matching import can_fill, trade
from outcry.kernel.pool import find_account, join_account, open_account, take_node


def find_book(core: Core, instrument: int) -> Book:
    """Return the book of *instrument*, or the one at 0, which is empty."""
    book = core.book_table[instrument & core.book_mask]
    if rarely(book.instrument != instrument):
        book = find_book_further(core, instrument)
    return book


def find_book_further(core: Core, instrument: int) -> Book:
    """Return likewise the book of *instrument* if it is not in the first place where it may be."""
    place = instrument & core.book_mask
    book = core.book_table[place]
    while book.index != 0 and book.instrument != instrument:
        place = (place + 1) & core.book_mask
        book = core.book_table[place]
    return book


def do_place(core: Core, cmd: memoryview) -> None:
    """Carry out PLACE_ORDER."""
    book = find_book(core, word_high(cmd[0]))
    owner = find_account(core, cmd[3])
    slot = common_slot(core, book, owner, cmd)
    if rarely(slot < 0 or not claim_id(core, cmd[4])):
        place_uncommon(core, book, owner, cmd)
        return
    terms = cmd[6]
    side = book_side(terms)
    is_immediate = terms & IMMEDIATE != 0
    if is_immediate or crosses(book, side, cmd[7]):
        if terms & POST_ONLY:  # some refusal, all checks in their order say which
            place_uncommon(core, book, owner, cmd)
        else:
            enter(core, book, cmd, not is_immediate)
        return
    emit_all_placed(core, book, cmd, terms)
    level = book.ladder[slot]
    if rarely(level == 0):
        level = open_level(core, book, side, cmd[7])
    if rarely(owner == 0):
        owner = open_account(core, cmd[3])
    rest(core, book, owner, level, cmd, terms)


def common_slot(core: Core, book: Book, owner: int, cmd: memoryview) -> int:
    """Return the slot of an order of the common kind that may enter, or -1; see above.

    In a regular book every price with a slot that is hit exactly is on the grid and in bounds;
    any other book has a common span of 0. Whether the id is free is not asked. An account that is
    not known yet is node 0, which counts no orders. The product with the reciprocal of the tick has
    the slot in its upper half, and in its lower half less than that reciprocal if it is exact.
    As long as fewer orders rest in all than the least of the limits, none is reached.
    """
    offset = cmd[7] - book.base
    if not is_below(offset, book.common_span) or cmd[6] & book.uncommon | cmd[10]:
        return -1
    product = offset * book.reciprocal
    if word_low(product) >= book.reciprocal:
        return -1
    if not is_below(cmd[8] - book.qty_min, book.qty_span):
        return -1
    if core.order_count >= core.least_orders_max and refuse_room(core, book, owner) != 0:
        return -1
    return word_high(product)


def place_uncommon(core: Core, book: Book, owner: int, cmd: memoryview) -> None:
    """Put an order through all checks, and carry it out unless it is refused."""
    note_header(core, cmd)
    reject = refuse_place(core, book, owner, cmd)
    if reject != 0:
        emit_order_rejected(core, word_high(cmd[0]), cmd[3], cmd[4], reject)
        return
    may_rest = is_able_to_rest(cmd[6])
    if may_rest and not crosses(book, book_side(cmd[6]), cmd[7]):
        rest_anew(core, book, cmd, cmd[8], 0)
    else:
        enter(core, book, cmd, may_rest)


def is_able_to_rest(terms: int) -> bool:
    """Return whether an order with these terms rests if nothing meets it."""
    return (terms >> 24) & 255 <= TIF_GTD and (terms >> 16) & 255 == KIND_LIMIT


def refuse_place(core: Core, book: Book, owner: int, cmd: memoryview) -> int:
    """Return why the order is refused, or 0."""
    may_rest = is_able_to_rest(cmd[6])
    if book.index == 0:
        return REJECT_INSTRUMENT_UNKNOWN
    if not claim_id(core, cmd[4]):
        return REJECT_ORDER_ID_REUSED
    reject = refuse_form(book, cmd, may_rest)
    if reject == 0:
        reject = refuse_terms(book, cmd)
    if reject == 0 and may_rest:
        reject = refuse_room(core, book, owner)
    if reject == 0:
        reject = refuse_entry(book, cmd)
    return reject


def rest(core: Core, book: Book, owner: int, level: int, cmd: memoryview, terms: int) -> None:
    """Let the order of the record rest at *level*, with all its lots and for ever."""
    index = take_node(core, ROLE_ORDER | terms & SIDES | (terms >> 24) & MODES)
    node = node_at(core, index)
    note_order(node, cmd)
    node.expire_at_us = 0
    node.owner = owner
    node_at(core, owner).orders += 1
    join_account(core, index, owner)
    link_order(core, book, index, level)
    add_id(core, cmd[4], index)


def rest_anew(core: Core, book: Book, cmd: memoryview, remaining: int, filled: int) -> None:
    """Find out once more where the order belongs, and let what remains of it rest there.

    Trading may have closed the level and swept the account.
    """
    owner = open_account(core, cmd[3])
    level = find_level(core, book, cmd[7])
    if level == 0:
        level = open_level(core, book, book_side(cmd[6]), cmd[7])
    rest(core, book, owner, level, cmd, cmd[6])
    index = node_at(core, level).prev
    node = node_at(core, index)
    node_at(core, level).total -= node.remaining - remaining
    node.remaining = remaining
    node.filled = filled
    node.expire_at_us = cmd[10]
    if cmd[10] > 0:
        add_expiry(core, index)
    emit_placed(core, book, index)


def load_taker(core: Core, cmd: memoryview) -> None:
    """Make the order of the record the taker. Its fields have been checked."""
    terms = cmd[6]
    is_money = (terms >> 16) & 255 == KIND_MARKET_MONEY
    core.taker.account = cmd[3]
    core.taker.order_id = cmd[4]
    core.taker.stp_group = cmd[5]
    core.taker.choices = terms & SIDES | (terms >> 24) & MODES
    core.taker.price = cmd[7]
    core.taker.remaining = 0 if is_money else cmd[8]
    core.taker.budget_left = cmd[9] if is_money else 0
    core.taker.is_money = is_money
    core.taker.filled = 0
    core.taker.fills = 0


def enter(core: Core, book: Book, cmd: memoryview, may_rest: bool) -> None:
    """Let the order trade; what remains rests or is cancelled."""
    prefetch(node_at(core, node_at(core, book.best_level[1 - book_side(cmd[6])]).next))
    note_header(core, cmd)
    load_taker(core, cmd)
    if (cmd[6] >> 24) & 255 == TIF_FOK and not can_fill(core, book):
        emit_taker_cancelled(core, book, CANCELLED_FILL_OR_KILL)
        return
    reason = trade(core, book)
    remaining = core.taker.remaining
    if reason == 0 and remaining != 0 and may_rest:
        rest_anew(core, book, cmd, remaining, core.taker.filled)
        return
    if reason == 0 and (remaining != 0 or core.taker.is_money):
        reason = CANCELLED_IMMEDIATE
    if reason != 0:
        emit_taker_cancelled(core, book, reason)
