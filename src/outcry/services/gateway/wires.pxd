# The C form of what wires.py describes: same names, same meaning.

cdef extern from * nogil:
    """
    #include <errno.h>
    #include <sys/socket.h>
    #include <time.h>
    #ifdef __linux__
    #include <sys/epoll.h>
    #endif
    #ifndef MSG_NOSIGNAL
    #define MSG_NOSIGNAL 0 /* where there is none Python ignores the signal */
    #endif

    enum { OUTCRY_READY_MAX = 256, OUTCRY_NOT_NOW = -1, OUTCRY_BROKEN = -2, OUTCRY_NOT_HERE = -3 };

    typedef struct { int number, events; } OutcryReady;

    /* As selectors.EpollSelector has it: an error is told to whoever waits for anything. */
    static int outcry_wait(OutcryReady *ready, int poll, int timeout_ms) {
    #ifdef __linux__
        struct epoll_event found[OUTCRY_READY_MAX];
        int count = epoll_wait(poll, found, OUTCRY_READY_MAX, timeout_ms);
        if (count < 0) return OUTCRY_NOT_NOW;
        for (int turn = 0; turn < count; turn++) {
            ready[turn].number = found[turn].data.fd;
            ready[turn].events = ((found[turn].events & ~(unsigned)EPOLLOUT) != 0)
                                 | ((found[turn].events & ~(unsigned)EPOLLIN) != 0) << 1;
        }
        return count;
    #else
        return OUTCRY_NOT_HERE;
    #endif
    }
    static inline long outcry_done(long count) {
        if (count >= 0) return count;
        return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? OUTCRY_NOT_NOW : OUTCRY_BROKEN;
    }
    static inline long outcry_receive(int number, unsigned char *octets, long at, long room) {
        return outcry_done(recv(number, octets + at, (size_t)room, MSG_DONTWAIT));
    }
    static inline long outcry_transmit(int number, const unsigned char *octets, long at, long count) {
        return outcry_done(send(number, octets + at, (size_t)count, MSG_DONTWAIT | MSG_NOSIGNAL));
    }
    static inline long long outcry_time(clockid_t clock) {
        struct timespec now;
        clock_gettime(clock, &now);
        return now.tv_sec * 1000000LL + now.tv_nsec / 1000;
    }
    static inline long long outcry_clock(void) { return outcry_time(CLOCK_REALTIME); }
    static inline long long outcry_ticks(void) { return outcry_time(CLOCK_MONOTONIC); }
    """
    enum:
        READY_MAX "OUTCRY_READY_MAX"
        READABLE "1"
        WRITABLE "2"
        OTHER "0"
        ASKED "1"
        SERVED "2"
        NOT_NOW "OUTCRY_NOT_NOW"
        BROKEN "OUTCRY_BROKEN"
        NOT_HERE "OUTCRY_NOT_HERE"
        SPARE_BYTES "4096"
    ctypedef struct Ready "OutcryReady":
        int number
        int events
    int outcry_wait(Ready*, int, int)
    long receive "outcry_receive"(int, unsigned char*, long, long)
    long transmit "outcry_transmit"(int, const unsigned char*, long, long)
    long long clock_us "outcry_clock"()
    long long ticks_us "outcry_ticks"()

ctypedef struct Wire:
    int kind
    int place
    bint is_held
    bint is_due
    long long heard_us
    long long spoke_us
    Octets tail
    long tail_bytes
    long tail_room
    Octets soon
    long soon_bytes
    long soon_room

ctypedef struct Wires:
    Wire* wires
    int wire_room
    int* seats
    int seat_room
    Ready* ready
    int* due
    int due_count
    int due_room
    long long now_us

cdef inline Wires* new_wires() noexcept nogil:
    state = <Wires*>raw_new(sizeof(Wires))
    state.ready = <Ready*>raw_new(READY_MAX * sizeof(Ready))
    return state

cdef inline Wire* more_wires(Wire* old, long count, long room) noexcept nogil:
    return <Wire*>raw_more(old, count * sizeof(Wire), room * sizeof(Wire))

cdef inline Wire* wire_at(Wires* state, int number) noexcept nogil:
    return &state.wires[number]

cdef inline Ready* ready_at(Wires* state, int turn) noexcept nogil:
    return &state.ready[turn]

cdef inline int wait_ready(Wires* state, int poll, int timeout_ms) noexcept nogil:
    return outcry_wait(state.ready, poll, timeout_ms)
