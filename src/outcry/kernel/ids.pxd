cdef inline long place_in(long long order_id, long mask) noexcept nogil
cdef inline int find_order(Core* core, long long order_id) noexcept nogil
cdef int find_further(Core* core, long long order_id) noexcept nogil
cdef inline bint claim_id(Core* core, long long order_id) noexcept nogil
cdef inline void add_id(Core* core, long long order_id, int index) noexcept nogil
cdef inline void remove_id(Core* core, long long order_id, int index) noexcept nogil
cdef void remove_further(Core* core, long long order_id, int index) noexcept nogil
cdef void grow_recent(Core* core) noexcept nogil
cdef void move_faded(Core* core) noexcept nogil
cdef long sparse_slot(Core* core, long long order_id) noexcept nogil
cdef void sparse_add(Core* core, int index) noexcept nogil
cdef void sparse_remove(Core* core, long long order_id) noexcept nogil
cdef void sparse_double(Core* core) noexcept nogil
