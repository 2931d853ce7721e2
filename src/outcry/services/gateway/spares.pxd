cimport cython

cdef void reset_wire(Wire* wire, int kind) noexcept nogil
cdef void blank_wire(Wire* wire) noexcept nogil
@cython.locals(room=cython.int, fresh=cython.int)
cdef void know_wire(Wires* state, int number) noexcept nogil
@cython.locals(room=cython.int, fresh=cython.int)
cdef void seat(Wires* state, int place, int number) noexcept nogil
cdef inline int seat_of(Wires* state, int place) noexcept nogil
cdef inline void keep_tail(Wire* wire, Octets octets, long at, long count) noexcept nogil
@cython.locals(room=cython.long)
cdef void send_soon(Wires* state, int number, Octets octets, long count) noexcept nogil
cdef void sent_soon(Wire* wire) noexcept nogil
@cython.locals(number=cython.int)
cdef void free_wires(Wires* state) noexcept nogil
