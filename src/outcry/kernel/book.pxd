cdef int open_level(Core* core, Book* book, int side, long long price) noexcept nogil
cdef void close_level(Core* core, Book* book, int level) noexcept nogil
cdef inline void link_order(Core* core, Book* book, int index, int level) noexcept nogil
cdef inline void unlink_order(Core* core, Book* book, int index) noexcept nogil
cdef inline void forget_order(Core* core, int index, long long order_id) noexcept nogil
cdef void remove_order(Core* core, Book* book, int index) noexcept nogil
cdef inline void set_best(Core* core, Book* book, int side, int level) noexcept nogil
cdef inline long long best_price(Book* book, int side) noexcept nogil
cdef inline bint crosses(Book* book, int side, long long price) noexcept nogil
cdef inline Book* book_of(Core* core, int index) noexcept nogil
