cdef int first_order(Core* core, Book* book) noexcept nogil
cdef int next_order(Core* core, Book* book, int index) noexcept nogil
cdef int next_level(Core* core, Book* book, int side, int level) noexcept nogil
cdef unsigned long long hash_book(Core* core, Book* book) noexcept nogil
