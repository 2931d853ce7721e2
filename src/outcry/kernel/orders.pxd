cimport cython

cdef void do_place(Core* core, const long long* src, long at) noexcept nogil
@cython.locals(may_rest=cython.bint)
cdef int refuse_place(Core* core, Book* book, const long long* src, long at) noexcept nogil
@cython.locals(is_money=cython.bint)
cdef void load_taker(Core* core, const long long* src, long at) noexcept nogil
cdef void enter(Core* core, Book* book, int index, bint may_rest) noexcept nogil
cdef int new_order(Core* core) noexcept nogil
cdef int named_order(Core* core, const long long* src, long at) noexcept nogil
cdef void do_cancel(Core* core, const long long* src, long at) noexcept nogil
cdef void do_cancel_all(Core* core, const long long* src, long at) noexcept nogil
cdef void do_reduce(Core* core, const long long* src, long at) noexcept nogil
@cython.locals(kept=cython.bint, crossing=cython.bint, reject=cython.int)
cdef void do_replace(Core* core, const long long* src, long at) noexcept nogil
cdef void enter_again(Core* core, Book* book, int index, long long price, int remaining) noexcept nogil
cdef int find_book(Core* core, unsigned int instrument) noexcept nogil
