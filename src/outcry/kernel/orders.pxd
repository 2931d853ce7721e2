cimport cython

cdef inline void do_cancel(Core* core, Words cmd) noexcept nogil
cdef inline bint is_named(Core* core, Book* book, int index, Words cmd) noexcept nogil
cdef void refuse_name(Core* core, Book* book, int index, Words cmd) noexcept nogil
cdef int named_order(Core* core, Words cmd) noexcept nogil
cdef void do_cancel_all(Core* core, Words cmd) noexcept nogil
cdef void do_reduce(Core* core, Words cmd) noexcept nogil
@cython.locals(kept=cython.bint, crossing=cython.bint, reject=cython.int)
cdef void do_replace(Core* core, Words cmd) noexcept nogil
cdef void enter_again(Core* core, Book* book, int index, long long price, int remaining) noexcept nogil
cdef inline void take_again(Core* core, int index, long long price) noexcept nogil
