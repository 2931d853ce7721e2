cdef void start_look_ahead(Core* core, const long long* src, long at, long end) noexcept nogil
cdef void forget_views(Core* core) noexcept nogil
cdef inline void look_ahead(Core* core, const long long* src, long end) noexcept nogil
cdef inline void look_first(Core* core, View* view, unsigned int instrument) noexcept nogil
cdef inline void look_far(Core* core, View* view, const long long* src) noexcept nogil
cdef inline void look_mid(Core* core, View* view) noexcept nogil
cdef inline void look_near(Core* core, View* view) noexcept nogil
