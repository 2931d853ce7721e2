cdef void do_tick(Core* core, Words cmd) noexcept nogil
cdef void do_add_instrument(Core* core, Words cmd) noexcept nogil
cdef int refuse_add(Core* core, unsigned int instrument, Words cmd) noexcept nogil
cdef int add_book(Core* core, unsigned int instrument) noexcept nogil
cdef void more_book_room(Core* core) noexcept nogil
cdef void file_book(Core* core, int index) noexcept nogil
cdef void set_state(Book* book, int state) noexcept nogil
cdef void set_bounds(Book* book, long long price_min, long long price_max) noexcept nogil
cdef void set_quantities(Book* book, long long qty_min, long long qty_max) noexcept nogil
cdef void set_orders_max(Core* core, Book* book, long long orders_max) noexcept nogil
cdef void set_limits(Core* core, long long of_account, long long in_total) noexcept nogil
cdef void do_set_instrument(Core* core, Words cmd) noexcept nogil
cdef int refuse_set(Book* book, Words cmd) noexcept nogil
cdef void do_set_limits(Core* core, Words cmd) noexcept nogil
cdef void do_checkpoint(Core* core, Words cmd) noexcept nogil
