cimport cython

cdef inline int find_book(Core* core, unsigned int instrument) noexcept nogil
@cython.locals(is_free=cython.bint, is_immediate=cython.bint)
cdef void do_place(Core* core, const long long* src, long at) noexcept nogil
cdef inline bint is_common(Core* core, Book* book, int owner, const long long* src, long at) noexcept nogil
@cython.locals(may_rest=cython.bint)
cdef void place_uncommon(Core* core, Book* book, int page, int owner, const long long* src, long at) noexcept nogil
cdef inline bint is_able_to_rest(long long terms) noexcept nogil
@cython.locals(may_rest=cython.bint)
cdef int refuse_place(Core* core, Book* book, int page, int owner, const long long* src, long at) noexcept nogil
cdef inline void rest(Core* core, Book* book, int page, int owner, int level, const long long* src, long at, int qty, int filled) noexcept nogil
cdef void rest_anew(Core* core, Book* book, const long long* src, long at, int qty, int filled) noexcept nogil
@cython.locals(is_money=cython.bint)
cdef inline void load_taker(Core* core, const long long* src, long at) noexcept nogil
cdef void enter(Core* core, Book* book, const long long* src, long at, bint may_rest) noexcept nogil
