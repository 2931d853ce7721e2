cimport cython

cdef void do_cancel(Core* core, const long long* src, long at) noexcept nogil
cdef inline bint is_named(Core* core, Book* book, int index, const long long* src, long at) noexcept nogil
cdef void refuse_name(Core* core, Book* book, int index, const long long* src, long at) noexcept nogil
cdef int named_order(Core* core, const long long* src, long at) noexcept nogil
cdef void do_cancel_all(Core* core, const long long* src, long at) noexcept nogil
cdef void do_reduce(Core* core, const long long* src, long at) noexcept nogil
@cython.locals(kept=cython.bint, crossing=cython.bint, reject=cython.int)
cdef void do_replace(Core* core, const long long* src, long at) noexcept nogil
cdef void enter_again(Core* core, Book* book, int index, long long price, int remaining) noexcept nogil
cdef inline void take_again(Core* core, int index) noexcept nogil
