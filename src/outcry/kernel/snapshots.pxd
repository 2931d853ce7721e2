cimport cython

cdef long snapshot_words(Core* core) noexcept nogil
cdef void write_snapshot(Core* core, long long* out) noexcept nogil
cdef int* rank_orders(Core* core) noexcept nogil
cdef unsigned long long hash_words(const long long* words, long count) noexcept nogil
cdef int read_snapshot(Core* core, const long long* src, long words) noexcept nogil
cdef int read_instrument(Core* core, const long long* src, long at) noexcept nogil
@cython.locals(is_first=cython.bint)
cdef int read_orders(Core* core, Book* book, const long long* src, long at, long long count) noexcept nogil
cdef int read_order(Core* core, Book* book, const long long* src, long at) noexcept nogil
cdef int refuse_row(Core* core, Book* book, const long long* src, long at) noexcept nogil
cdef int read_ranks(Core* core, const long long* src, long at) noexcept nogil
