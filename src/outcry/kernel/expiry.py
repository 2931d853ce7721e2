"""When orders expire: a heap by (expiry, order id).

An order that ends early leaves its entry behind; ``heap_stale`` counts those. Once they are most
of the heap it is built anew without them, so it is bounded by the live orders that expire. The
ticket tells the entry of a live order from that of an earlier order with the same id.
"""

from outcry.kernel.constants import STALE_MIN
from outcry.kernel.ids import find_order
from outcry.kernel.layout import Core, Expiry, more_expiries, node_at


def is_before(heap: list[Expiry], one: int, other: int) -> bool:
    """Return whether the entry at place *one* expires before that at *other*."""
    if heap[one].at_us != heap[other].at_us:
        return heap[one].at_us < heap[other].at_us
    return heap[one].order_id < heap[other].order_id


def swap_expiries(heap: list[Expiry], one: int, other: int) -> None:
    """Exchange two entries."""
    at_us = heap[one].at_us
    order_id = heap[one].order_id
    ticket = heap[one].ticket
    heap[one].at_us = heap[other].at_us
    heap[one].order_id = heap[other].order_id
    heap[one].ticket = heap[other].ticket
    heap[other].at_us = at_us
    heap[other].order_id = order_id
    heap[other].ticket = ticket


def sift_up(heap: list[Expiry], place: int) -> None:
    """Move the entry at *place* up until its parent is not later."""
    while place > 0 and is_before(heap, place, (place - 1) >> 1):
        swap_expiries(heap, place, (place - 1) >> 1)
        place = (place - 1) >> 1


def sift_down(heap: list[Expiry], count: int, place: int) -> None:
    """Move the entry at *place* down until no child is earlier."""
    while True:
        child = 2 * place + 1
        if child >= count:
            return
        if child + 1 < count and is_before(heap, child + 1, child):
            child += 1
        if not is_before(heap, child, place):
            return
        swap_expiries(heap, child, place)
        place = child


def add_expiry(core: Core, index: int) -> None:
    """Remember when the order at *index* expires."""
    if core.heap_count == core.heap_room:
        room = 2 * core.heap_room + 64
        core.heap = more_expiries(core.heap, core.heap_count, room)
        core.heap_room = room
    place = core.heap_count
    core.heap_count += 1
    core.heap_ticket = (core.heap_ticket + 1) & 0x3FFFFFFF
    node_at(core, index).ticket = core.heap_ticket
    core.heap[place].at_us = node_at(core, index).expire_at_us
    core.heap[place].order_id = node_at(core, index).order_id
    core.heap[place].ticket = core.heap_ticket
    sift_up(core.heap, place)


def drop_first_expiry(core: Core) -> None:
    """Take the earliest entry out."""
    core.heap_count -= 1
    swap_expiries(core.heap, 0, core.heap_count)
    sift_down(core.heap, core.heap_count, 0)


def current_order(core: Core, place: int) -> int:
    """Return the node of the order that the entry at *place* is about, or 0 if it is stale."""
    index = find_order(core, core.heap[place].order_id)
    if index == 0 or node_at(core, index).expire_at_us <= 0:
        return 0
    return index if node_at(core, index).ticket == core.heap[place].ticket else 0


def forget_expiry(core: Core) -> None:
    """Note that an order with an expiry, no longer live, has left an entry behind."""
    core.heap_stale += 1
    if core.heap_stale < STALE_MIN or 2 * core.heap_stale < core.heap_count:
        return
    kept = 0
    for place in range(core.heap_count):
        if current_order(core, place) != 0:
            swap_expiries(core.heap, kept, place)
            kept += 1
    core.heap_count = kept
    core.heap_stale = 0
    for place in range((kept >> 1) - 1, -1, -1):
        sift_down(core.heap, kept, place)
