cdef int VARYING

@cython.locals(
    packed=bytearray, buffer="char *", width_of="const unsigned char *", at=Py_ssize_t,
    count=Py_ssize_t, column=Py_ssize_t, width=int, number="long long", beyond="long long",
    data=bytes, size=Py_ssize_t,
)
cpdef bytearray pack_rows(rows, bytes widths)
