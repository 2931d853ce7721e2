cimport cython

@cython.locals(is_money=cython.bint)
cdef inline int trade(Core* core, Book* book) noexcept nogil
cdef inline bint can_pay(Core* core, long long price) noexcept nogil
cdef inline bint is_own(Core* core, int maker) noexcept nogil
cdef inline void sweep(Core* core, Book* book, int side) noexcept nogil
@cython.locals(quantity=cython.int, is_last=cython.bint)
cdef inline int sweep_level(Core* core, Book* book, int level, int remaining) noexcept nogil
@cython.locals(quantity=cython.int, is_last=cython.bint)
cdef void fill_maker(Core* core, Book* book, int maker) noexcept nogil
cdef bint meet_own(Core* core, Book* book, int maker) noexcept nogil
@cython.locals(is_blocked=cython.bint)
cdef bint can_fill(Core* core, Book* book) noexcept nogil
@cython.locals(skips=cython.bint)
cdef long long lots_for_taker(Core* core, int level) noexcept nogil
cdef inline long long own_price(Core* core, long long price) noexcept nogil
