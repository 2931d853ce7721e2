"""From an order id to its node, in memory bounded by live orders and not by ids ever used.

* ``recent`` has one place for every id, but shared by all ids that lie a multiple of its size
  apart; the last order that came holds it. It has at least `RECENT_PER_NODE` places for each node.
  So where ids rise, as the exchange and its sessions give them, nearly every live order holds its
  place, and is found, added and removed there in one access.
* An order that loses its place to a later one moves to ``sparse``, a hash by the mixed bits of ids.
  So ids of any other pattern cost a second look, and none can make many orders meet.
* No live order has an id above ``newest_id``: an id above it needs no look to be known as free.
"""

from outcry.kernel.bits import rarely, spread
from outcry.kernel.constants import RECENT_SECOND, SESSION_STEP_SHIFT
from outcry.kernel.layout import Core, new_ints, node_at, release


def recent_place(core: Core, order_id: int) -> int:
    """Return the place of an id in ``recent``.

    Ids of sessions differ in their upper bits: each session begins some places after the last one.
    """
    return (order_id + (order_id >> SESSION_STEP_SHIFT)) & core.recent_mask


def find_order(core: Core, order_id: int) -> int:
    """Return the node of the live order with that id, or 0."""
    index = core.recent[recent_place(core, order_id)]
    if rarely(node_at(core, index).order_id != order_id):
        index = sparse_find(core, order_id)
    return index


def is_free(core: Core, order_id: int) -> bool:
    """Return whether a new order may have that id: it is above 0 and no live one has it."""
    return order_id > core.newest_id or (order_id > 0 and find_order(core, order_id) == 0)


def add_id(core: Core, order_id: int, index: int) -> None:
    """Remember that the order with that id, which is not live yet, is at *index*."""
    place = recent_place(core, order_id)
    earlier = core.recent[place]
    core.recent[place] = index
    core.newest_id = max(core.newest_id, order_id)
    if rarely(earlier != 0):
        sparse_add(core, earlier)


def remove_id(core: Core, order_id: int, index: int) -> None:
    """Forget the live order with that id, which is at *index*."""
    place = recent_place(core, order_id)
    if rarely(core.recent[place] != index):
        sparse_remove(core, order_id)
    else:
        core.recent[place] = 0


def grow_recent(core: Core) -> None:
    """Double ``recent``, at once up to `RECENT_SECOND` places, which are little and serve longer.

    Orders that have lost their place stay in the hash.
    """
    old = core.recent
    old_size = core.recent_mask + 1
    size = max(2 * old_size, RECENT_SECOND)
    core.recent = new_ints(size)
    core.recent_mask = size - 1
    for place in range(old_size):
        if old[place] != 0:
            order_id = node_at(core, old[place]).order_id
            core.recent[recent_place(core, order_id)] = old[place]
    release(old)


def sparse_slot(core: Core, order_id: int) -> int:
    """Return where in the hash the order with that id is, or the free place where it belongs."""
    table = core.sparse
    place = spread(order_id, core.sparse_mask)
    while table[place] != 0 and node_at(core, table[place]).order_id != order_id:
        place = (place + 1) & core.sparse_mask
    return place


def sparse_find(core: Core, order_id: int) -> int:
    """Return the node of the order with that id if it is in the hash, or 0."""
    return core.sparse[sparse_slot(core, order_id)]


def sparse_add(core: Core, index: int) -> None:
    """Put the order at *index* into the hash."""
    if 2 * core.sparse_used > core.sparse_mask:
        sparse_double(core)
    core.sparse[sparse_slot(core, node_at(core, index).order_id)] = index
    core.sparse_used += 1


def sparse_remove(core: Core, order_id: int) -> None:
    """Take the order with that id out of the hash and close the gap that it leaves."""
    table = core.sparse
    mask = core.sparse_mask
    hole = sparse_slot(core, order_id)
    table[hole] = 0
    core.sparse_used -= 1
    place = (hole + 1) & mask
    while table[place] != 0:
        home = spread(node_at(core, table[place]).order_id, mask)
        if ((place - home) & mask) >= ((place - hole) & mask):
            table[hole] = table[place]
            table[place] = 0
            hole = place
        place = (place + 1) & mask


def sparse_double(core: Core) -> None:
    """Double the hash."""
    old = core.sparse
    old_size = core.sparse_mask + 1
    core.sparse = new_ints(2 * old_size)
    core.sparse_mask = 2 * old_size - 1
    for place in range(old_size):
        if old[place] != 0:
            core.sparse[sparse_slot(core, node_at(core, old[place]).order_id)] = old[place]
    release(old)
