"""The inner loop of the engine: wait, read, carry out, answer, without Python where it is compiled.

* A **served** connection is one that has logged on. Its bytes go from the system into the bound
  source of the sessions, its answers from there to the system; no object is made on the way.
* All the rest is Python's and is called from here: descriptors of the event loop, connections that
  have not logged on or are ending, messages of a session, what the system did not take at once.
* It runs where the event loop waits (`services.gateway.poller`), until the loop has anything to do.
* One round serves each connection that is ready once, with at most the bytes of the source.
"""

from collections.abc import Callable
from typing import Any

import cython

from outcry.kernel.answers import gather
from outcry.kernel.outbox import keep_frames
from outcry.kernel.session_layout import copy_octets, octets_in, text_between
from outcry.kernel.sessions import SessionEngine
from outcry.services.gateway.spares import (
    free_wires,
    keep_tail,
    know_wire,
    reset_wire,
    seat,
    seat_of,
    send_soon,
    sent_soon,
)
from outcry.services.gateway.wires import (
    ASKED,
    NOT_HERE,
    NOT_NOW,
    OTHER,
    READABLE,
    SERVED,
    WRITABLE,
    clock_us,
    new_wires,
    ready_at,
    receive,
    ticks_us,
    transmit,
    wait_ready,
    wire_at,
)


class Pump:
    """Serves connections of sessions; for one thread."""

    def __cinit__(self) -> None:
        self.state = new_wires()

    def __init__(self, poll: int, fail: Callable[[Exception], None]) -> None:
        """Wait on the epoll instance *poll*; tell *fail* what calls into Python raise."""
        if not cython.compiled:
            self.__cinit__()
        self.poll = poll
        self.fail = fail
        self.lines: dict[int, Any] = {}
        #: Whether served connections are carried out here, or their bytes handed to Python.
        self.is_allowed = True
        #: Whether commands are counted, which `Line.spend` is told.
        self.is_counting = False
        self.called = False

    def __dealloc__(self) -> None:
        free_wires(self.state)

    def attach(self, desk: SessionEngine) -> None:
        """Serve the sessions of *desk* from now on."""
        self.desk = desk
        self.sessions = self.desk.state

    # --- connections -----------------------------------------------------------------------

    def add(self, number: int, line: Any) -> None:  # noqa: ANN401 - a `poller.Line`; C has no types for it
        """Call *line* for what happens to a descriptor."""
        know_wire(self.state, number)
        reset_wire(wire_at(self.state, number), ASKED)
        self.lines[number] = line

    def remove(self, number: int) -> None:
        """Forget a descriptor."""
        self.stop_serving(number)
        reset_wire(wire_at(self.state, number), OTHER)
        self.lines.pop(number, None)

    def serve(self, number: int, place: int, tail: bytes) -> None:
        """Serve a connection, which has the session at *place*, and sent half a frame already."""
        wire = wire_at(self.state, number)
        wire.kind = SERVED
        wire.place = place
        view = memoryview(tail)
        keep_tail(wire, octets_in(view), 0, len(view))
        seat(self.state, place, number)

    def stop_serving(self, number: int) -> None:
        """Serve a connection no more."""
        wire = wire_at(self.state, number)
        if wire.kind == SERVED and seat_of(self.state, wire.place) == number:
            seat(self.state, wire.place, 0)
        wire.kind = ASKED

    def hold(self, number: int, held: bool) -> None:
        """Say whether something waits in Python that has to be sent first."""
        wire_at(self.state, number).is_held = held

    def times(self, number: int) -> tuple[int, int]:
        """Return when a served connection was heard and answered last; 0 and 0: never."""
        return wire_at(self.state, number).heard_us, wire_at(self.state, number).spoke_us

    # --- rounds ----------------------------------------------------------------------------

    def wait(self, timeout_ms: int) -> list[tuple[int, int]] | None:
        """Serve until the loop has something to do, or until *timeout_ms* has passed (-1: never).

        Return the loop's own descriptors that are ready, or None where waiting is not for C.
        """
        state = self.state
        until = ticks_us() + 1000 * timeout_ms
        left = timeout_ms
        while True:
            with cython.nogil:
                count = wait_ready(state, self.poll, left)
            if count == NOT_HERE:
                return None
            found = self.round(count)
            if count < 0 or found or self.called or timeout_ms == 0:
                return found
            if timeout_ms > 0:
                left = (until - ticks_us() + 999) // 1000
                if left <= 0:
                    return found

    def take(self, ready: list[tuple[int, int]]) -> list[tuple[int, int]]:
        """Serve what somebody else found ready; return the loop's own descriptors among it."""
        for turn in range(len(ready)):
            ready_at(self.state, turn).number = ready[turn][0]
            ready_at(self.state, turn).events = ready[turn][1]
        return self.round(len(ready))

    def round(self, count: int) -> list[tuple[int, int]]:
        """Serve each of the descriptors that are ready; return those of the loop."""
        state = self.state
        self.called = False
        found: list[tuple[int, int]] = []
        if count > 0:
            state.now_us = clock_us()
        for turn in range(count):
            number = ready_at(state, turn).number
            events = ready_at(state, turn).events
            if number >= state.wire_room or wire_at(state, number).kind == OTHER:
                found.append((number, events))
                continue
            try:
                wire = wire_at(state, number)
                if wire.kind == SERVED and not (wire.is_held and events & WRITABLE):
                    self.hear(number)
                else:
                    self.call(number, events)
            except Exception as error:  # noqa: BLE001 - as of any callback of an event loop
                self.fail(error)
        if state.due_count != 0:
            self.send_all_due()
        return found

    def call(self, number: int, events: int) -> int:
        """Let a connection's own code do what there is to do; return 0."""
        self.called = True
        line = self.lines[number]
        if events & WRITABLE:
            line.writable()
        if not events & READABLE or number not in self.lines:
            return 0
        if wire_at(self.state, number).kind == SERVED:
            return self.hear(number)
        line.readable()
        return 0

    def hear(self, number: int) -> int:
        """Read once from a served connection, and carry out what came; return 0."""
        wire = wire_at(self.state, number)
        sessions = self.sessions
        kept = wire.tail_bytes
        copy_octets(sessions.source, 0, wire.tail, 0, kept)
        count = receive(number, sessions.source, kept, sessions.source_bytes - kept)
        if count == NOT_NOW:
            return 0
        if count <= 0:
            self.called = True
            self.lines[number].lost()
            return 0
        wire.heard_us = self.state.now_us
        wire.tail_bytes = 0
        stop = kept + count
        is_ours = self.is_allowed
        return self.carry_out(number, stop) if is_ours else self.hand_over(number, 0, stop)

    def carry_out(self, number: int, stop: int) -> int:
        """Tell what expired, which has lower numbers; carry out ``source[:stop]``; return 0."""
        sessions = self.sessions
        place = wire_at(self.state, number).place
        sessions.time_us = max(sessions.time_us, self.state.now_us)
        self.desk.expire(sessions.time_us)
        if sessions.touched_count != 0:
            self.tell_others()
        size = self.desk.answer(place, 0, stop, sessions.time_us)
        consumed, fault, taken = sessions.consumed, sessions.fault, sessions.taken
        if size != 0:
            keep_frames(sessions, place, sessions.out, size)
            self.say(number, size)
        if sessions.touched_count != 0:
            self.tell_others()
        if fault != 0:
            self.called = True
            self.lines[number].end_invalid()
            return 0
        if self.is_counting:
            self.called = True
            self.lines[number].spend(taken)
        if sessions.has_message:
            return self.hand_over(number, consumed, stop)
        keep_tail(wire_at(self.state, number), sessions.source, consumed, stop - consumed)
        return 0

    def hand_over(self, number: int, start: int, stop: int) -> int:
        """Let Python carry out ``source[start:stop]``, and keep what it leaves; return 0."""
        self.called = True
        tail = self.lines[number].take_over(start, stop)
        if tail and number in self.lines:
            view = memoryview(tail)
            keep_tail(wire_at(self.state, number), octets_in(view), 0, len(view))
        return 0

    # --- what is said ----------------------------------------------------------------------

    def say(self, number: int, size: int) -> int:
        """Send a served connection the first *size* bytes of the answers; return 0."""
        wire = wire_at(self.state, number)
        wire.spoke_us = self.state.now_us
        out = self.sessions.out
        if wire.is_held:
            self.called = True
            self.lines[number].put(text_between(out, 0, size))
        elif wire.soon_bytes != 0:
            send_soon(self.state, number, out, size)
        else:
            sent = transmit(number, out, 0, size)
            if sent != size:
                self.called = True
                self.lines[number].keep(text_between(out, max(sent, 0), size))
        return 0

    def tell_others(self) -> int:
        """Keep, and send at the end of the round, what others than the one at hand are told."""
        sessions = self.sessions
        for turn in range(sessions.touched_count):
            place = sessions.touched[turn]
            size = gather(sessions, place)
            keep_frames(sessions, place, sessions.out, size)
            number = seat_of(self.state, place)
            if number == 0:
                continue
            wire = wire_at(self.state, number)
            wire.spoke_us = self.state.now_us
            if wire.is_held:
                self.called = True
                self.lines[number].put_soon(text_between(sessions.out, 0, size))
            else:
                send_soon(self.state, number, sessions.out, size)
        sessions.touched_count = 0
        sessions.aside_at = 0
        return 0

    def send_all_due(self) -> int:
        """Send what waits for the end of this round; return 0."""
        for turn in range(self.state.due_count):
            try:
                self.flush(self.state.due[turn])
            except Exception as error:  # noqa: BLE001 - as of any callback of an event loop
                self.fail(error)
        self.state.due_count = 0
        return 0

    def flush(self, number: int) -> int:
        """Send now what waits for the end of the round; return 0."""
        wire = wire_at(self.state, number)
        wire.is_due = False
        size = wire.soon_bytes
        sent = 0 if size == 0 else transmit(number, wire.soon, 0, size)
        if sent == size:
            sent_soon(wire)
            return 0
        self.called = True
        rest = text_between(wire.soon, max(sent, 0), size)
        sent_soon(wire)
        self.lines[number].keep(rest)
        return 0
