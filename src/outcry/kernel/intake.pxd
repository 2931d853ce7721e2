cimport cython

cdef void read_frames(Sessions* state, Core* core, long stop, long long time_us) noexcept nogil
cdef bint open_frame(Sessions* state, long stop) noexcept nogil
cdef void read_records(Sessions* state, Core* core, long long time_us) noexcept nogil
cdef inline int refuse_client(Core* core, Session* session, long long head, long long seq, long long account) noexcept nogil
cdef inline int refuse_id(Session* session, long long client_id) noexcept nogil
@cython.locals(named=cython.bint, known=cython.bint, family=cython.longlong, client_id=cython.longlong, reject=cython.longlong, kind=cython.int, to=cython.long, words=cython.long)
cdef inline void read_record(Sessions* state, Core* core, Session* session, long at, long size, long long time_us) noexcept nogil
