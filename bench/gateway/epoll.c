/* The floor of the gateway bench: reads the same bytes, cuts them into records, and writes as many
 * bytes as the engine answers: 64 for an order, 72 for a cancel, in one frame for each read.
 * It keeps no books, checks nothing and remembers nothing.
 *
 *   epoll CPU [blind]      prints the port
 *
 * Blind: it does not look at what it reads, and knows from a frame's length what the answers weigh.
 * That is what the system alone costs. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BUFFER = 1 << 18, LINES = 4096 };

typedef struct {
    int kept;
    unsigned char tail[1 << 17];
} Line;

static unsigned char in[BUFFER + (1 << 17)], out[2 * BUFFER];
static Line *lines[LINES];
static int blind;

/* As many orders as cancels, or only one kind: the bench sends no other frames. */
static int weight(int length) {
    if (length % 128 == 0) return length / 128 * 136;
    return length % 88 == 0 ? length / 88 * 64 : length / 40 * 72;
}

/* Returns the bytes that answer whole frames, and how many bytes those frames were. */
static int answer(const unsigned char *data, int size, int *used) {
    int at = 0, answers = 0;
    while (size - at >= 4) {
        uint32_t length;
        memcpy(&length, data + at, 4);
        length = ntohl(length);
        if (size - at - 4 < (int)length) break;
        at += 4;
        if (blind) {
            answers += weight(length);
            at += length;
            continue;
        }
        for (int end = at + length; at < end;) {
            answers += data[at] == 1 ? 64 : 72;
            at += data[at + 2] | data[at + 3] << 8;
        }
    }
    *used = at;
    return answers;
}

static int serve(int fd) {
    Line *line = lines[fd];
    int used = 0, room = 65536 - 65536 % 8;
    memcpy(in, line->tail, line->kept);
    ssize_t got = recv(fd, in + line->kept, BUFFER, 0);
    if (got <= 0) return 0;
    int size = line->kept + got;
    int answers = answer(in, size, &used), at = 0;
    line->kept = size - used;
    memcpy(line->tail, in + used, line->kept);
    for (int left = answers; left > 0;) {
        int part = left < room ? left : room;
        uint32_t length = htonl(part);
        memcpy(out + at, &length, 4);
        at += 4 + part;
        left -= part;
    }
    for (int sent = 0; sent < at;) {
        ssize_t more = send(fd, out + sent, at - sent, MSG_NOSIGNAL);
        if (more <= 0) return 0;
        sent += more;
    }
    return 1;
}

int main(int count, char **words) {
    struct sockaddr_in here = {.sin_family = AF_INET};
    struct epoll_event events[256];
    socklen_t size = sizeof here;
    int one = 1, listener = socket(AF_INET, SOCK_STREAM, 0), poll = epoll_create1(0);
    cpu_set_t cpus;
    if (count != 2 && count != 3) return 2;
    blind = count == 3;
    CPU_ZERO(&cpus);
    CPU_SET(atoi(words[1]), &cpus);
    sched_setaffinity(0, sizeof cpus, &cpus);
    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(listener, (struct sockaddr *)&here, sizeof here) || listen(listener, 512)) return 1;
    getsockname(listener, (struct sockaddr *)&here, &size);
    printf("%d\n", ntohs(here.sin_port));
    fflush(stdout);
    struct epoll_event wanted = {.events = EPOLLIN, .data.fd = listener};
    epoll_ctl(poll, EPOLL_CTL_ADD, listener, &wanted);
    for (;;) {
        int ready = epoll_wait(poll, events, 256, -1);
        for (int i = 0; i < ready; i++) {
            int fd = events[i].data.fd;
            if (fd == listener) {
                fd = accept(listener, NULL, NULL);
                if (fd >= LINES) return 1;
                setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
                if (!lines[fd]) lines[fd] = malloc(sizeof(Line));
                lines[fd]->kept = 0;
                struct epoll_event more = {.events = EPOLLIN, .data.fd = fd};
                epoll_ctl(poll, EPOLL_CTL_ADD, fd, &more);
            } else if (!serve(fd)) {
                close(fd);
            }
        }
    }
}
