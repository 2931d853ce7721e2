cdef inline Page* find_page(Core* core, long long number) noexcept nogil
cdef inline int find_order(Core* core, long long order_id) noexcept nogil
cdef inline int order_in(Core* core, Page* page, long long order_id) noexcept nogil
cdef inline void add_id(Core* core, Page* page, long long order_id, int index) noexcept nogil
cdef void add_to_sparse_page(Core* core, Page* page, long long order_id, int index) noexcept nogil
cdef inline void remove_id(Core* core, Page* page, long long order_id) noexcept nogil
cdef void remove_from_sparse_page(Core* core, Page* page, long long order_id) noexcept nogil
cdef void grant(Core* core, Page* page) noexcept nogil
cdef void end_grant(Core* core, long long tag) noexcept nogil
cdef void grow_pages(Core* core) noexcept nogil
cdef void remove_page(Core* core, long long number) noexcept nogil
cdef void promote(Core* core, Page* page) noexcept nogil
cdef void demote(Core* core, Page* page) noexcept nogil
cdef long sparse_slot(Core* core, long long order_id) noexcept nogil
cdef void sparse_add(Core* core, long long order_id, int index) noexcept nogil
cdef int sparse_remove(Core* core, long long order_id) noexcept nogil
cdef void sparse_double(Core* core) noexcept nogil
