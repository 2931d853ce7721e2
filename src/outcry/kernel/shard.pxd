cimport cython

cdef Core* boot(long long seed) noexcept nogil
cdef void refuse_record(Core* core, Words cmd) noexcept nogil
cdef void refuse_rest(Core* core, int first) noexcept nogil
cdef void dispatch(Core* core, Words cmd) noexcept nogil
cdef long take_record(Core* core, Words cmd, long room) noexcept nogil
@cython.locals(cmd=Words)
cdef long run_last_records(Core* core, Words src, long start) noexcept nogil
@cython.locals(cmd=Words)
cdef inline long run_records(Core* core, Words src, long start, bint looks) noexcept nogil
@cython.locals(is_stopped=cython.bint)
cdef long run(Core* core, Words src, long start, long length, int tail) noexcept nogil
cdef void free_core(Core* core) noexcept nogil
