cdef void do_tick(Core* core, Words cmd) noexcept nogil
cdef void do_add_instrument(Core* core, Words cmd) noexcept nogil
cdef int refuse_add(Core* core, unsigned int instrument, Words cmd) noexcept nogil
cdef int add_book(Core* core, unsigned int instrument) noexcept nogil
cdef void file_book(Core* core, int index) noexcept nogil
cdef void set_state(Book* book, int state) noexcept nogil
cdef void set_bounds(Book* book, long long price_min, long long price_max) noexcept nogil
cdef void do_set_instrument(Core* core, Words cmd) noexcept nogil
cdef int refuse_set(Core* core, int index, Words cmd) noexcept nogil
cdef void do_set_limits(Core* core, Words cmd) noexcept nogil
cdef void do_checkpoint(Core* core, Words cmd) noexcept nogil
