@cython.locals(limit=cython.longlong, qty=cython.longlong)
cdef object hold_of(Order order, schedule)
