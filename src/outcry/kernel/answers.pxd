cimport cython

cdef inline void open_frames(Sessions* state) noexcept nogil
cdef inline long close_frames(Sessions* state) noexcept nogil
cdef inline long answer_room(Sessions* state, long size) noexcept nogil
cdef long aside_room(Sessions* state, int place, long size) noexcept nogil
cdef void touch(Sessions* state, int place) noexcept nogil
@cython.locals(place=cython.longlong)
cdef inline int place_of(Sessions* state, long long order_id) noexcept nogil
cdef inline long open_message(Sessions* state, int place, long size) noexcept nogil
@cython.locals(keeps=cython.longlong)
cdef inline void copy_fact(Sessions* state, Core* core, int place, long at, long words, long long client_id) noexcept nogil
@cython.locals(reject=cython.longlong, kind=cython.int)
cdef void refuse_asked(Sessions* state, Core* core, long at, long asked) noexcept nogil
@cython.locals(tail=cython.longlong, taker=cython.longlong, owner=cython.longlong, match=cython.longlong, last=cython.int)
cdef void tell_fill(Sessions* state, Core* core, long at, int role) noexcept nogil
@cython.locals(tail=cython.longlong, bids=cython.longlong)
cdef void tell_public(Sessions* state, Core* core, long at) noexcept nogil
cdef void note_book(Sessions* state, Core* core, unsigned int instrument) noexcept nogil
@cython.locals(head=cython.longlong, kind=cython.int)
cdef void tell_facts(Sessions* state, Core* core, long start, long stop) noexcept nogil
cdef inline void tell_fact(Sessions* state, Core* core, long at, int kind, long asked) noexcept nogil
@cython.locals(offset=cython.long, at=cython.long, to=cython.long, size=cython.long)
cdef long gather(Sessions* state, int place) noexcept nogil
