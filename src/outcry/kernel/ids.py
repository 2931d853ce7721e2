"""From an order id to its node, in memory bounded by live orders and not by ids ever used.

* ``recent`` has one place for every id, but shared by all ids that lie a multiple of its size
  apart; the last order that came holds it. It has at least `RECENT_PER_NODE` places for each node.
  So where ids rise, as the exchange and its sessions give them, nearly every live order holds its
  place, and is found, added and removed there in one access.
* An order that loses its place to a later one moves to ``sparse``, a hash by ids mixed with a salt.
  So ids of any other pattern cost a second look, and nobody who does not know the salt can choose
  ids that make many orders meet there. The salt alters no fact, no snapshot and no hash of a state.
* When ``recent`` grows, its former self is kept as ``fading``, and its orders move over a few at a
  time with each new node, long before it must grow again: no command waits for all of them.
* No live order has an id above ``newest_id``: an id above it needs no look to be known as free.
"""

from outcry.kernel.bits import rarely, spread
from outcry.kernel.constants import MOVED_PER_NODE, RECENT_SECOND, SESSION_STEP_SHIFT
from outcry.kernel.layout import Core, new_ints, new_places, no_ints, node_at, release


def place_in(order_id: int, mask: int) -> int:
    """Return the place of an id in a table of ``mask + 1``.

    Ids of sessions differ in their upper bits: each session begins some places after the last one.
    """
    return (order_id + (order_id >> SESSION_STEP_SHIFT)) & mask


def find_order(core: Core, order_id: int) -> int:
    """Return the node of the live order with that id, or 0."""
    index = core.recent[place_in(order_id, core.recent_mask)]
    if rarely(node_at(core, index).order_id != order_id):
        index = find_further(core, order_id)
    return index


def find_further(core: Core, order_id: int) -> int:
    """Return the node of the order with that id if it does not hold its place, or 0."""
    if core.fading:
        index = core.fading[place_in(order_id, core.fading_mask)]
        if node_at(core, index).order_id == order_id:
            return index
    return core.sparse[sparse_slot(core, order_id)]


def claim_id(core: Core, order_id: int) -> bool:
    """Return whether a new order may have that id: it is above 0 and no live one has it."""
    if rarely(order_id <= core.newest_id):
        return order_id > 0 and find_order(core, order_id) == 0
    core.newest_id = order_id
    return True


def add_id(core: Core, order_id: int, index: int) -> None:
    """Remember that the order with that id, which has been claimed, is at *index*."""
    place = place_in(order_id, core.recent_mask)
    earlier = core.recent[place]
    core.recent[place] = index
    if rarely(earlier != 0):
        sparse_add(core, earlier)


def remove_id(core: Core, order_id: int, index: int) -> None:
    """Forget the live order with that id, which is at *index*."""
    place = place_in(order_id, core.recent_mask)
    if rarely(core.recent[place] != index):
        remove_further(core, order_id, index)
    else:
        core.recent[place] = 0


def remove_further(core: Core, order_id: int, index: int) -> None:
    """Forget the order with that id, at *index*, which does not hold its place."""
    if core.fading and core.fading[place_in(order_id, core.fading_mask)] == index:
        core.fading[place_in(order_id, core.fading_mask)] = 0
    else:
        sparse_remove(core, order_id)


def grow_recent(core: Core) -> None:
    """Double ``recent``, at once up to `RECENT_SECOND` places: little, and enough for most."""
    size = max(2 * (core.recent_mask + 1), RECENT_SECOND)
    core.fading = core.recent
    core.fading_mask = core.recent_mask
    core.fading_at = 0
    core.recent = new_places(size)
    core.recent_mask = size - 1


def move_faded(core: Core) -> None:
    """Move the orders of the next `MOVED_PER_NODE` places of ``fading``; after all, give it back.

    One whose new place has been taken by a later order moves to the hash.
    """
    for place in range(core.fading_at, core.fading_at + MOVED_PER_NODE):
        index = core.fading[place]
        core.fading[place] = 0
        if index != 0:
            home = place_in(node_at(core, index).order_id, core.recent_mask)
            if core.recent[home] == 0:
                core.recent[home] = index
            else:
                sparse_add(core, index)
    core.fading_at += MOVED_PER_NODE
    if core.fading_at > core.fading_mask:
        release(core.fading)
        core.fading = no_ints()


def sparse_slot(core: Core, order_id: int) -> int:
    """Return where in the hash the order with that id is, or the free place where it belongs."""
    table = core.sparse
    place = spread(order_id, core.salt, core.sparse_mask)
    while table[place] != 0 and node_at(core, table[place]).order_id != order_id:
        place = (place + 1) & core.sparse_mask
    return place


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
        home = spread(node_at(core, table[place]).order_id, core.salt, mask)
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
