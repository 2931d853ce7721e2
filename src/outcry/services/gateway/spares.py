"""What a served connection keeps from one read to the next: half a frame, and what to send soon."""

from outcry.kernel.layout import more_ints, release
from outcry.kernel.session_layout import copy_octets, more_octets, no_octets
from outcry.services.gateway.wires import OTHER, SPARE_BYTES, Wire, Wires, more_wires, wire_at


def reset_wire(wire: Wire, kind: int) -> None:
    """Let a descriptor be a new one of that kind, with nothing kept."""
    release(wire.tail)
    release(wire.soon)
    blank_wire(wire)
    wire.kind = kind


def blank_wire(wire: Wire) -> None:
    """Let nothing be known of a descriptor."""
    wire.kind = OTHER
    wire.place = 0
    wire.is_held = wire.is_due = False
    wire.heard_us = wire.spoke_us = 0
    wire.tail = no_octets()
    wire.tail_bytes = wire.tail_room = 0
    wire.soon = no_octets()
    wire.soon_bytes = wire.soon_room = 0


def know_wire(state: Wires, number: int) -> None:
    """Make room for the descriptor of that number."""
    if number >= state.wire_room:
        room = 2 * number + 16
        state.wires = more_wires(state.wires, state.wire_room, room)
        for fresh in range(state.wire_room, room):
            blank_wire(wire_at(state, fresh))
        state.wire_room = room


def seat(state: Wires, place: int, number: int) -> None:
    """Let the session at *place* be connected by a descriptor, or by none (0)."""
    if place >= state.seat_room:
        room = 2 * place + 16
        state.seats = more_ints(state.seats, state.seat_room, room)
        for fresh in range(state.seat_room, room):
            state.seats[fresh] = 0
        state.seat_room = room
    state.seats[place] = number


def seat_of(state: Wires, place: int) -> int:
    """Return the descriptor of the session at *place*, or 0."""
    return state.seats[place] if place < state.seat_room else 0


def keep_tail(wire: Wire, octets: memoryview, at: int, count: int) -> None:
    """Keep the begin of a frame; with none, give a large area back."""
    if count > wire.tail_room:
        wire.tail = more_octets(wire.tail, 0, count)
        wire.tail_room = count
    elif count == 0 and wire.tail_room > SPARE_BYTES:
        release(wire.tail)
        wire.tail = no_octets()
        wire.tail_room = 0
    copy_octets(wire.tail, 0, octets, at, count)
    wire.tail_bytes = count


def send_soon(state: Wires, number: int, octets: memoryview, count: int) -> None:
    """Keep bytes that are to be sent at the end of the round."""
    wire = wire_at(state, number)
    if wire.soon_bytes + count > wire.soon_room:
        room = 2 * wire.soon_bytes + count
        wire.soon = more_octets(wire.soon, wire.soon_bytes, room)
        wire.soon_room = room
    copy_octets(wire.soon, wire.soon_bytes, octets, 0, count)
    wire.soon_bytes += count
    if not wire.is_due:
        wire.is_due = True
        if state.due_count == state.due_room:
            state.due_room = 2 * state.due_count + 16
            state.due = more_ints(state.due, state.due_count, state.due_room)
        state.due[state.due_count] = number
        state.due_count += 1


def sent_soon(wire: Wire) -> None:
    """Forget what was sent; give a large area back."""
    wire.soon_bytes = 0
    if wire.soon_room > SPARE_BYTES:
        release(wire.soon)
        wire.soon = no_octets()
        wire.soon_room = 0


def free_wires(state: Wires) -> None:
    """Give back everything that is kept of descriptors."""
    for number in range(state.wire_room):
        release(wire_at(state, number).tail)
        release(wire_at(state, number).soon)
    release(state.wires)
    release(state.seats)
    release(state.due)
    release(state.ready)
    release(state)
