cimport cython

cdef int trade(Core* core, Book* book) noexcept nogil
cdef int fill_maker(Core* core, Book* book, int maker, int fill) noexcept nogil
cdef bint meet_own(Core* core, Book* book, int maker) noexcept nogil
@cython.locals(is_blocked=cython.bint)
cdef bint can_fill(Core* core, Book* book) noexcept nogil
cdef long long lots_for_taker(Core* core, int level) noexcept nogil
cdef inline long long own_price(Core* core, long long price) noexcept nogil
