/* The floor: what remains of matching when every outcome is known in advance.
 *
 *   floor COMMANDS FACTS ROUNDS OPERATIONS GRID   replays a workload (see commands.py)
 *   floor --parts WORKLOAD                        its parts, on a workload file
 *
 * The replay is told by the facts that the engine wrote what becomes of each command: which level,
 * how many fills of how many lots, whether the rest rests. It reads each record, branches on its
 * type, looks orders up by dense id, unlinks and links them, keeps the totals of levels and writes
 * exactly as many fact records of the same length. It checks nothing and never searches a price.
 * CPU time; the best and the median of ROUNDS.
 */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { PLACE = 1, CANCEL = 2, PLACED = 64, TRADED = 67, CANCELLED = 68 };
enum { RING = 1 << 16, LIVE = 4000, PAIRS = 2500000 };

typedef struct { int32_t next, prev, qty, level; int64_t id, account; } node;
typedef struct { int32_t level; uint16_t fills; uint8_t rests, dead; } outcome;
typedef struct { int32_t level, qty; } fill;

static double cpu(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return t.tv_sec + t.tv_nsec * 1e-9;
}

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void *slurp(const char *path, size_t *size) {
    FILE *file = fopen(path, "rb");
    if (!file) { perror(path); exit(1); }
    fseek(file, 0, SEEK_END);
    *size = ftell(file);
    rewind(file);
    void *data = malloc(*size + 64);
    if (fread(data, 1, *size, file) != *size) { perror(path); exit(1); }
    fclose(file);
    return data;
}

static void report(const char *name, double *times, int rounds, double operations) {
    qsort(times, rounds, sizeof *times, ascending);
    printf("%s %.3f %.3f\n", name, times[0] * 1e9 / operations, times[rounds / 2] * 1e9 / operations);
}

/* --- the replay ------------------------------------------------------------------------------ */

static int64_t *commands, *facts;
static size_t command_words, fact_words, count;
static outcome *outcomes;
static fill *fills;
static int64_t price_min = INT64_MAX, price_max = INT64_MIN, id_max, instrument_max;

static void measure(void) {
    for (size_t at = 0; at < command_words; at += commands[at] >> 19 & 8191) {
        count++;
        if (commands[at + 4] > id_max) id_max = commands[at + 4];
        if ((commands[at] >> 32) > instrument_max) instrument_max = commands[at] >> 32;
    }
    for (size_t at = 0; at < fact_words; at += facts[at] >> 19 & 8191) {
        int kind = facts[at] & 255;
        if (kind != PLACED && kind != TRADED) continue;
        if (facts[at + 5] < price_min) price_min = facts[at + 5];
        if (facts[at + 5] > price_max) price_max = facts[at + 5];
    }
}

static void plan(int64_t grid, int64_t span) {
    size_t at = 0, fill_count = 0, room = 1 << 20;
    outcomes = calloc(count, sizeof *outcomes);
    fills = malloc(room * sizeof *fills);
    for (size_t k = 0, from = 0; k < count; k++, from += commands[from] >> 19 & 8191) {
        int64_t base = ((commands[from] >> 32) - 1) * span;
        for (int last = 0; !last; at += facts[at] >> 19 & 8191) {
            int kind = facts[at] & 255;
            last = facts[at] >> 8 & 1;
            if (kind == TRADED) {
                if (fill_count == room) fills = realloc(fills, (room *= 2) * sizeof *fills);
                fills[fill_count].level = base + (facts[at + 5] - price_min) / grid;
                fills[fill_count++].qty = facts[at + 6];
                outcomes[k].fills++;
            } else if (kind == PLACED) {
                outcomes[k].rests = 1;
                outcomes[k].level = base + (facts[at + 5] - price_min) / grid;
            } else if (kind != CANCELLED) {
                outcomes[k].dead = 1;
            }
        }
    }
}

static inline int64_t *fact(int64_t *out, const int64_t *in, int type, int words) {
    out[0] = type | (int64_t)words << 19 | (in[0] >> 32 << 32);
    out[1] = in[1];
    out[2] = in[2];
    out[3] = in[3];
    return out + words;
}

static double replay(node *nodes, int64_t *totals, int32_t *ids, int64_t levels) {
    static int64_t ring[RING + 64];
    int32_t free_node = levels;
    for (int32_t i = 0; i < levels; i++) nodes[i] = (node){i, i, 0, i, 0, 0};
    for (int32_t i = levels; i < levels + (1 << 20); i++) nodes[i].next = i + 1;
    memset(totals, 0, levels * sizeof *totals);
    memset(ids, 0, (id_max + 1) * sizeof *ids);
    const int64_t *in = commands;
    const fill *next_fill = fills;
    int64_t *out = ring;
    double start = cpu();
    for (size_t k = 0; k < count; k++) {
        outcome o = outcomes[k];
        if (out > ring + RING - 16) out = ring;
        if ((in[0] & 255) == CANCEL) {
            int64_t *to = out;
            int32_t s = ids[in[4]];
            if (o.dead) {
                out = fact(out, in, 66, 6);
                to[4] = in[4];
                to[5] = 306;
            } else {
                node *n = nodes + s;
                nodes[n->prev].next = n->next;
                nodes[n->next].prev = n->prev;
                totals[n->level] -= n->qty;
                ids[in[4]] = 0;
                out = fact(out, in, CANCELLED, 9);
                to[4] = n->id;
                to[5] = n->level;
                to[6] = n->qty;
                to[7] = 0;
                to[8] = 1 << 16;
                n->next = free_node;
                free_node = s;
            }
            in += 5;
            continue;
        }
        int32_t qty = in[8];
        for (int f = 0; f < o.fills; f++, next_fill++) {
            int32_t level = next_fill->level, s = nodes[level].next, lots = next_fill->qty;
            node *n = nodes + s;
            int64_t *to = out;
            qty -= lots;
            totals[level] -= lots;
            if (out > ring + RING - 16) to = out = ring;
            out = fact(out, in, TRADED, 15);
            to[4] = in[1];
            to[5] = level;
            to[6] = lots;
            to[7] = in[4];
            to[8] = qty;
            to[9] = 0;
            to[10] = n->id;
            to[11] = n->account;
            to[12] = n->qty - lots;
            to[13] = f;
            to[14] = 0;
            if (n->qty == lots) {
                nodes[level].next = n->next;
                nodes[n->next].prev = level;
                ids[n->id] = 0;
                n->next = free_node;
                free_node = s;
            } else {
                n->qty -= lots;
            }
        }
        int64_t *to = out;
        if (out > ring + RING - 16) to = out = ring;
        if (o.rests) {
            int32_t s = free_node, level = o.level, prev = nodes[level].prev;
            free_node = nodes[s].next;
            nodes[s] = (node){level, prev, qty, level, in[4], in[3]};
            nodes[prev].next = s;
            nodes[level].prev = s;
            totals[level] += qty;
            ids[in[4]] = s;
            out = fact(out, in, PLACED, 8);
            to[4] = in[4];
            to[5] = in[7];
            to[6] = qty;
            to[7] = in[6] & 0xFFFF;
        } else if (qty) {
            out = fact(out, in, CANCELLED, 9);
            to[4] = in[4];
            to[5] = in[7];
            to[6] = qty;
            to[7] = 0;
            to[8] = 3 << 16;
        }
        in += 11;
    }
    return cpu() - start;
}

static int play(char **arguments) {
    size_t size;
    int rounds = atoi(arguments[3]);
    double times[64], operations = atof(arguments[4]);
    int64_t grid = atoll(arguments[5]);
    commands = slurp(arguments[1], &size);
    command_words = size / 8;
    facts = slurp(arguments[2], &size);
    fact_words = size / 8;
    measure();
    int64_t span = (price_max - price_min) / grid + 1, levels = span * instrument_max;
    plan(grid, span);
    node *nodes = aligned_alloc(64, (levels + (1 << 20) + 2) * sizeof *nodes);
    int64_t *totals = malloc(levels * sizeof *totals);
    int32_t *ids = malloc((id_max + 1) * sizeof *ids);
    for (int k = 0; k < rounds; k++) times[k] = replay(nodes, totals, ids, levels);
    report("floor", times, rounds, operations);
    return 0;
}

/* --- the parts ------------------------------------------------------------------------------- */

static int64_t *words, ring_out[4 * 4096];
static uint64_t records;
static volatile int64_t sink;

static void sum_stream(void) {
    int64_t sum = 0;
    for (uint64_t i = 0; i < 4 * records; i += 4) sum += words[i] ^ words[i + 1];
    sink = sum;
}

static void copy_to_ring(void) {
    for (uint64_t i = 0; i + 1024 <= records; i += 1024) memcpy(ring_out, words + 4 * i, 32768);
    sink = ring_out[5];
}

static void branch_on_type(void) {
    int64_t cancelled = 0, placed = 1, others = 2;
    for (uint64_t i = 0; i < 4 * records; i += 4) {
        int type = words[i] & 255;
        if (type == 1) { cancelled += words[i + 1]; __asm__ volatile("" ::"r"(cancelled)); }
        else if (type == 0) { placed ^= words[i + 1]; __asm__ volatile("" ::"r"(placed)); }
        else { others *= words[i + 1]; __asm__ volatile("" ::"r"(others)); }
    }
    sink = cancelled + placed + others;
}

static void pairs(int at_random) {
    static node nodes[1024 + 5000];
    static int32_t ids[1 << 22];
    static uint64_t live[LIVE];
    uint64_t id = 1, state = 88172645463325252ull, written = 0;
    for (int i = 0; i < 1024; i++) nodes[i] = (node){i, i, 0, i, 0, 0};
    for (int i = 0; i < LIVE; i++) {
        int s = 1024 + i, level = 400 + i % 200, prev = nodes[level].prev;
        nodes[s] = (node){level, prev, 10, level, id, 0};
        nodes[prev].next = nodes[level].prev = ids[id] = s;
        live[i] = id++;
    }
    for (uint64_t k = 0; k < PAIRS; k++) {
        state ^= state << 13, state ^= state >> 7, state ^= state << 17;
        int which = at_random ? (state >> 20) % LIVE : k % LIVE;
        int level = 400 + (at_random ? (state >> 40) % 200 : k % 200);
        uint64_t dead = live[which];
        int s = ids[dead], prev = nodes[level].prev;
        node *n = nodes + s;
        int64_t *to = ring_out + 4 * (written++ & 4095);
        ids[dead] = 0;
        nodes[n->prev].next = n->next;
        nodes[n->next].prev = n->prev;
        nodes[n->level].qty -= n->qty;
        to[0] = 3, to[1] = dead, to[2] = n->level, to[3] = n->qty;
        prev = nodes[level].prev;
        *n = (node){level, prev, 10, level, id, 0};
        nodes[prev].next = nodes[level].prev = ids[id & ((1 << 22) - 1)] = s;
        nodes[level].qty += 10;
        live[which] = id;
        to = ring_out + 4 * (written++ & 4095);
        to[0] = 0, to[1] = id, to[2] = level, to[3] = 10;
        id++;
    }
    sink = nodes[500].next;
}

static void oldest_first(void) { pairs(0); }
static void random_ids(void) { pairs(1); }

static int parts(const char *path) {
    size_t size;
    char *file = slurp(path, &size);
    memcpy(&records, file + 16, 8);
    words = (int64_t *)(file + 128);
    struct { const char *name; void (*run)(void); double operations; } cases[] = {
        {"sum_stream", sum_stream, records}, {"copy_to_ring", copy_to_ring, records},
        {"branch_on_type", branch_on_type, records}, {"pairs_oldest_first", oldest_first, PAIRS},
        {"pairs_random", random_ids, PAIRS},
    };
    for (int c = 0; c < 5; c++) {
        double times[7];
        for (int k = 0; k < 7; k++) {
            double start = cpu();
            cases[c].run();
            times[k] = cpu() - start;
        }
        report(cases[c].name, times, 7, cases[c].operations);
    }
    return 0;
}

int main(int count_of_arguments, char **arguments) {
    if (count_of_arguments == 3 && !strcmp(arguments[1], "--parts")) return parts(arguments[2]);
    if (count_of_arguments == 6) return play(arguments);
    fputs("usage: floor COMMANDS FACTS ROUNDS OPERATIONS GRID | floor --parts WORKLOAD\n", stderr);
    return 2;
}
