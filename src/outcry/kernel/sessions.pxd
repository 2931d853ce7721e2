cimport cython

@cython.final
cdef class SessionEngine:
    cdef Sessions* state
    cdef Core* core
    cdef Engine engine
    cdef object source

    @cython.locals(place=cython.int)
    cdef int _known(self, int place) except -1
    cdef long answer(self, int place, long start, long stop, long long time_us) except -1
    cpdef bytes take(self, int place, long start, long stop, long long time_us)
    cpdef bint due(self, long long time_us) noexcept
    cpdef void expire(self, long long time_us)
    cdef void _prepare(self, int kind, int words, long long time_us, long long account) noexcept
