cimport cython

cdef int refuse_form(Book* book, Words cmd, bint may_rest) noexcept nogil
@cython.locals(is_gtd=cython.bint)
cdef int refuse_terms(Book* book, Words cmd) noexcept nogil
cdef int refuse_price(Book* book, long long price, bint on_grid) noexcept nogil
cdef int refuse_room(Core* core, Book* book, int owner) noexcept nogil
cdef int refuse_entry(Book* book, Words cmd) noexcept nogil
cdef int refuse_replace(Core* core, Book* book, int index, Words cmd) noexcept nogil
cdef bint accepts(Book* book, int post_only) noexcept nogil
cdef bint tick_is_valid(int kind, long long tick) noexcept nogil
cdef bint bounds_are_valid(int kind, long long price_min, long long price_max) noexcept nogil
cdef int refuse_settings(int kind, long long tick, long long qty_min, long long qty_max, long long orders_max) noexcept nogil
