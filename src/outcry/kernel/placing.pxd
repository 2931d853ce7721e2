cimport cython

cdef inline Book* find_book(Core* core, unsigned int instrument) noexcept nogil
cdef Book* find_book_further(Core* core, unsigned int instrument) noexcept nogil
@cython.locals(is_immediate=cython.bint)
cdef inline void do_place(Core* core, Words cmd) noexcept nogil
cdef inline long common_slot(Core* core, Book* book, int owner, Words cmd) noexcept nogil
@cython.locals(may_rest=cython.bint)
cdef void place_uncommon(Core* core, Book* book, int owner, Words cmd) noexcept nogil
cdef inline bint is_able_to_rest(long long terms) noexcept nogil
@cython.locals(may_rest=cython.bint)
cdef int refuse_place(Core* core, Book* book, int owner, Words cmd) noexcept nogil
cdef inline void rest(Core* core, Book* book, int owner, int level, Words cmd, long long terms) noexcept nogil
cdef void rest_anew(Core* core, Book* book, Words cmd, int remaining, int filled) noexcept nogil
@cython.locals(is_money=cython.bint)
cdef inline void load_taker(Core* core, Words cmd) noexcept nogil
cdef void enter(Core* core, Book* book, Words cmd, bint may_rest) noexcept nogil
