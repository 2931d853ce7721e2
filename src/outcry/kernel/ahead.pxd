cimport cython

cdef void start_look_ahead(Core* core, Words src, long at, long end) noexcept nogil
cdef void forget_views(Core* core) noexcept nogil
@cython.locals(cmd=Words)
cdef inline void look_ahead(Core* core, Words src, long end) noexcept nogil
cdef inline void look_first(Core* core, View* view, Words cmd) noexcept nogil
@cython.locals(is_inside=cython.bint)
cdef inline void look_far(Core* core, View* view) noexcept nogil
cdef inline void look_last(Core* core, View* view) noexcept nogil
cdef inline void look_near(Core* core, View* view) noexcept nogil
cdef inline void peek(Core* core, Words cmd) noexcept nogil
