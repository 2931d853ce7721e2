cimport cython

@cython.final
cdef class Pump:
    cdef Wires* state
    cdef Sessions* sessions
    cdef SessionEngine desk
    cdef int poll
    cdef object fail
    cdef dict lines
    cdef public bint is_allowed
    cdef public bint is_counting
    cdef bint called

    @cython.locals(until=cython.longlong, left=cython.longlong, count=cython.int)
    cpdef list wait(self, long timeout_ms)
    @cython.locals(turn=cython.int, number=cython.int, events=cython.int)
    cdef list round(self, int count)
    cdef int call(self, int number, int events) except -1
    @cython.locals(kept=cython.long, count=cython.long, stop=cython.long)
    cdef int hear(self, int number) except -1
    @cython.locals(place=cython.int, size=cython.long, consumed=cython.long, fault=cython.int, taken=cython.long)
    cdef int carry_out(self, int number, long stop) except -1
    cdef int hand_over(self, int number, long start, long stop) except -1
    @cython.locals(sent=cython.long)
    cdef int say(self, int number, long size) except -1
    @cython.locals(place=cython.int, size=cython.long, number=cython.int, turn=cython.int)
    cdef int tell_others(self) except -1
    cdef int send_all_due(self) except -1
    @cython.locals(sent=cython.long, size=cython.long)
    cpdef int flush(self, int number) except -1
