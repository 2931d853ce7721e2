cdef bint is_before(Expiry* heap, int one, int other) noexcept nogil
cdef void swap_expiries(Expiry* heap, int one, int other) noexcept nogil
cdef void sift_up(Expiry* heap, int place) noexcept nogil
cdef void sift_down(Expiry* heap, int count, int place) noexcept nogil
cdef void add_expiry(Core* core, int index) noexcept nogil
cdef void drop_first_expiry(Core* core) noexcept nogil
cdef int current_order(Core* core, int place) noexcept nogil
cdef void forget_expiry(Core* core) noexcept nogil
