cimport cython

cdef long long gcd(long long a, long long b) noexcept nogil
cdef long long floor_to(long long price, long long grain) noexcept nogil
cdef bint is_narrow(Book* book) noexcept nogil
@cython.locals(fits=cython.bint)
cdef void lay(Core* core, Book* book, long long base, int slots) noexcept nogil
cdef void place_level(Core* core, Book* book, int level) noexcept nogil
cdef void clear_book(Book* book) noexcept nogil
cdef void drop_ladder(Book* book) noexcept nogil
cdef void lay_around(Core* core, Book* book, long long price, int slots) noexcept nogil
cdef void follow(Core* core, Book* book, int side, long long price) noexcept nogil
cdef void set_tick(Core* core, Book* book, long long tick) noexcept nogil
@cython.locals(inside=cython.bint, exact=cython.bint)
cdef void note_regular(Book* book) noexcept nogil
cdef void refine(Core* core, Book* book, long long step) noexcept nogil
