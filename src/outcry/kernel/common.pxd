cimport cython

@cython.locals(family=cython.longlong, before=cython.longlong, first=cython.longlong, last_id=cython.longlong, account=cython.longlong, turn=cython.long, words=cython.long)
cdef long read_common(Sessions* state, Core* core, Session* session, long start, long long time_us) noexcept nogil
cdef inline long words_of_common(long long head, long long client_id, long long last_id, long room) noexcept nogil
@cython.locals(family=cython.longlong, sent=cython.longlong, told=cython.long, last=cython.long, head=cython.longlong, kind=cython.int)
cdef long tell_common(Sessions* state, Core* core, long start, long stop) noexcept nogil
