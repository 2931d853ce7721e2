cimport cython

cdef int check_core(Core* core) except -1
cdef int check_book(Core* core, Book* book) except -1
cdef int check_level(Core* core, Book* book, int level, int side) except -1
@cython.locals(occupied=cython.bint, summary=cython.bint)
cdef int check_ladder(Core* core, Book* book, int levels) except -1
cdef int check_pool(Core* core) except -1
cdef int check_accounts(Core* core) except -1
cdef int check_ids(Core* core) except -1
cdef int check_expiries(Core* core) except -1
