cdef inline int slot_of(Book* book, long long price) noexcept nogil
cdef inline void mark(Book* book, int slot) noexcept nogil
cdef inline void unmark(Book* book, int slot) noexcept nogil
cdef int slot_at_or_below(Book* book, int slot) noexcept nogil
cdef int slot_at_or_above(Book* book, int slot) noexcept nogil
cdef int far_rank(Core* core, Book* book, long long price) noexcept nogil
cdef void far_insert(Core* core, Book* book, int level) noexcept nogil
cdef void far_remove(Core* core, Book* book, int level) noexcept nogil
cdef inline int find_level(Core* core, Book* book, long long price) noexcept nogil
cdef int level_below(Core* core, Book* book, int level) noexcept nogil
cdef int level_above(Core* core, Book* book, int level) noexcept nogil
