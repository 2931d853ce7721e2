"""The pool of nodes, and the accounts that live in it.

* A node is free, or an order, a level or an account; its ``choices`` say which. Free nodes form a
  list through ``next``, the last one given back first: it is the one still in the cache.
* An account, whose numbers are given one after the other, is found by the lower bits of its number
  in a table with open addresses; it is the closing node of the ring of its orders,
  oldest first. One without orders stays until the table fills up and is swept then, so the table
  is bounded by the accounts that had orders at the same time, never by those ever seen.
"""

from outcry.kernel.bits import rarely
from outcry.kernel.constants import ACCOUNTS_MIN, RECENT_PER_NODE, ROLE_ACCOUNT, ROLE_FREE, ROLES
from outcry.kernel.ids import grow_recent, move_faded
from outcry.kernel.layout import NODE_STEP, Core, more_nodes, new_ints, node_at, release


def role_of(core: Core, index: int) -> int:
    """Return the role of a node."""
    return node_at(core, index).choices & ROLES


def price_of(core: Core, index: int) -> int:
    """Return the price of the order at *index*: that of its level."""
    return node_at(core, node_at(core, index).level).price


def account_of(core: Core, index: int) -> int:
    """Return the account of the order at *index*."""
    return node_at(core, node_at(core, index).owner).account


def take_node(core: Core, choices: int) -> int:
    """Return a node with these choices, role included; its other fields are whatever they were."""
    index = core.free
    if rarely(index == 0):
        index = fresh_node(core)
    else:
        core.free = node_at(core, index).next
    node_at(core, index).choices = choices
    return index


def fresh_node(core: Core) -> int:
    """Return a node that was never used."""
    if core.fresh == core.node_room:
        more_room(core)
    if core.fading:
        move_faded(core)
    elif RECENT_PER_NODE * (core.fresh // NODE_STEP) > core.recent_mask:
        grow_recent(core)
    core.fresh += NODE_STEP
    return core.fresh - NODE_STEP


def give_node(core: Core, index: int) -> None:
    """Take a node back."""
    node_at(core, index).choices = ROLE_FREE
    node_at(core, index).next = core.free
    core.free = index


def more_room(core: Core) -> None:
    """Double the pool. Nodes that were never used are not touched, so they cost no memory yet."""
    room = core.node_room * 2
    core.nodes = more_nodes(core.nodes, core.node_room, room)
    core.node_room = room


def find_account(core: Core, account: int) -> int:
    """Return the node of *account*, or 0."""
    owner = core.account_table[account & core.account_mask]
    if rarely(node_at(core, owner).account != account):
        owner = find_account_further(core, account)
    return owner


def find_account_further(core: Core, account: int) -> int:
    """Return the node of *account*, which does not stand in the first place where it may, or 0."""
    place = account & core.account_mask
    owner = core.account_table[place]
    while owner != 0 and node_at(core, owner).account != account:
        place = (place + 1) & core.account_mask
        owner = core.account_table[place]
    return owner


def file_account(core: Core, owner: int) -> None:
    """Put the account at *owner* into the table, where it is not."""
    place = node_at(core, owner).account & core.account_mask
    while core.account_table[place] != 0:
        place = (place + 1) & core.account_mask
    core.account_table[place] = owner


def open_account(core: Core, account: int) -> int:
    """Return the node of *account*, which is made if there is none."""
    index = find_account(core, account)
    if index != 0:
        return index
    if 2 * core.account_used > core.account_mask:
        rebuild_accounts(core)
    index = take_node(core, ROLE_ACCOUNT)
    node_at(core, index).account = account
    node_at(core, index).orders = 0
    node_at(core, index).younger = index
    node_at(core, index).older = index
    file_account(core, index)
    core.account_used += 1
    return index


def rebuild_accounts(core: Core) -> None:
    """Make the table four times as large as the accounts with orders, and forget the others.

    It never becomes smaller than `ACCOUNTS_MIN`: some accounts without orders always stay.
    """
    old = core.account_table
    old_size = core.account_mask + 1
    live = 0
    for place in range(old_size):
        if old[place] != 0 and node_at(core, old[place]).orders != 0:
            live += 1
    size = ACCOUNTS_MIN
    while size < 4 * live:
        size *= 2
    core.account_table = new_ints(size)
    core.account_mask = size - 1
    core.account_used = live
    for place in range(old_size):
        index = old[place]
        if index == 0:
            continue
        if node_at(core, index).orders == 0:
            give_node(core, index)
        else:
            file_account(core, index)
    release(old)


def join_account(core: Core, index: int, owner: int) -> None:
    """Make the order at *index* the youngest of its account, which counts it already."""
    youngest = node_at(core, owner).older
    node_at(core, index).younger = owner
    node_at(core, index).older = youngest
    node_at(core, youngest).younger = index
    node_at(core, owner).older = index


def leave_account(core: Core, index: int) -> None:
    """Take the order at *index* from the list of its account."""
    older = node_at(core, index).older
    younger = node_at(core, index).younger
    node_at(core, older).younger = younger
    node_at(core, younger).older = older
    node_at(core, node_at(core, index).owner).orders -= 1
