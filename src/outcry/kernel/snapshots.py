"""Snapshots: written and read in one pass each, in the layout of `outcry_wire.snapshot`.

A snapshot is canonical: equal logical content gives equal bytes, so the hash of a state is the
hash of its snapshot. Reading checks every word and accepts nothing that writing would not produce.
"""

from outcry.kernel.admin import (
    add_book,
    set_bounds,
    set_limits,
    set_orders_max,
    set_quantities,
    set_state,
)
from outcry.kernel.bits import book_side, fold_word, join_halves, word_high
from outcry.kernel.book import crosses, link_order, open_level
from outcry.kernel.checks import bounds_are_valid, refuse_settings
from outcry.kernel.constants import (
    INSTRUMENT_PLAIN,
    MODES,
    QUANTITY_MAX,
    ROLE_ACCOUNT,
    ROLE_ORDER,
    RULES,
    SIDE_ASK,
    SIDE_BID,
    SIDES,
    SNAPSHOT_HEADER_WORDS,
    STATE_CLOSED,
    STP_DECREMENT,
)
from outcry.kernel.expiry import add_expiry
from outcry.kernel.ids import add_id, claim_id, find_order
from outcry.kernel.ladder import find_level
from outcry.kernel.layout import (
    HASH_START,
    MAGIC_WORD,
    NODE_STEP,
    Book,
    Core,
    book_at,
    new_ints,
    node_at,
    release,
)
from outcry.kernel.pool import account_of, join_account, open_account, price_of, role_of, take_node
from outcry.kernel.walk import first_order, next_order
from outcry.kernel.window import refine


#: What is wrong with a snapshot, by the number that reading it returned.
PROBLEMS = {
    1: "the header is cut short",
    2: "it does not begin as a snapshot does",
    3: "it has another rules version",
    4: "a time or limit is invalid",
    5: "its length does not fit its counts",
    6: "an instrument is invalid or out of order",
    7: "an order is invalid",
    8: "orders are not in book order, or a book is crossed",
    9: "an order id is invalid",
    10: "ranks are not the places 0, 1, ... of each account's orders",
}


def snapshot_words(core: Core) -> int:
    """Return how many words the snapshot of the shard has."""
    return SNAPSHOT_HEADER_WORDS + 8 * core.book_count + 9 * core.order_count


def write_snapshot(core: Core, out: memoryview) -> None:
    """Write the snapshot of the shard to *out*."""
    out[0] = MAGIC_WORD
    out[1] = RULES
    out[2] = core.seq
    out[3] = core.time_us
    out[4] = core.account_orders_max
    out[5] = core.total_orders_max
    out[6] = core.book_count
    out[7] = core.order_count
    at = 8
    for place in range(core.book_count):
        book = book_at(core, core.by_id[place])
        out[at] = join_halves(book.instrument, book.kind | book.state << 8)
        out[at + 1] = book.tick
        out[at + 2] = book.price_min
        out[at + 3] = book.price_max
        out[at + 4] = book.qty_min
        out[at + 5] = book.qty_max
        out[at + 6] = book.orders_max
        out[at + 7] = book.orders
        at += 8
    ranks = rank_orders(core)
    for place in range(core.book_count):
        book = book_at(core, core.by_id[place])
        index = first_order(core, book)
        while index != 0:
            node = node_at(core, index)
            out[at] = node.order_id
            out[at + 1] = account_of(core, index)
            out[at + 2] = node.stp_group
            out[at + 3] = price_of(core, index)
            out[at + 4] = node.remaining
            out[at + 5] = node.filled
            out[at + 6] = node.expire_at_us
            out[at + 7] = ranks[index // NODE_STEP]
            out[at + 8] = join_halves(book.instrument, node.choices & (SIDES | MODES))
            at += 9
            index = next_order(core, book, index)
    release(ranks)


def rank_orders(core: Core) -> list[int]:
    """Return, by node, the position of each order among those of its account."""
    ranks = new_ints(core.fresh // NODE_STEP)
    for number in range(1, core.fresh // NODE_STEP):
        owner = number * NODE_STEP
        if role_of(core, owner) == ROLE_ACCOUNT:
            rank = 0
            index = node_at(core, owner).younger
            while index != owner:
                ranks[index // NODE_STEP] = rank
                rank += 1
                index = node_at(core, index).younger
    return ranks


def hash_words(words: memoryview, count: int) -> int:
    """Return the hash of the first *count* of *words*."""
    state = HASH_START
    for place in range(count):
        state = fold_word(state, words[place])
    return state


def read_snapshot(core: Core, src: memoryview, words: int) -> int:
    """Fill the empty shard from a snapshot; return 0, or the number of what is wrong with it."""
    if words < SNAPSHOT_HEADER_WORDS:
        return 1
    if src[0] != MAGIC_WORD:
        return 2
    if src[1] != RULES:
        return 3
    if src[3] < 0 or src[4] <= 0 or src[5] <= 0:
        return 4
    if src[6] < 0 or src[7] < 0 or src[6] > words or src[7] > words:
        return 5
    if words != 8 + 8 * src[6] + 9 * src[7]:
        return 5
    core.seq = src[2]
    core.time_us = src[3]
    set_limits(core, src[4], src[5])
    first = 8 + 8 * src[6]
    at = first
    for place in range(src[6]):
        problem = read_instrument(core, src, 8 + 8 * place)
        if problem == 0:
            count = src[8 + 8 * place + 7]
            if count < 0 or count > (words - at) // 9:
                return 5
            problem = read_orders(core, book_at(core, core.book_count), src, at, count)
            at += 9 * count
        if problem != 0:
            return problem
    return read_ranks(core, src, first) if at == words else 5


def read_instrument(core: Core, src: memoryview, at: int) -> int:
    """Read one SNAPSHOT_INSTRUMENT; return what is wrong with it, or 0."""
    choices = word_high(src[at])
    instrument = word_high(src[at] << 32)
    kind = choices & 255
    state = (choices >> 8) & 255
    if choices >> 16 != 0 or kind > INSTRUMENT_PLAIN or state > STATE_CLOSED or instrument == 0:
        return 6
    if core.book_count > 0 and instrument <= core.books[core.book_count].instrument:
        return 6
    if not bounds_are_valid(kind, src[at + 2], src[at + 3]):
        return 6
    if refuse_settings(kind, src[at + 1], src[at + 4], src[at + 5], src[at + 6]) != 0:
        return 6
    book = book_at(core, add_book(core, instrument))
    book.kind = kind
    set_state(book, state)
    book.tick = src[at + 1]
    book.grain = book.tick
    set_bounds(book, src[at + 2], src[at + 3])
    set_quantities(book, src[at + 4], src[at + 5])
    set_orders_max(core, book, src[at + 6])
    return 0


def read_orders(core: Core, book: Book, src: memoryview, at: int, count: int) -> int:
    """Read the *count* orders of *book*; return what is wrong with them, or 0."""
    side = SIDE_BID
    price = 0
    for place in range(count):
        row = at + 9 * place
        choices = word_high(src[row + 8])
        order_side = (choices ^ (choices >> 8)) & 255
        is_first = place == 0
        if order_side != side:
            if order_side != SIDE_ASK:
                return 8
            side = SIDE_ASK
            is_first = True
        flip = -side
        if not is_first and (src[row + 3] ^ flip) > (price ^ flip):
            return 8
        price = src[row + 3]
        problem = read_order(core, book, src, row)
        if problem != 0:
            return problem
    return 0


def read_order(core: Core, book: Book, src: memoryview, at: int) -> int:
    """Let the order of one SNAPSHOT_ORDER rest, in no account's list yet."""
    problem = refuse_row(core, book, src, at)
    if problem != 0:
        return problem
    choices = word_high(src[at + 8])
    owner = open_account(core, src[at + 1])
    refine(core, book, src[at + 3])
    level = find_level(core, book, src[at + 3])
    if level == 0:
        level = open_level(core, book, book_side(choices), src[at + 3])
    index = take_node(core, ROLE_ORDER | choices)
    node = node_at(core, index)
    node.owner = owner
    node.order_id = src[at]
    node.stp_group = src[at + 2]
    node.remaining = src[at + 4]
    node.filled = src[at + 5]
    node.expire_at_us = src[at + 6]
    node_at(core, owner).orders += 1
    add_id(core, node.order_id, index)
    if node.expire_at_us > 0:
        add_expiry(core, index)
    link_order(core, book, index, level)
    return 0


def refuse_row(core: Core, book: Book, src: memoryview, at: int) -> int:
    """Return what is wrong with one SNAPSHOT_ORDER, or 0."""
    choices = word_high(src[at + 8])
    outcome = choices & 255
    side = (choices >> 8) & 255
    price = src[at + 3]
    if word_high(src[at + 8] << 32) != book.instrument or book.state == STATE_CLOSED:
        return 7
    if not claim_id(core, src[at]):
        return 9
    if outcome > 1 or (outcome == 1 and book.kind == INSTRUMENT_PLAIN) or side > 1:
        return 7
    if (choices >> 16) & 255 > STP_DECREMENT or choices >> 24 != 0:
        return 7
    if price < book.low or price > book.high:
        return 7
    if src[at + 4] <= 0 or src[at + 4] > QUANTITY_MAX:
        return 7
    if src[at + 5] < 0 or src[at + 5] > QUANTITY_MAX - src[at + 4]:
        return 7
    return 8 if crosses(book, outcome ^ side, price) else 0


def read_ranks(core: Core, src: memoryview, at: int) -> int:
    """Put all orders into the lists of their accounts, by rank; *at* is the first order."""
    starts = new_ints(core.fresh // NODE_STEP)
    places = new_ints(core.order_count + 1)
    next_start = 0
    for number in range(1, core.fresh // NODE_STEP):
        owner = number * NODE_STEP
        if role_of(core, owner) == ROLE_ACCOUNT:
            starts[number] = next_start
            next_start += node_at(core, owner).orders
    problem = 0
    for place in range(core.order_count):
        row = at + 9 * place
        index = find_order(core, src[row])
        owner = node_at(core, index).owner
        rank = src[row + 7]
        first = starts[owner // NODE_STEP]
        if rank < 0 or rank >= node_at(core, owner).orders or places[first + rank] != 0:
            problem = 10
            break
        places[first + rank] = index
    if problem == 0:
        for place in range(core.order_count):
            join_account(core, places[place], node_at(core, places[place]).owner)
    release(starts)
    release(places)
    return problem
