# The C form of big_endian.py.

cdef extern from *:
    """
    #include <string.h>
    static inline Py_ssize_t outcry_put_number(char *to, Py_ssize_t at, long long number, int width) {
        unsigned long long word = (unsigned long long)number << (64 - 8 * width);
    #if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
        word = __builtin_bswap64(word);
    #endif
        switch (width) {
        case 8: memcpy(to + at, &word, 8); break;
        case 4: memcpy(to + at, &word, 4); break;
        default: memcpy(to + at, &word, 2);
        }
        return at + width;
    }
    static inline Py_ssize_t outcry_put_bytes(char *to, Py_ssize_t at, PyObject *data) {
        memcpy(to + at, PyBytes_AS_STRING(data), PyBytes_GET_SIZE(data));
        return at + PyBytes_GET_SIZE(data);
    }
    static inline Py_ssize_t outcry_put_seven(
        char *to, Py_ssize_t at, long long a, long long b, long long c, long long d, long long e,
        long long f, long long g
    ) {
        const long long numbers[7] = {a, b, c, d, e, f, g};
        for (int i = 0; i < 7; i++) at = outcry_put_number(to, at, numbers[i], 8);
        return at;
    }
    /* Rows are named tuples, which generic C code would ask by a number made for it. */
    static inline PyObject *outcry_item_of(PyObject *row, Py_ssize_t place) {
        if (!PyTuple_Check(row) || place >= PyTuple_GET_SIZE(row)) {
            PyErr_SetString(PyExc_IndexError, "the row is no tuple, or too short");
            return NULL;
        }
        return Py_NewRef(PyTuple_GET_ITEM(row, place));
    }
    """
    Py_ssize_t put_number "outcry_put_number"(char *to, Py_ssize_t at, long long number, int width)
    Py_ssize_t put_bytes "outcry_put_bytes"(char *to, Py_ssize_t at, bytes data)
    Py_ssize_t put_seven "outcry_put_seven"(
        char *to, Py_ssize_t at, long long a, long long b, long long c, long long d, long long e,
        long long f, long long g
    )
    object item_of "outcry_item_of"(object row, Py_ssize_t place)
