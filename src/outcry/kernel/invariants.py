"""Verifies every internal invariant of a shard. Raises AssertionError on the first that fails.

Called by tests and on request; no command does this.
"""

from outcry.kernel.bits import bit, book_side
from outcry.kernel.book import best_price
from outcry.kernel.constants import (
    ROLE_ACCOUNT,
    ROLE_FREE,
    ROLE_LEVEL,
    ROLE_ORDER,
    ROLES,
    STATE_OPEN,
)
from outcry.kernel.expiry import current_order
from outcry.kernel.ids import find_order, place_in
from outcry.kernel.ladder import slot_at_or_above, slot_of
from outcry.kernel.layout import NO_TOUCH, NODE_STEP, Book, Core, book_at, node_at
from outcry.kernel.placing import find_book
from outcry.kernel.pool import find_account, role_of
from outcry.kernel.walk import next_level


def check_core(core: Core) -> int:
    """Check everything."""
    orders = 0
    for place in range(core.book_count):
        book = book_at(core, core.by_id[place])
        assert find_book(core, book.instrument).index == core.by_id[place], "instrument not found"
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
            assert book.touch[1 - side] == NO_TOUCH, "touch of an empty side"
        else:
            assert best_price(book, side) == node_at(core, level).price, "best price"
        while level != 0:
            levels += 1
            orders += check_level(core, book, level, side)
            price = node_at(core, level).price
            level = next_level(core, book, side, level)
            if level != 0:
                further = node_at(core, level).price
                assert further < price if side == 0 else further > price, "levels out of order"
    assert orders == book.orders, "orders of a book"
    if book.best_level[0] != 0 and book.best_level[1] != 0:
        assert best_price(book, 0) < best_price(book, 1), "crossed book"
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
    index = node_at(core, level).next
    while index != level:
        node = node_at(core, index)
        assert node.choices & ROLES == ROLE_ORDER, "role of an order"
        assert node.level == level, "level of an order"
        assert node_at(core, index).prev == before, "ring of a level"
        assert node.remaining > 0, "an empty order"
        assert book_side(node.choices) == side, "side of an order"
        total += node.remaining
        orders += 1
        before = index
        index = node_at(core, index).next
    assert node_at(core, level).prev == before, "end of a ring"
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
            assert node_at(core, level).slot == slot, "level in another slot"
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
        assert node_at(core, level).slot == -1, "far level with a slot"
        if rank > 0:
            before = book.far[rank - 1]
            price = node_at(core, level).price
            assert node_at(core, before).price < price, "far levels out of order"
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
        index = node_at(core, index).next
    orders = 0
    levels = 0
    accounts = 0
    for number in range(1, core.fresh // NODE_STEP):
        index = number * NODE_STEP
        role = role_of(core, index)
        orders += role == ROLE_ORDER
        levels += role == ROLE_LEVEL
        accounts += role == ROLE_ACCOUNT
    assert orders == core.order_count, "orders in the pool"
    assert accounts == core.account_used, "accounts in the pool"
    assert free + orders + levels + accounts == core.fresh // NODE_STEP - 1, "nodes lost"
    return 0


def check_accounts(core: Core) -> int:
    """Check the table of accounts and the ring of each."""
    orders = 0
    for number in range(1, core.fresh // NODE_STEP):
        owner = number * NODE_STEP
        if role_of(core, owner) != ROLE_ACCOUNT:
            continue
        account = node_at(core, owner).account
        assert find_account(core, account) == owner, "account not found"
        count = 0
        before = owner
        index = node_at(core, owner).younger
        while index != owner:
            node = node_at(core, index)
            assert node.choices & ROLES == ROLE_ORDER, "role of an account's order"
            assert node.owner == owner, "owner of an order"
            assert node_at(core, index).older == before, "ring of an account"
            count += 1
            before = index
            index = node_at(core, index).younger
        assert count == node_at(core, owner).orders, "orders of an account"
        orders += count
    assert orders == core.order_count, "orders of all accounts"
    return 0


def check_ids(core: Core) -> int:
    """Check that ids and orders know each other, and nothing else is known."""
    for number in range(1, core.fresh // NODE_STEP):
        index = number * NODE_STEP
        if role_of(core, index) == ROLE_ORDER:
            assert find_order(core, node_at(core, index).order_id) == index, "order not found"
            assert node_at(core, index).order_id <= core.newest_id, "an order newer than the newest"
    live = 0
    for place in range(core.recent_mask + 1):
        if core.recent[place] != 0:
            order_id = node_at(core, core.recent[place]).order_id
            assert place_in(order_id, core.recent_mask) == place, "an order in another's place"
            live += 1
    if core.fading:
        for place in range(core.fading_mask + 1):
            if core.fading[place] != 0:
                order_id = node_at(core, core.fading[place]).order_id
                assert place_in(order_id, core.fading_mask) == place, "a fading order elsewhere"
                live += 1
    sparse = 0
    for place in range(core.sparse_mask + 1):
        sparse += core.sparse[place] != 0
    assert sparse == core.sparse_used, "entries of the hash"
    assert live + sparse == core.order_count, "ids of live orders"
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
    for number in range(1, core.fresh // NODE_STEP):
        index = number * NODE_STEP
        node = node_at(core, index)
        expiring += node.choices & ROLES == ROLE_ORDER and node.expire_at_us > 0
    assert current == expiring, "expiries missing"
    assert current + core.heap_stale == core.heap_count, "stale expiries"
    return 0
