cimport cython

@cython.final
cdef class Engine:
    cdef Core* core
    cdef object source
    cdef object target
    cdef Words source_words
    cdef long long* target_words
    cdef Py_ssize_t source_bytes
    cdef Py_ssize_t target_bytes
    cdef bint is_bound
    cdef bint is_running
    cdef int reading
    cdef readonly Py_ssize_t consumed
    cdef long pending_from
    cdef long pending_to

    cpdef Py_ssize_t process_bound(self, Py_ssize_t offset, Py_ssize_t count) except -1
    cdef int idle(self) except -1
    cdef Py_ssize_t run_bound(self, long start, long count) noexcept nogil
