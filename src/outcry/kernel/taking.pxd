cimport cython

@cython.locals(looks=cython.bint)
cdef long take_frames(Sessions* state, Core* core, long start, long stop, long long time_us) noexcept nogil
cdef void run_work(Sessions* state, Core* core, long words) noexcept nogil
