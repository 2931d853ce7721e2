/* A client for the gateway bench: closed loop, one thread, as little work for each message as C allows.
 *
 *   client PORT CONNECTIONS WINDOW BATCH SECONDS PLAIN CPU
 *
 * Half of all messages are new orders that rest, half cancel the order placed LAG orders before, so
 * the answer to every message is known: 64 bytes for an order, 72 for a cancel. PLAIN 1: the server
 * expects no logon. Prints messages, seconds, and p50 and p99 of the time from sending a batch to
 * the last byte of its answers, in nanoseconds. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { PLACE = 88, CANCEL = 40, LAG = 256, OWED = 1 << 14, SAMPLES = 1 << 24, BUFFER = 1 << 19 };

typedef struct {
    int fd, in_flight;
    int64_t seq, order_id;
    /* answers that are still to come: bytes of the batch, when it was sent */
    int64_t owed[OWED], sent[OWED];
    unsigned first, last;
    /* what was read of a frame */
    int64_t frame_left;
    unsigned char head[4];
    int head_got;
} Line;

static int connections, window, batch;
static uint32_t *samples;
static size_t sample_count;
static int64_t done;
static unsigned char out[BUFFER], in[BUFFER];

static int64_t now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static void put64(unsigned char *at, int64_t word) { memcpy(at, &word, 8); }

static int place(unsigned char *at, Line *line) {
    memset(at, 0, PLACE);
    at[0] = 1, at[2] = PLACE, at[4] = 1;
    line->seq += 1, line->order_id += 1;
    put64(at + 8, line->seq);
    put64(at + 32, line->order_id);
    put64(at + 56, 100 * (1 + line->order_id % 40));
    put64(at + 64, 1 + line->order_id % 9);
    return PLACE;
}

static int cancel(unsigned char *at, Line *line, int64_t order_id) {
    memset(at, 0, CANCEL);
    at[0] = 2, at[2] = CANCEL, at[4] = 1;
    line->seq += 1;
    put64(at + 8, line->seq);
    put64(at + 32, order_id);
    return CANCEL;
}

static void send_all(Line *line, const unsigned char *data, int size) {
    for (int at = 0; at < size;) {
        ssize_t sent = send(line->fd, data + at, size - at, MSG_NOSIGNAL);
        if (sent < 0) fail("send");
        at += sent;
    }
}

static int frame(unsigned char *at, int size) {
    uint32_t length = htonl(size);
    memcpy(at, &length, 4);
    return size + 4;
}

/* Sends a batch; a single message is an order or a cancel in turn. */
static void send_batch(Line *line, int orders, int cancels) {
    int at = 4;
    int64_t first = line->order_id + 1 - LAG;
    if (orders == 0) first = line->order_id - LAG;
    for (int i = 0; i < orders; i++) at += place(out + at, line);
    for (int i = 0; i < cancels; i++) at += cancel(out + at, line, first + i);
    line->owed[line->last % OWED] = orders * 64 + cancels * 72;
    line->sent[line->last++ % OWED] = now();
    line->in_flight += orders + cancels;
    send_all(line, out, frame(out, at - 4));
}

static void fill(Line *line) {
    while (line->in_flight + batch <= window) {
        if (batch > 1) send_batch(line, batch / 2, batch / 2);
        else if (line->seq % 2) send_batch(line, 0, 1);
        else send_batch(line, 1, 0);
    }
}

/* Takes answer bytes from a batch; one that is complete is a sample. */
static void credit(Line *line, int64_t bytes, int64_t at) {
    while (bytes > 0) {
        unsigned turn = line->first % OWED;
        int64_t part = bytes < line->owed[turn] ? bytes : line->owed[turn];
        line->owed[turn] -= part;
        bytes -= part;
        if (line->owed[turn] == 0) {
            if (sample_count < SAMPLES) samples[sample_count++] = (uint32_t)(at - line->sent[turn]);
            line->in_flight -= batch;
            line->first += 1;
            done += batch;
        }
    }
}

static void receive(Line *line) {
    ssize_t got = recv(line->fd, in, BUFFER, MSG_DONTWAIT);
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) fail("recv");
    int64_t at = now();
    for (ssize_t place = 0; place < got;) {
        if (line->frame_left == 0) {
            line->head[line->head_got++] = in[place++];
            if (line->head_got == 4) {
                uint32_t length;
                memcpy(&length, line->head, 4);
                line->frame_left = ntohl(length);
                line->head_got = 0;
            }
            continue;
        }
        int64_t part = got - place < line->frame_left ? got - place : line->frame_left;
        credit(line, part, at);
        line->frame_left -= part;
        place += part;
    }
}

static void read_frame(Line *line) {
    uint32_t length;
    if (recv(line->fd, &length, 4, MSG_WAITALL) != 4) fail("frame");
    length = ntohl(length);
    if (length > BUFFER || recv(line->fd, in, length, MSG_WAITALL) != (ssize_t)length) fail("frame");
}

static void log_on(Line *line, int account) {
    unsigned char record[124] = {0};
    read_frame(line); /* HELLO */
    frame(record, 120);
    record[4] = 128, record[6] = 120;
    put64(record + 4 + 24, account);
    record[4 + 32] = 1; /* version */
    record[4 + 36] = 1; /* session */
    uint32_t beat = 60000;
    memcpy(record + 4 + 40, &beat, 4);
    send_all(line, record, 124);
    read_frame(line);
    if (in[0] != 161) errno = EPROTO, fail("logon");
    memcpy(&line->seq, in + 40, 8);
    memcpy(&line->order_id, in + 48, 8);
}

/* Lets LAG orders rest, and waits until all are answered. */
static void warm(Line *line, int plain) {
    if (!plain && line->seq) return; /* they rest since the last run of this engine */
    int at = 4;
    for (int i = 0; i < LAG; i++) at += place(out + at, line);
    send_all(line, out, frame(out, at - 4));
    for (int left = LAG * 64; left > 0;) {
        uint32_t length;
        if (recv(line->fd, &length, 4, MSG_WAITALL) != 4) fail("warm");
        length = ntohl(length);
        if (recv(line->fd, in, length, MSG_WAITALL) != (ssize_t)length) fail("warm");
        left -= length;
    }
}

static int compare(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

static Line *open_line(int port, int number, int plain) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    int one = 1, room = 4 << 20;
    Line *line = calloc(1, sizeof(Line));
    line->fd = socket(AF_INET, SOCK_STREAM, 0);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(line->fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    setsockopt(line->fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
    if (connect(line->fd, (struct sockaddr *)&to, sizeof to)) fail("connect");
    setsockopt(line->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (!plain) log_on(line, number + 1);
    warm(line, plain);
    return line;
}

int main(int count, char **words) {
    if (count != 8) return 2;
    int port = atoi(words[1]), plain = atoi(words[6]);
    connections = atoi(words[2]), window = atoi(words[3]), batch = atoi(words[4]);
    double seconds = atof(words[5]);
    cpu_set_t cpus;
    CPU_ZERO(&cpus);
    CPU_SET(atoi(words[7]), &cpus);
    sched_setaffinity(0, sizeof cpus, &cpus);
    samples = malloc(SAMPLES * sizeof *samples);
    Line **lines = calloc(connections, sizeof *lines);
    struct epoll_event events[256];
    int poll = epoll_create1(0);
    for (int i = 0; i < connections; i++) {
        lines[i] = open_line(port, i, plain);
        struct epoll_event wanted = {.events = EPOLLIN, .data.ptr = lines[i]};
        epoll_ctl(poll, EPOLL_CTL_ADD, lines[i]->fd, &wanted);
    }
    int64_t start = now(), end = start + (int64_t)(seconds * 1e9);
    for (int i = 0; i < connections; i++) fill(lines[i]);
    while (now() < end) {
        int ready = epoll_wait(poll, events, 256, 100);
        for (int i = 0; i < ready; i++) {
            Line *line = events[i].data.ptr;
            receive(line);
            fill(line);
        }
    }
    double took = (now() - start) / 1e9;
    int64_t counted = done;
    for (int64_t limit = now() + 2000000000LL; now() < limit;) { /* what is under way */
        int waiting = 0;
        for (int i = 0; i < connections; i++) waiting += lines[i]->in_flight;
        if (waiting == 0) break;
        int ready = epoll_wait(poll, events, 256, 10);
        for (int i = 0; i < ready; i++) receive(events[i].data.ptr);
    }
    qsort(samples, sample_count, sizeof *samples, compare);
    if (sample_count == 0) return 1;
    printf("%lld %.6f %u %u\n", (long long)counted, took, samples[sample_count / 2],
           samples[sample_count - 1 - sample_count / 100]);
    return 0;
}
