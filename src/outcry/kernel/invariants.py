"""Verifies every internal invariant of a shard. Raises AssertionError on the first that fails.

Called by tests and on request; no command does this.
"""

from outcry.kernel.bits import bit, book_side
from outcry.kernel.constants import (
    ROLE_ACCOUNT,
    ROLE_FREE,
    ROLE_LEVEL,
    ROLE_ORDER,
    ROLES,
    STATE_OPEN,
)
from outcry.kernel.expiry import current_order
from outcry.kernel.ids import find_order
from outcry.kernel.ladder import slot_at_or_above, slot_of
from outcry.kernel.layout import NO_ASK, NO_BID, Book, Core, book_at, node_at
from outcry.kernel.placing import find_book
from outcry.kernel.pool import find_account, role_of
from outcry.kernel.walk import next_level


def check_core(core: Core) -> int:
    """Check everything."""
    orders = 0
    for place in range(core.book_count):
        book = book_at(core, core.by_id[place])
        assert find_book(core, book.instrument) == core.by_id[place], "instrument not found"
        if place > 0:
            before = book_at(core, core.by_id[place - 1])
            assert before.instrument < book.instrument, "instruments out of order"
        check_book(core, book)
        orders += book.orders
    assert orders == core.order_count, "order count"
    check_pool(core)
    check_accounts(core)
    check_ids(core)
    check_expiries(core)
    return 0


def check_book(core: Core, book: Book) -> int:
    """Check both sides of a book: order of prices, bests, counts, not crossed."""
    orders = 0
    levels = 0
    if book.is_regular:
        last = book.base + book.span - book.grain
        assert book.state == STATE_OPEN, "state of a regular book"
        assert book.tick == book.grain, "grid of a regular book"
        assert book.low <= book.base <= last <= book.high, "bounds of a regular book"
    assert book.common_span == (book.span if book.is_regular else 0), "span of a regular book"
    for side in range(2):
        level = book.best_level[side]
        if level == 0:
            nothing = NO_ASK if side == 1 else NO_BID
            assert book.best_price[side] == nothing, "price of an empty side"
        else:
            assert book.best_price[side] == core.nodes[level].price, "best price"
        while level != 0:
            levels += 1
            orders += check_level(core, book, level, side)
            price = core.nodes[level].price
            level = next_level(core, book, side, level)
            if level != 0:
                further = core.nodes[level].price
                assert further < price if side == 0 else further > price, "levels out of order"
    assert orders == book.orders, "orders of a book"
    if book.best_level[0] != 0 and book.best_level[1] != 0:
        assert book.best_price[0] < book.best_price[1], "crossed book"
    check_ladder(core, book, levels)
    return 0


def check_level(core: Core, book: Book, level: int, side: int) -> int:
    """Check one level and its ring; return how many orders it has."""
    ring = node_at(core, level)
    assert ring.choices & ROLES == ROLE_LEVEL, "role of a level"
    assert ring.book == book.index, "book of a level"
    assert ring.slot == slot_of(book, ring.price), "slot of a level"
    assert ring.price % book.grain == 0, "price off the grain"
    orders = 0
    total = 0
    before = level
    index = core.links[level].next
    while index != level:
        node = node_at(core, index)
        assert node.choices & ROLES == ROLE_ORDER, "role of an order"
        assert node.level == level, "level of an order"
        assert node.price == ring.price, "price of an order"
        assert core.links[index].prev == before, "ring of a level"
        assert node.remaining > 0, "an empty order"
        assert book_side(node.choices) == side, "side of an order"
        total += node.remaining
        orders += 1
        before = index
        index = core.links[index].next
    assert core.links[level].prev == before, "end of a ring"
    assert orders > 0, "an empty level"
    assert ring.total == total, "total of a level"
    return orders


def check_ladder(core: Core, book: Book, levels: int) -> int:
    """Check that ladder, occupancy and far levels hold exactly the levels of the book."""
    found = 0
    for slot in range(book.slots):
        level = book.ladder[slot]
        occupied = book.occupancy[slot >> 6] & bit(slot & 63) != 0
        assert occupied == (level != 0), "occupancy of a slot"
        if level != 0:
            found += 1
            assert core.nodes[level].slot == slot, "level in another slot"
    words = (book.slots + 63) >> 6
    for word in range(words):
        summary = book.occupancy[book.middle + (word >> 6)] & bit(word & 63) != 0
        assert summary == (book.occupancy[word] != 0), "occupancy of a word"
    for group in range((words + 63) >> 6):
        summary = book.occupancy[book.top] & bit(group) != 0
        assert summary == (book.occupancy[book.middle + group] != 0), "occupancy of a group"
    if found > 0:
        assert slot_at_or_above(book, 0) >= 0, "occupancy search"
    for rank in range(book.far_count):
        level = book.far[rank]
        assert core.nodes[level].slot == -1, "far level with a slot"
        if rank > 0:
            before = book.far[rank - 1]
            assert core.nodes[before].price < core.nodes[level].price, "far levels out of order"
    assert found + book.far_count == levels, "levels of a book"
    return 0


def check_pool(core: Core) -> int:
    """Check that free and used nodes are all nodes, and each level is that of its book."""
    free = 0
    index = core.free
    while index != 0:
        assert role_of(core, index) == ROLE_FREE, "a used node in the free list"
        free += 1
        assert free < core.fresh, "a cycle in the free list"
        index = core.links[index].next
    orders = 0
    levels = 0
    accounts = 0
    for index in range(1, core.fresh):
        role = role_of(core, index)
        orders += role == ROLE_ORDER
        levels += role == ROLE_LEVEL
        accounts += role == ROLE_ACCOUNT
    assert orders == core.order_count, "orders in the pool"
    assert accounts == core.account_used, "accounts in the pool"
    assert free + orders + levels + accounts == core.fresh - 1, "nodes lost"
    return 0


def check_accounts(core: Core) -> int:
    """Check the table of accounts and the ring of each."""
    orders = 0
    for owner in range(1, core.fresh):
        if role_of(core, owner) != ROLE_ACCOUNT:
            continue
        account = core.nodes[owner].account
        assert find_account(core, account) == owner, "account not found"
        count = 0
        before = owner
        index = core.links[owner].younger
        while index != owner:
            node = node_at(core, index)
            assert node.choices & ROLES == ROLE_ORDER, "role of an account's order"
            assert node.owner == owner, "owner of an order"
            assert node.account == account, "account of an order"
            assert core.links[index].older == before, "ring of an account"
            count += 1
            before = index
            index = core.links[index].younger
        assert count == core.nodes[owner].orders, "orders of an account"
        orders += count
    assert orders == core.order_count, "orders of all accounts"
    return 0


def check_ids(core: Core) -> int:
    """Check that ids and orders know each other, and the counts of pages and hash."""
    for index in range(1, core.fresh):
        if role_of(core, index) == ROLE_ORDER:
            assert find_order(core, core.nodes[index].order_id) == index, "order not found"
    live = 0
    pages = 0
    sparse = 0
    for place in range(core.page_mask + 1):
        if core.pages[place].tag != 0:
            pages += 1
            live += core.pages[place].live
            if not core.pages[place].nodes:
                assert core.pages[place].live != 0, "an empty page"
                sparse += core.pages[place].live
        else:
            assert not core.pages[place].nodes, "array of an empty page"
    assert live == core.order_count, "live orders of pages"
    assert pages == core.page_used, "pages in use"
    assert sparse == core.sparse_used, "orders of sparse pages"
    used = 0
    for place in range(core.sparse_mask + 1):
        used += core.sparse[place] != 0
    assert used == sparse, "entries of the hash"
    return 0


def check_expiries(core: Core) -> int:
    """Check the heap: its order, and one current entry for each order that expires."""
    current = 0
    for place in range(core.heap_count):
        parent = (place - 1) >> 1
        if place > 0:
            assert core.heap[parent].at_us <= core.heap[place].at_us, "heap out of order"
        current += current_order(core, place) != 0
    expiring = 0
    for index in range(1, core.fresh):
        node = node_at(core, index)
        expiring += node.choices & ROLES == ROLE_ORDER and node.expire_at_us > 0
    assert current == expiring, "expiries missing"
    assert current + core.heap_stale == core.heap_count, "stale expiries"
    return 0
