cimport cython

cdef Core* boot() noexcept nogil
cdef void refuse_record(Core* core, const long long* src, long at) noexcept nogil
cdef void refuse_rest(Core* core, int first) noexcept nogil
cdef void dispatch(Core* core, const long long* src, long at) noexcept nogil
cdef long take_record(Core* core, const long long* src, long at, long end) noexcept nogil
@cython.locals(looks=cython.bint)
cdef long run(Core* core, const long long* src, long start, long length, int tail) noexcept nogil
cdef void free_core(Core* core) noexcept nogil
