# The C form of what session_layout.py describes: same names, same meaning.

cdef extern from * nogil:
    """
    static inline long long outcry_load(const unsigned char *octets, long at) {
        long long word;
        memcpy(&word, octets + at, 8);
        return word;
    }
    static inline void outcry_store(unsigned char *octets, long at, long long word) {
        memcpy(octets + at, &word, 8);
    }
    /* A copy of a known size is a few moves, one of any size is a call. */
    static inline void outcry_copy(void *to, const void *from, long words) {
        switch (words) {
            case 1: memcpy(to, from, 8); break;
            case 3: memcpy(to, from, 24); break;
            case 4: memcpy(to, from, 32); break;
            case 5: memcpy(to, from, 40); break;
            case 7: memcpy(to, from, 56); break;
            default: memcpy(to, from, 8 * words);
        }
    }
    static inline void outcry_take(long long *to, long at, const unsigned char *from, long place,
                                   long words) {
        outcry_copy(to + at, from + place, words);
    }
    static inline void outcry_give(unsigned char *to, long place, const long long *from, long at,
                                   long words) {
        outcry_copy(to + place, from + at, words);
    }
    static inline long outcry_load_length(const unsigned char *octets, long at) {
        unsigned int word;
        memcpy(&word, octets + at, 4);
        return (long)__builtin_bswap32(word);
    }
    static inline void outcry_copy_octets(unsigned char *to, long at, const unsigned char *from,
                                          long place, long count) {
        if (count > 0) memcpy(to + at, from + place, count);
    }
    static inline long outcry_octet(const unsigned char *octets, long at) { return octets[at]; }
    static inline void outcry_store_length(unsigned char *octets, long at, long length) {
        unsigned int word = __builtin_bswap32((unsigned int)length);
        memcpy(octets + at, &word, 4);
    }
    """
    const long long ID_LIMIT "(1LL << 40)"
    const long long FLAGS "0xFF00LL"
    enum:
        PLACES_MAX "4194304"
        ANSWER_WORDS "5"
        FAULT_FRAME "1"
        FAULT_RECORD "2"
        FRAME_BYTES "65536"
        LENGTH_BYTES "4"
        NUMBER_AT "12"
        WORK_WORDS "256"
        WORK_WORDS_AHEAD "1024"
        LONGEST_COMMON "9"
        REJECTS "1024"
        RING_MIN "512"
        MESSAGE_FIRST "128"
        MESSAGE_FILL "168"
        MESSAGE_TRADE "171"

ctypedef unsigned char* Octets

ctypedef struct Session:
    long long account
    long long stp_group
    long long last_seq
    long long last_id
    long long sent
    long first
    long last
    Octets kept
    long kept_at
    long kept_bytes
    long kept_room

ctypedef struct Sessions:
    Session* sessions
    int session_room
    int session_count
    long long time_us
    long kept_most
    Octets source
    long source_bytes
    long read_at
    long frame_end
    long long* work
    long work_at
    long work_most
    long long* asked
    long asked_count
    int current
    Octets out
    long out_at
    long out_room
    long frame_at
    Octets aside
    long aside_at
    long aside_room
    int* touched
    int touched_count
    int touched_room
    long told
    Octets target
    bint wants_trades
    bint wants_books
    Octets trades
    long trades_at
    long trades_room
    int* changed
    int changed_count
    int changed_room
    int* is_changed
    int flags_room
    long long* refused
    long consumed
    long taken
    int fault
    bint has_message

cdef extern from * nogil:
    long long load_word "outcry_load"(const unsigned char*, long)
    void store_word "outcry_store"(unsigned char*, long, long long)
    void take_words "outcry_take"(long long*, long, const unsigned char*, long, long)
    void give_words "outcry_give"(unsigned char*, long, const long long*, long, long)
    long load_length "outcry_load_length"(const unsigned char*, long)
    void store_length "outcry_store_length"(unsigned char*, long, long)
    void copy_octets "outcry_copy_octets"(unsigned char*, long, const unsigned char*, long, long)
    long octet_at "outcry_octet"(const unsigned char*, long)

cdef inline Sessions* new_state() noexcept nogil:
    return <Sessions*>raw_new(sizeof(Sessions))

cdef inline Session* more_sessions(Session* old, long count, long room) noexcept nogil:
    return <Session*>raw_more(old, count * sizeof(Session), room * sizeof(Session))

cdef inline Session* session_at(Sessions* state, int place) noexcept nogil:
    return &state.sessions[place]

cdef inline Octets more_octets(Octets old, long count, long room) noexcept nogil:
    return <Octets>raw_more(old, count, room)

cdef inline Octets no_octets() noexcept nogil:
    return NULL

cdef inline Octets room_for_octets(long room) noexcept nogil:
    return <Octets>raw_new(room)

cdef inline Octets octets_in(object view):
    return <Octets>PyMemoryView_GET_BUFFER(view).buf

cdef inline bytes text_between(Octets octets, long start, long stop):
    return PyBytes_FromStringAndSize(<char*>(octets + start), stop - start)

cdef inline Core* core_of(Engine engine):
    return engine.core
