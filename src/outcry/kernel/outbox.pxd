cimport cython

@cython.locals(count=cython.long, first=cython.long, to=cython.long)
cdef inline void keep_frames(Sessions* state, int place, Octets octets, long size) noexcept nogil
@cython.locals(room=cython.long, length=cython.long)
cdef void make_ring_room(Sessions* state, Session* session, long count) noexcept nogil
@cython.locals(first=cython.long)
cdef void unroll(Session* session, Octets target) noexcept nogil
cdef inline long kept_octet(Session* session, long offset) noexcept nogil
@cython.locals(number=cython.longlong)
cdef long long oldest_number(Session* session) noexcept nogil
cdef void forget_frames(Session* session) noexcept nogil
@cython.locals(place=cython.int)
cdef void free_sessions(Sessions* state) noexcept nogil
