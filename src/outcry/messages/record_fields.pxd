# The C form of record_fields.py.

cdef extern from *:
    """
    #include <string.h>
    #if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
    #error records are little-endian, and read here as they are
    #endif
    #define OUTCRY_FIELDS_MAX 32
    static PyObject *outcry_made_of(
        PyObject *make, const unsigned char *data, Py_ssize_t offset, PyObject *codes, int with_flags
    ) {
        PyObject *fields[OUTCRY_FIELDS_MAX + 1], **numbers = fields + 1, *made = NULL;
        const unsigned char *at = data + offset + 4;
        Py_ssize_t count = 0;
        if (with_flags) numbers[count++] = PyLong_FromLong(data[offset + 1]);
        for (const char *code = PyBytes_AS_STRING(codes); *code; code++) {
            PyObject *number;
            long long word = 0;
            if (*code == 'x') { at++; continue; }
            if (count == OUTCRY_FIELDS_MAX) {
                PyErr_SetString(PyExc_SystemError, "a record has too many fields");
                goto done;
            }
            switch (*code) {
            case 'B': number = PyLong_FromLong(*at); at += 1; break;
            case 'I': memcpy(&word, at, 4); number = PyLong_FromLongLong(word); at += 4; break;
            case 'Q': memcpy(&word, at, 8); number = PyLong_FromUnsignedLongLong(word); at += 8; break;
            case 'q': memcpy(&word, at, 8); number = PyLong_FromLongLong(word); at += 8; break;
            default:
                PyErr_Format(PyExc_SystemError, "a record has a field of code %c", *code);
                goto done;
            }
            if (number == NULL) goto done;
            numbers[count++] = number;
        }
        made = PyObject_Vectorcall(make, numbers, count | PY_VECTORCALL_ARGUMENTS_OFFSET, NULL);
    done:
        while (count) Py_DECREF(numbers[--count]);
        return made;
    }
    """
    object made_of "outcry_made_of"(
        object make, const unsigned char *data, Py_ssize_t offset, bytes codes, bint with_flags
    )
