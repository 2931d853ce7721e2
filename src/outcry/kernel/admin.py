"""The commands about time, instruments, limits and checkpoints."""

from outcry.kernel.bits import word_high
from outcry.kernel.book import book_of, remove_order
from outcry.kernel.checks import bounds_are_valid, refuse_settings, tick_is_valid
from outcry.kernel.constants import (
    ADD_INSTRUMENT,
    CANCELLED_CLOSED,
    CANCELLED_EXPIRED,
    CHECKPOINT,
    INSTRUMENT_PLAIN,
    REJECT_BOUNDS_INVALID,
    REJECT_INSTRUMENT_EXISTS,
    REJECT_INSTRUMENT_UNKNOWN,
    REJECT_KIND_INVALID,
    REJECT_LIMITS_INVALID,
    REJECT_RECORD_INVALID,
    REJECT_STATE_INVALID,
    REJECT_TICK_INVALID,
    RULES,
    SET_INSTRUMENT,
    SET_LIMITS,
    STATE_CLOSED,
)
from outcry.kernel.expiry import current_order, drop_first_expiry
from outcry.kernel.facts import (
    emit_book_hashed,
    emit_cancelled,
    emit_command_rejected,
    emit_done,
    emit_instrument_changed,
    emit_ticked,
)
from outcry.kernel.layout import (
    PRICE_LIMIT,
    UNCOMMON_MARKET,
    UNCOMMON_PLAIN,
    Book,
    Core,
    book_at,
    more_books,
    more_ints,
    new_book_table,
    node_at,
    release,
)
from outcry.kernel.placing import find_book
from outcry.kernel.walk import first_order
from outcry.kernel.window import clear_book, note_regular, set_tick


def do_tick(core: Core, cmd: memoryview) -> None:
    """Carry out TICK: the only way in which time passes and orders expire."""
    core.time_us = max(core.time_us, cmd[2])
    while core.heap_count > 0 and core.heap[0].at_us <= core.time_us:
        index = current_order(core, 0)
        drop_first_expiry(core)
        if index == 0:
            core.heap_stale -= 1
            continue
        book = book_of(core, index)
        emit_cancelled(core, book, index, CANCELLED_EXPIRED, 0)
        node_at(core, index).expire_at_us = 0  # its entry is gone already
        remove_order(core, book, index)
    emit_ticked(core, word_high(cmd[0]), cmd[3])


def do_add_instrument(core: Core, cmd: memoryview) -> None:
    """Carry out ADD_INSTRUMENT."""
    instrument = word_high(cmd[0])
    reject = refuse_add(core, instrument, cmd)
    if reject != 0:
        emit_command_rejected(core, instrument, cmd[3], 0, reject, ADD_INSTRUMENT)
        return
    book = book_at(core, add_book(core, instrument))
    book.kind = cmd[4] & 255
    book.tick = cmd[5]
    book.grain = book.tick
    set_state(book, (cmd[4] >> 8) & 255)
    set_bounds(book, cmd[6], cmd[7])
    set_quantities(book, cmd[8], cmd[9])
    set_orders_max(core, book, cmd[10])
    emit_instrument_changed(core, book, cmd[3])


def refuse_add(core: Core, instrument: int, cmd: memoryview) -> int:
    """Check a new instrument."""
    kind = cmd[4] & 255
    if instrument == 0:
        return REJECT_INSTRUMENT_UNKNOWN
    if find_book(core, instrument).index != 0:
        return REJECT_INSTRUMENT_EXISTS
    if kind > INSTRUMENT_PLAIN:
        return REJECT_KIND_INVALID
    if (cmd[4] >> 8) & 255 >= STATE_CLOSED:
        return REJECT_STATE_INVALID
    if not tick_is_valid(kind, cmd[5]):
        return REJECT_TICK_INVALID
    if not bounds_are_valid(kind, cmd[6], cmd[7]):
        return REJECT_BOUNDS_INVALID
    reject = refuse_settings(kind, cmd[5], cmd[8], cmd[9], cmd[10])
    if reject == 0 and cmd[11] != RULES:
        reject = REJECT_RECORD_INVALID
    return reject


def add_book(core: Core, instrument: int) -> int:
    """Return the index of a new, empty book for *instrument*, which is not known yet."""
    core.book_count += 1
    index = core.book_count
    if index >= core.book_room:
        more_book_room(core)
    book = book_at(core, index)
    clear_book(book)
    book.index = index
    book.instrument = instrument
    file_book(core, index)
    place = index - 1
    while place > 0 and core.books[core.by_id[place - 1]].instrument > instrument:
        core.by_id[place] = core.by_id[place - 1]
        place -= 1
    core.by_id[place] = index
    return index


def more_book_room(core: Core) -> None:
    """Double the books, which may move, and file them anew in a table twice as large as they."""
    room = 2 * core.book_room
    core.books = more_books(core.books, core.book_room, room)
    core.by_id = more_ints(core.by_id, core.book_room, room)
    core.book_room = room
    release(core.book_table)
    core.book_mask = 2 * room - 1
    core.book_table = new_book_table(book_at(core, 0), 2 * room)
    for known in range(1, core.book_count):
        file_book(core, known)


def file_book(core: Core, index: int) -> None:
    """Put the book at *index* into the table of instruments."""
    book = book_at(core, index)
    place = book.instrument & core.book_mask
    while core.book_table[place].index != 0:
        place = (place + 1) & core.book_mask
    core.book_table[place] = book


def set_state(book: Book, state: int) -> None:
    """Set the state, and what `common_slot` looks at."""
    book.state = state
    book.uncommon = UNCOMMON_PLAIN if book.kind == INSTRUMENT_PLAIN else UNCOMMON_MARKET
    note_regular(book)


def set_bounds(book: Book, price_min: int, price_max: int) -> None:
    """Set the bounds; 0 and 0 mean that only the range of exact arithmetic bounds the prices."""
    book.price_min = price_min
    book.price_max = price_max
    book.low = price_min
    book.high = price_max
    if price_min == 0 and price_max == 0:
        book.low = 1 - PRICE_LIMIT
        book.high = PRICE_LIMIT - 1


def set_quantities(book: Book, qty_min: int, qty_max: int) -> None:
    """Set the bounds of quantities."""
    book.qty_min = qty_min
    book.qty_max = qty_max
    book.qty_span = qty_max - qty_min + 1


def set_orders_max(core: Core, book: Book, orders_max: int) -> None:
    """Set how many orders may rest in the book."""
    book.orders_max = orders_max
    core.least_orders_max = min(core.least_orders_max, orders_max)


def set_limits(core: Core, of_account: int, in_total: int) -> None:
    """Set how many orders of an account, and how many in all, may rest."""
    core.account_orders_max = of_account
    core.total_orders_max = in_total
    core.least_orders_max = min(core.least_orders_max, of_account, in_total)


def do_set_instrument(core: Core, cmd: memoryview) -> None:
    """Carry out SET_INSTRUMENT; entering `closed` cancels everything that rests."""
    instrument = word_high(cmd[0])
    book = find_book(core, instrument)
    reject = refuse_set(book, cmd)
    if reject != 0:
        emit_command_rejected(core, instrument, cmd[3], 0, reject, SET_INSTRUMENT)
        return
    set_state(book, cmd[4] & 255)
    set_quantities(book, cmd[6], cmd[7])
    set_orders_max(core, book, cmd[8])
    if book.state == STATE_CLOSED:
        order = first_order(core, book)
        while order != 0:
            emit_cancelled(core, book, order, CANCELLED_CLOSED, 0)
            remove_order(core, book, order)
            order = first_order(core, book)
    set_tick(core, book, cmd[5])
    emit_instrument_changed(core, book, cmd[3])


def refuse_set(book: Book, cmd: memoryview) -> int:
    """Check new settings of an instrument; one that is not known has the book at 0."""
    if book.index == 0:
        return REJECT_INSTRUMENT_UNKNOWN
    if book.state == STATE_CLOSED or cmd[4] & 255 > STATE_CLOSED:
        return REJECT_STATE_INVALID
    return refuse_settings(book.kind, cmd[5], cmd[6], cmd[7], cmd[8])


def do_set_limits(core: Core, cmd: memoryview) -> None:
    """Carry out SET_LIMITS."""
    instrument = word_high(cmd[0])
    if cmd[4] <= 0 or cmd[5] <= 0:
        emit_command_rejected(core, instrument, cmd[3], 0, REJECT_LIMITS_INVALID, SET_LIMITS)
        return
    set_limits(core, cmd[4], cmd[5])
    emit_done(core, instrument, cmd[3], SET_LIMITS, 0)


def do_checkpoint(core: Core, cmd: memoryview) -> None:
    """Carry out CHECKPOINT: say the hash of one book, or of all that are not closed."""
    instrument = word_high(cmd[0])
    account = cmd[3]
    count = 0
    if instrument != 0:
        book = find_book(core, instrument)
        if book.index == 0:
            emit_command_rejected(
                core, instrument, account, 0, REJECT_INSTRUMENT_UNKNOWN, CHECKPOINT
            )
            return
        emit_book_hashed(core, book, account, cmd[4])
        count = 1
    else:
        for place in range(core.book_count):
            book = book_at(core, core.by_id[place])
            if book.state != STATE_CLOSED:
                emit_book_hashed(core, book, account, cmd[4])
                count += 1
    emit_done(core, instrument, account, CHECKPOINT, count)
