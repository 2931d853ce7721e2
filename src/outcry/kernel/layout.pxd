# The C form of what layout.py describes: same names, same meaning.

cimport cython
from cpython.buffer cimport Py_buffer
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize

cdef extern from "Python.h":
    Py_buffer* PyMemoryView_GET_BUFFER(object)

cdef extern from * nogil:
    """
    #include <stdint.h>
    #include <stdio.h>
    #include <stdlib.h>
    #include <string.h>

    /* One cache line. Three roles share it; the unions name what each role keeps there. No field is
     * a char: a store through one may change anything, and everything would be read again. */
    typedef struct {
        int next, prev, younger, older;
        union { struct { long long order_id, stp_group; }; struct { long long price, total; }; long long account; };
        union { struct { int remaining, filled; }; struct { int slot, book; }; int orders; long long lots; };
        int level, owner;
        long long expire_at_us;
        int ticket, choices;
    } OutcryNode;
    _Static_assert(sizeof(OutcryNode) == 64, "a node is one cache line");

    /* Id and group stand side by side in both. A quantity is below 2**31, so the upper half of its
     * word is the 0 lots filled so far. */
    typedef long long outcry_two __attribute__((vector_size(16), aligned(8)));
    static inline void outcry_note_order(OutcryNode *node, const long long *command) {
        *(outcry_two *)&node->order_id = *(const outcry_two *)(command + 4);
        node->lots = command[8];
    }

    /* Indices of nodes count words of 8 bytes, so that the processor turns one into an address. */
    enum { OUTCRY_NODE_STEP = sizeof(OutcryNode) / 8 };
    static inline OutcryNode *outcry_node_at(OutcryNode *nodes, long index) {
        return (OutcryNode *)((long long *)nodes + index);
    }

    static void outcry_no_memory(void) {
        fputs("outcry: the kernel found no memory to grow; the process stops\\n", stderr);
        abort();
    }

    /* Memory of a shard is zeroed and aligned to a cache line; in front of it stands where it really
     * begins, and its bytes if it is mapped. A large area is mapped by itself, on huge pages where the
     * system has them: it is read at random, and a page of 4 kB would be looked up each time. */
    enum { OUTCRY_LINE = 64, OUTCRY_HUGE = 1 << 21 };
    typedef struct { void *raw; size_t mapped; } outcry_front;
    static inline outcry_front *outcry_front_of(void *base) { return (outcry_front *)base - 1; }

    static void *outcry_begin(char *raw, size_t mapped) {
        char *base = raw + sizeof(outcry_front);
        base += -(uintptr_t)base % OUTCRY_LINE;
        outcry_front_of(base)->raw = raw;
        outcry_front_of(base)->mapped = mapped;
        return base;
    }

    #ifdef __linux__
    #include <sys/mman.h>
    /* A range of addresses that begins at a huge page, for a whole number of them. */
    static char *outcry_reserve(size_t bytes, int access) {
        char *found = (char *)mmap(NULL, bytes + OUTCRY_HUGE, access, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        size_t before;
        if (found == MAP_FAILED) outcry_no_memory();
        before = -(uintptr_t)found % OUTCRY_HUGE;
        if (before != 0) munmap(found, before);
        munmap(found + before + bytes, OUTCRY_HUGE - before);
        return found + before;
    }
    static size_t outcry_mapped_bytes(size_t bytes) {
        return (bytes + OUTCRY_LINE + OUTCRY_HUGE - 1) / OUTCRY_HUGE * OUTCRY_HUGE;
    }
    static void *outcry_map(size_t bytes) {
        size_t size = outcry_mapped_bytes(bytes);
        char *raw = outcry_reserve(size, PROT_READ | PROT_WRITE);
        madvise(raw, size, MADV_HUGEPAGE);
        return outcry_begin(raw, size);
    }
    /* Its pages move as they are: nothing is copied. */
    static void *outcry_map_more(outcry_front old, size_t bytes) {
        size_t size = outcry_mapped_bytes(bytes);
        char *raw = outcry_reserve(size, PROT_NONE);
        if (mremap(old.raw, old.mapped, size, MREMAP_MAYMOVE | MREMAP_FIXED, raw) == MAP_FAILED) outcry_no_memory();
        madvise(raw, size, MADV_HUGEPAGE);
        return outcry_begin(raw, size);
    }
    static void outcry_unmap(outcry_front old) { munmap(old.raw, old.mapped); }
    #else
    static void *outcry_map(size_t bytes) { return NULL; }
    static void *outcry_map_more(outcry_front old, size_t bytes) { return NULL; }
    static void outcry_unmap(outcry_front old) {}
    #endif

    static void *outcry_new(size_t bytes) {
        char *raw = (char *)calloc(1, bytes + sizeof(outcry_front) + OUTCRY_LINE);
        if (raw == NULL) outcry_no_memory();
        return outcry_begin(raw, 0);
    }
    /* For what is kept and read at random. */
    static void *outcry_new_table(size_t bytes) {
        void *base = bytes >= OUTCRY_HUGE ? outcry_map(bytes) : NULL;
        return base != NULL ? base : outcry_new(bytes);
    }

    /* Counts what has moved or gone in any shard, so that nobody keeps looking there; see ahead.py. */
    static unsigned long outcry_moved;
    static void outcry_move(void) { __atomic_add_fetch(&outcry_moved, 1, __ATOMIC_RELAXED); }
    static inline unsigned long outcry_moves(void) {
        return __atomic_load_n(&outcry_moved, __ATOMIC_RELAXED);
    }

    static void outcry_release(void *base) {
        outcry_move();
        if (base == NULL) return;
        if (outcry_front_of(base)->mapped != 0) outcry_unmap(*outcry_front_of(base));
        else free(outcry_front_of(base)->raw);
    }

    /* An area that grows, of which old_bytes are in use, moves. */
    static void *outcry_more(void *old, size_t old_bytes, size_t bytes) {
        void *base;
        outcry_move();
        if (old != NULL && outcry_front_of(old)->mapped != 0) return outcry_map_more(*outcry_front_of(old), bytes);
        base = outcry_new_table(bytes);
        if (old != NULL) {
            memcpy(base, old, old_bytes);
            outcry_release(old);
        }
        return base;
    }
    """
    ctypedef struct Node "OutcryNode":
        int next
        int prev
        int younger
        int older
        long long order_id
        long long price
        long long account
        int remaining
        int filled
        int slot
        int book
        int orders
        int level
        int owner
        long long stp_group
        long long total
        long long expire_at_us
        int ticket
        int choices

    const int NODE_STEP "OUTCRY_NODE_STEP"
    Node* node_in "outcry_node_at"(Node*, long)
    void note_order "outcry_note_order"(Node*, const long long*)
    void* raw_new "outcry_new"(size_t)
    void* raw_new_table "outcry_new_table"(size_t)
    void* raw_more "outcry_more"(void*, size_t, size_t)
    void release "outcry_release"(void*)
    unsigned long moves "outcry_moves"()


    # A literal above 2**31 would become a Python object; these do not.
    const long long NO_TOUCH "INT64_MAX"
    const long long PRICE_LIMIT "(1LL << 53)"
    const long long WINDOW_LIMIT "(1LL << 60)"
    const long long NO_LIMIT "(1LL << 62)"
    const long long BUDGET_LIMIT "1000000000000000000LL"
    const long long RECIPROCAL_LIMIT "(1LL << 32)"
    const long long UNCOMMON_MARKET "0x0000FCFEFDFFFEFELL"
    const long long UNCOMMON_PLAIN "0x0000FCFEFDFFFEFFLL"
    const long long IMMEDIATE "(1LL << 25)"
    const long long POST_ONLY "(1LL << 32)"
    const long long SHAPE "0xFFFF00FFLL"
    const long long MAGIC_WORD "0x314B59524354554FLL"
    const unsigned long long HASH_START "0xCBF29CE484222325ULL"

# Command records, read only.
ctypedef const long long* Words

ctypedef struct Expiry:
    long long at_us
    long long order_id
    int ticket

ctypedef struct Book:
    # what every order touches; then what a common one is checked against; then the rest
    unsigned int instrument
    int orders
    int[2] best_level
    long long[2] touch
    int* ladder
    long long base
    long long common_span
    long long reciprocal
    long long uncommon
    long long tick
    long long orders_max
    long long qty_min
    long long qty_span
    unsigned long long* occupancy
    int index
    int kind
    int state
    bint is_regular
    long long span
    long long low
    long long high
    long long grain
    int slots
    int middle
    int top
    long long price_min
    long long price_max
    long long qty_max
    int* far
    int far_count
    int far_room
    int far_opened
    # four cache lines: an index becomes an address by a shift
    long long[4] padding

ctypedef struct View:
    Words cmd
    Book* book
    int* order
    int* level
    int index
    int best
    # one cache line
    long long[3] padding

ctypedef struct Taker:
    long long order_id
    long long account
    long long stp_group
    long long price
    long long budget_left
    int remaining
    int filled
    int fills
    int choices
    bint is_money

ctypedef struct Core:
    # facts being written
    long long* out
    long at
    long room
    long end
    long last
    long lent_at
    bint is_lent
    long long* own_out
    long own_room
    # the command at hand
    long long seq
    long long now
    Taker taker
    # nodes
    Node* nodes
    int node_room
    int fresh
    int free
    int order_count
    # books
    Book* books
    int book_count
    int book_room
    int* by_id
    Book** book_table
    long book_mask
    # accounts
    int* account_table
    long account_mask
    int account_used
    # ids
    int* recent
    long recent_mask
    int* fading
    long fading_mask
    long fading_at
    long long newest_id
    int* sparse
    long sparse_mask
    unsigned long long salt
    int sparse_used
    # expiries
    Expiry* heap
    int heap_count
    int heap_room
    int heap_stale
    int heap_ticket
    # shard
    long long time_us
    long long account_orders_max
    long long total_orders_max
    long long least_orders_max
    int[256] sizes
    # what is looked at ahead
    View[16] views
    unsigned int turn
    unsigned long seen_moves
    long far_at
    int nothing
    long long[11] blank

cdef inline int* new_ints(long count) noexcept nogil:
    return <int*>raw_new(count * sizeof(int))

cdef inline int* new_places(long count) noexcept nogil:
    return <int*>raw_new_table(count * sizeof(int))

cdef inline int* no_ints() noexcept nogil:
    return NULL

cdef inline Book** new_book_table(Book* empty, long count) noexcept nogil:
    cdef Book** table = <Book**>raw_new(count * sizeof(void*))
    cdef long place
    for place in range(count):
        table[place] = empty
    return table

cdef inline unsigned long long* new_bits(long count) noexcept nogil:
    return <unsigned long long*>raw_new(count * 8)

cdef inline unsigned long long* no_bits() noexcept nogil:
    return NULL

cdef inline long long* new_words(long count) noexcept nogil:
    return <long long*>raw_new(count * 8)

cdef inline long long* more_words(long long* old, long count, long room) noexcept nogil:
    return <long long*>raw_more(old, count * 8, room * 8)

cdef inline int* more_ints(int* old, long count, long room) noexcept nogil:
    return <int*>raw_more(old, count * sizeof(int), room * sizeof(int))

cdef inline Node* more_nodes(Node* old, long count, long room) noexcept nogil:
    return <Node*>raw_more(old, count * 8, room * 8)

cdef inline Book* more_books(Book* old, long count, long room) noexcept nogil:
    return <Book*>raw_more(old, count * sizeof(Book), room * sizeof(Book))

cdef inline Expiry* more_expiries(Expiry* old, long count, long room) noexcept nogil:
    return <Expiry*>raw_more(old, count * sizeof(Expiry), room * sizeof(Expiry))

cdef inline Core* new_core() noexcept nogil:
    return <Core*>raw_new(sizeof(Core))

cdef inline Book* book_at(Core* core, int index) noexcept nogil:
    return &core.books[index]

cdef inline Node* node_at(Core* core, int index) noexcept nogil:
    return node_in(core.nodes, index)

cdef inline Words words_of(bytes data):
    return <Words>PyBytes_AS_STRING(data)

cdef inline Words words_in(object view):
    return <Words>PyMemoryView_GET_BUFFER(view).buf

cdef inline long long* room_in(object view):
    return <long long*>PyMemoryView_GET_BUFFER(view).buf

cdef inline bytes bytes_of(long long* words, long start, long stop):
    return PyBytes_FromStringAndSize(<char*>(words + start), (stop - start) * 8)
