@cython.locals(offset=Py_ssize_t, end=Py_ssize_t, size=Py_ssize_t, fields=tuple, found=list)
cdef list unpack_records(object body, dict kinds, what, bint with_flags)
