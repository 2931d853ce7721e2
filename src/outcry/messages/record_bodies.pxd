cdef dict _FORMS
cdef tuple _NO_FORM
@cython.locals(
    offset=Py_ssize_t, end=Py_ssize_t, size=Py_ssize_t, codes=bytes, found=list, whole=bytes,
    data="const unsigned char *", kind=object,
)
cpdef list unpack_records(object body, dict kinds, what, bint with_flags)
