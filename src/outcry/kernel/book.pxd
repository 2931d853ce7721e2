cdef int open_level(Core* core, Book* book, int side, long long price) noexcept nogil
cdef void close_level(Core* core, Book* book, int level) noexcept nogil
cdef void link_order(Core* core, Book* book, int index, int side, long long price) noexcept nogil
cdef void unlink_order(Core* core, Book* book, int index) noexcept nogil
cdef void forget_order(Core* core, int index) noexcept nogil
cdef void remove_order(Core* core, Book* book, int index) noexcept nogil
cdef void set_best(Core* core, Book* book, int side, int level) noexcept nogil
cdef bint crosses(Book* book, int side, long long price) noexcept nogil
cdef Book* book_of(Core* core, int index) noexcept nogil
