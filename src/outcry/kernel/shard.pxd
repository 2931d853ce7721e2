cimport cython

cdef Core* boot() noexcept nogil
cdef inline void finish(Core* core) noexcept nogil
cdef void refuse_record(Core* core, const long long* src, long at) noexcept nogil
cdef void refuse_rest(Core* core, int first) noexcept nogil
cdef inline void dispatch(Core* core, int record_type, const long long* src, long at) noexcept nogil
@cython.locals(looks=cython.bint)
cdef long run(Core* core, const long long* src, long start, long length, int tail) noexcept nogil
cdef void free_core(Core* core) noexcept nogil
