cimport cython

cdef inline int role_of(Core* core, int index) noexcept nogil
cdef inline long long price_of(Core* core, int index) noexcept nogil
cdef inline long long account_of(Core* core, int index) noexcept nogil
cdef inline int take_node(Core* core, int choices) noexcept nogil
cdef int fresh_node(Core* core) noexcept nogil
cdef inline void give_node(Core* core, int index) noexcept nogil
cdef void more_room(Core* core) noexcept nogil
cdef inline int find_account(Core* core, long long account) noexcept nogil
cdef int find_account_further(Core* core, long long account) noexcept nogil
cdef void file_account(Core* core, int owner) noexcept nogil
cdef int open_account(Core* core, long long account) noexcept nogil
@cython.locals(size=cython.long)
cdef void rebuild_accounts(Core* core) noexcept nogil
cdef inline void join_account(Core* core, int index, int owner) noexcept nogil
cdef inline void leave_account(Core* core, int index) noexcept nogil
