"""One shard: an empty one, and the loop that carries out a stream of command records.

The stream is cut into records by their own lengths. A record that is not exactly one of the known
commands yields a reject and is skipped if its length can be believed; otherwise the rest of the
buffer is dropped. Nothing outside the given bytes is ever read.
"""

import cython

from outcry.kernel.admin import (
    do_add_instrument,
    do_checkpoint,
    do_set_instrument,
    do_set_limits,
    do_tick,
)
from outcry.kernel.ahead import look_ahead, peek, start_look_ahead
from outcry.kernel.bits import prefetch, word_high, words_from
from outcry.kernel.constants import (
    ACCOUNTS_MIN,
    ADD_INSTRUMENT,
    CACHE_LINE_WORDS,
    CANCEL_ALL,
    CANCEL_ORDER,
    CANCEL_SHAPE,
    CANCEL_WORDS,
    CHECKPOINT,
    HEADER_WORDS,
    LOOK_AHEAD_MIN,
    LOOK_AHEAD_NODES,
    PLACE_ORDER,
    PLACE_SHAPE,
    PLACE_WORDS,
    READ_AHEAD,
    RECENT_FIRST,
    REDUCE_ORDER,
    REJECT_RECORD_INVALID,
    REPLACE_ORDER,
    SET_INSTRUMENT,
    SET_LIMITS,
    TICK,
)
from outcry.kernel.facts import emit_command_rejected, note_header
from outcry.kernel.layout import (
    NO_LIMIT,
    NODE_STEP,
    SHAPE,
    Core,
    book_at,
    more_books,
    more_ints,
    more_nodes,
    more_words,
    new_book_table,
    new_core,
    new_ints,
    release,
)
from outcry.kernel.orders import do_cancel, do_cancel_all, do_reduce, do_replace
from outcry.kernel.placing import do_place
from outcry.kernel.window import clear_book


def boot(seed: int) -> Core:
    """Return an empty shard; see `Engine` for *seed*."""
    core = new_core()
    core.salt = 2 * seed + 1
    core.own_room = 512
    core.own_out = more_words(core.own_out, 0, core.own_room)
    core.node_room = 1024 * NODE_STEP
    core.nodes = more_nodes(core.nodes, 0, core.node_room)
    core.fresh = NODE_STEP
    core.book_room = 16
    core.books = more_books(core.books, 0, core.book_room)
    core.by_id = more_ints(core.by_id, 0, core.book_room)
    clear_book(book_at(core, 0))
    core.book_mask = 31
    core.book_table = new_book_table(book_at(core, 0), 32)
    core.account_mask = ACCOUNTS_MIN - 1
    core.account_table = new_ints(ACCOUNTS_MIN)
    core.recent_mask = RECENT_FIRST - 1
    core.recent = new_ints(RECENT_FIRST)
    core.sparse_mask = 63
    core.sparse = new_ints(64)
    core.account_orders_max = core.total_orders_max = core.least_orders_max = NO_LIMIT
    for record_type in range(256):
        core.sizes[record_type] = -1
    core.sizes[PLACE_ORDER] = 88
    core.sizes[CANCEL_ORDER] = 40
    core.sizes[CANCEL_ALL] = 32
    core.sizes[REDUCE_ORDER] = 48
    core.sizes[REPLACE_ORDER] = 64
    core.sizes[TICK] = 32
    core.sizes[ADD_INSTRUMENT] = 96
    core.sizes[SET_INSTRUMENT] = 72
    core.sizes[SET_LIMITS] = 48
    core.sizes[CHECKPOINT] = 40
    return core


def refuse_record(core: Core, cmd: memoryview) -> None:
    """Say that the record, of which there is a whole header, is malformed."""
    instrument = word_high(cmd[0])
    emit_command_rejected(core, instrument, cmd[3], 0, REJECT_RECORD_INVALID, cmd[0] & 255)


def refuse_rest(core: Core, first: int) -> None:
    """Say that what is left is no header; *first* is its first byte."""
    seq = core.seq
    core.seq = core.now = 0
    emit_command_rejected(core, 0, 0, 0, REJECT_RECORD_INVALID, first)
    core.seq = seq


def dispatch(core: Core, cmd: memoryview) -> None:
    """Carry out a command that is none of the two common ones."""
    record_type = cmd[0] & 255
    if record_type == REPLACE_ORDER:
        do_replace(core, cmd)
    elif record_type == REDUCE_ORDER:
        do_reduce(core, cmd)
    elif record_type == CANCEL_ALL:
        do_cancel_all(core, cmd)
    elif record_type == TICK:
        do_tick(core, cmd)
    elif record_type == ADD_INSTRUMENT:
        do_add_instrument(core, cmd)
    elif record_type == SET_INSTRUMENT:
        do_set_instrument(core, cmd)
    elif record_type == SET_LIMITS:
        do_set_limits(core, cmd)
    else:
        do_checkpoint(core, cmd)


def take_record(core: Core, cmd: memoryview, room: int) -> int:
    """Carry out or refuse a record of any kind but the two common ones; *room* words are there.

    Returns its words. If its length cannot be believed, that is 0, and so is ``end``.
    """
    note_header(core, cmd)
    size = (cmd[0] >> 16) & 65535
    words = size >> 3
    if size == core.sizes[cmd[0] & 255] and words <= room:
        dispatch(core, cmd)
        return words
    refuse_record(core, cmd)
    if words < HEADER_WORDS or words > room or size & 7 != 0:
        core.end = 0
        core.last = -1
        return 0
    return words


def run(core: Core, src: memoryview, start: int, length: int, tail: int) -> int:
    """Carry out the records in *length* bytes from word *start*; return the bytes consumed.

    *tail* is the first byte of the last, incomplete word, if there is one. Stops early, after a
    whole command, when a lent output buffer is full.
    """
    end = start + (length >> 3)
    core.end = end
    core.last = end - PLACE_WORDS - CANCEL_WORDS
    nodes = core.fresh // NODE_STEP
    if end - start >= LOOK_AHEAD_MIN and nodes > LOOK_AHEAD_NODES and cython.compiled:
        start_look_ahead(core, src, start, end)
        at = run_records(core, src, start, True)
    else:
        at = run_records(core, src, start, False)
    at = run_last_records(core, src, at)
    is_stopped = core.end != end or at + HEADER_WORDS <= end
    if not is_stopped and (at - start) * 8 < length:
        refuse_rest(core, src[at] & 255 if at < end else tail)
    return (at - start) * 8


def run_records(core: Core, src: memoryview, start: int, looks: bool) -> int:
    """Carry out records as long as there is room for any common one; return the next word.

    Who fills a lent buffer sets ``end`` to 0, and no further record is there.
    """
    at = start
    cmd = src
    shape = src[at] & SHAPE if at <= core.last else 0
    while at <= core.last:
        if looks:
            look_ahead(core, src, core.end)
        cmd = words_from(src, at)
        prefetch(words_from(cmd, READ_AHEAD))
        if shape == PLACE_SHAPE:
            shape = cmd[PLACE_WORDS] & SHAPE
            if cython.compiled and not looks:
                peek(core, words_from(cmd, PLACE_WORDS))
            prefetch(words_from(cmd, READ_AHEAD + CACHE_LINE_WORDS))
            do_place(core, cmd)
            at += PLACE_WORDS
        elif shape == CANCEL_SHAPE:
            shape = cmd[CANCEL_WORDS] & SHAPE
            if cython.compiled and not looks:
                peek(core, words_from(cmd, CANCEL_WORDS))
            do_cancel(core, cmd)
            at += CANCEL_WORDS
        else:
            at += take_record(core, cmd, core.end - at)
            shape = src[at] & SHAPE if at <= core.last else 0
    if at != start:
        core.seq = cmd[1]
    return at


def run_last_records(core: Core, src: memoryview, start: int) -> int:
    """Carry out the last records, which are too short for some common ones; likewise."""
    at = start
    cmd = src
    while at + HEADER_WORDS <= core.end:
        cmd = words_from(src, at)
        shape = cmd[0] & SHAPE
        if shape == PLACE_SHAPE and at + PLACE_WORDS <= core.end:
            do_place(core, cmd)
            at += PLACE_WORDS
        elif shape == CANCEL_SHAPE and at + CANCEL_WORDS <= core.end:
            do_cancel(core, cmd)
            at += CANCEL_WORDS
        else:
            at += take_record(core, cmd, core.end - at)
    if at != start:
        core.seq = cmd[1]
    return at


def free_core(core: Core) -> None:
    """Give back everything that *core* owns."""
    for index in range(1, core.book_count + 1):
        release(core.books[index].ladder)
        release(core.books[index].occupancy)
        release(core.books[index].far)
    release(core.own_out)
    release(core.nodes)
    release(core.books)
    release(core.by_id)
    release(core.book_table)
    release(core.account_table)
    release(core.recent)
    release(core.fading)
    release(core.sparse)
    release(core.heap)
    release(core)
