/*
 * mix.c - a mix of integer work as small devices do it, after the idea of CoreMark, in code of our
 * own: a linked list is searched, turned and sorted; small matrices are multiplied; a state
 * machine reads numbers in a text; and a CRC-16 goes over what comes out.
 *
 *     mix [ITERATIONS]
 *
 * prints `mix ITERATIONS checksum=HEX best_ms=N iterations_per_s=N`, the time around the
 * iterations alone, by the clock that the program sees. The checksum depends on the number of
 * iterations only. It builds for Wasm too: see bench/kernels/kernel.h, whose line this follows.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { NODES = 40, FINDS = 30, SIDE = 9, TEXT = 640 };

struct node {
    struct node *next;
    int16_t key;   /* what is sorted by and looked for */
    int16_t place; /* where the node was at first: sorting by it undoes everything */
};

static uint16_t crc_of_byte(uint8_t byte, uint16_t crc) {
    for (int i = 0; i < 8; i++) {
        int odd = (byte ^ crc) & 1;
        crc = (uint16_t)(crc >> 1);
        byte = (uint8_t)(byte >> 1);
        if (odd) crc ^= 0xa001;
    }
    return crc;
}

static uint16_t crc_of(uint32_t word, uint16_t crc) {
    for (int i = 0; i < 32; i += 8) crc = crc_of_byte((uint8_t)(word >> i), crc);
    return crc;
}

/* The list. */

static struct node nodes[NODES];

static struct node *make_list(uint16_t seed) {
    for (int i = 0; i < NODES; i++) {
        nodes[i].next = i + 1 < NODES ? &nodes[i + 1] : NULL;
        nodes[i].key = (int16_t)((i * 37 + seed) % 101);
        nodes[i].place = (int16_t)i;
    }
    return nodes;
}

static struct node *find_key(struct node *list, int key) {
    while (list != NULL && list->key != key) list = list->next;
    return list;
}

static struct node *turn(struct node *list) {
    struct node *turned = NULL;
    while (list != NULL) {
        struct node *next = list->next;
        list->next = turned;
        turned = list;
        list = next;
    }
    return turned;
}

typedef int compare(const struct node *, const struct node *);

static int by_key(const struct node *a, const struct node *b) {
    return a->key != b->key ? a->key - b->key : a->place - b->place;
}

static int by_place(const struct node *a, const struct node *b) { return a->place - b->place; }

static struct node *merge(struct node *a, struct node *b, compare *order) {
    struct node *first = NULL, **end = &first;
    while (a != NULL && b != NULL) {
        struct node **least = order(a, b) <= 0 ? &a : &b;
        *end = *least;
        end = &(*least)->next;
        *least = *end;
    }
    *end = a != NULL ? a : b;
    return first;
}

/* Merge sort from below: runs[i] is a sorted run of 2^i nodes, or nothing. */
static struct node *sort(struct node *list, compare *order) {
    struct node *runs[8] = {NULL};
    while (list != NULL) {
        struct node *run = list;
        int i = 0;
        list = list->next;
        run->next = NULL;
        for (; i < 7 && runs[i] != NULL; i++) {
            run = merge(runs[i], run, order);
            runs[i] = NULL;
        }
        runs[i] = runs[i] != NULL ? merge(runs[i], run, order) : run;
    }
    for (int i = 0; i < 8; i++) list = merge(runs[i], list, order);
    return list;
}

static uint16_t crc_of_list(const struct node *list, uint16_t crc) {
    for (; list != NULL; list = list->next) crc = crc_of_byte((uint8_t)list->key, crc);
    return crc;
}

static uint16_t list_work(uint16_t seed, compare *const orders[2]) {
    struct node *list = make_list(seed);
    int found = 0, missed = 0;
    for (int i = 0; i < FINDS; i++) {
        struct node *at = find_key(list, (seed + i * 5) % 101);
        if (at == NULL) missed++;
        else found += at->place;
        list = turn(list);
    }
    list = sort(list, orders[0]);
    uint16_t crc = crc_of_list(list, (uint16_t)(found + missed));
    list = sort(turn(list), orders[1]);
    return crc_of_list(list, crc);
}

/* The matrices. */

static int16_t left[SIDE][SIDE], right[SIDE][SIDE];
static int32_t product[SIDE][SIDE];

static void make_matrices(uint16_t seed) {
    uint32_t order = seed | 1u;
    for (int i = 0; i < SIDE; i++) {
        for (int j = 0; j < SIDE; j++) {
            order = order * 1103515245u + 12345u;
            left[i][j] = (int16_t)(order >> 16 & 0x3ff);
            right[i][j] = (int16_t)((order >> 20 & 0x3ff) - 0x200);
        }
    }
}

/* Adds up what is above a limit, and counts the rises: the result is in every element. */
static uint32_t digest(int32_t limit) {
    int32_t before = 0;
    uint32_t sum = 0, rises = 0;
    for (int i = 0; i < SIDE; i++) {
        for (int j = 0; j < SIDE; j++) {
            int32_t now = product[i][j];
            if (now > limit) sum += (uint32_t)now;
            else rises += now > before ? 10 : 1;
            before = now;
        }
    }
    return sum + rises;
}

static uint16_t matrix_work(uint16_t seed) {
    make_matrices(seed);
    for (int i = 0; i < SIDE; i++)
        for (int j = 0; j < SIDE; j++) left[i][j] = (int16_t)(left[i][j] + (seed & 0xff));
    for (int i = 0; i < SIDE; i++)
        for (int j = 0; j < SIDE; j++) product[i][j] = left[i][j] * (int16_t)(seed & 0x3f);
    uint16_t crc = crc_of(digest(1000), 0);
    for (int i = 0; i < SIDE; i++) {
        for (int j = 0; j < SIDE; j++) {
            product[i][j] = 0;
            for (int k = 0; k < SIDE; k++) product[i][j] += left[i][k] * right[k][j];
        }
    }
    crc = crc_of(digest(-1000), crc);
    for (int i = 0; i < SIDE; i++) {
        for (int j = 0; j < SIDE; j++) {
            product[i][j] = 0;
            for (int k = 0; k < SIDE; k++) {
                int32_t one = left[i][k] * right[k][j];
                product[i][j] += (one >> 2 & 0xf) * (one >> 5 & 0x7f);
            }
        }
    }
    return crc_of(digest(4000), crc);
}

/* The text: numbers with commas between, some of them broken. */

enum state { START, SIGN, WHOLE, POINT, FRACTION, EXPONENT, EXPONENT_SIGN, SCIENTIFIC, BROKEN };
enum { STATES = BROKEN + 1 };

static char text[TEXT];

static void make_text(uint16_t seed) {
    static const char *const words[] = {
        "5012",   "-874",    "+122",    "35.54", ".1234500", "-110.700", "+0.64", "5.5e3",
        "-.12e2", "87e+832", "T0.3e-1", "1.2.3", "-e5",      "+-7",      "0x1f",  "12e",
    };
    uint32_t order = seed;
    const char *word = "";
    for (int i = 0; i < TEXT; i++) {
        if (*word != 0) {
            text[i] = *word++;
            continue;
        }
        text[i] = ',';
        order = order * 1664525u + 1013904223u;
        word = words[order >> 28];
    }
}

static int is_digit(char c) { return c >= '0' && c <= '9'; }

static enum state step(enum state state, char c) {
    int sign = c == '+' || c == '-';
    switch (state) {
    case START:
        if (sign) return SIGN;
        return is_digit(c) ? WHOLE : c == '.' ? POINT : BROKEN;
    case SIGN: return is_digit(c) ? WHOLE : c == '.' ? POINT : BROKEN;
    case WHOLE:
        if (is_digit(c)) return WHOLE;
        return c == '.' ? FRACTION : c == 'e' || c == 'E' ? EXPONENT : BROKEN;
    case POINT: return is_digit(c) ? FRACTION : BROKEN;
    case FRACTION:
        if (is_digit(c)) return FRACTION;
        return c == 'e' || c == 'E' ? EXPONENT : BROKEN;
    case EXPONENT: return sign ? EXPONENT_SIGN : is_digit(c) ? SCIENTIFIC : BROKEN;
    case EXPONENT_SIGN:
    case SCIENTIFIC: return is_digit(c) ? SCIENTIFIC : BROKEN;
    case BROKEN: break;
    }
    return BROKEN;
}

static void read_text(uint32_t ends[STATES], uint32_t steps[STATES]) {
    enum state state = START;
    for (int i = 0; i < TEXT; i++) {
        if (text[i] == ',') {
            ends[state]++;
            state = START;
            continue;
        }
        enum state next = step(state, text[i]);
        if (next != state) steps[next]++;
        state = next;
    }
    ends[state]++;
}

static void spoil_text(uint16_t seed) {
    for (int i = seed % 7; i < TEXT; i += 11)
        if (text[i] != ',') text[i] = (char)(text[i] ^ (seed & 7));
}

static uint16_t text_work(uint16_t seed) {
    uint32_t ends[STATES] = {0}, steps[STATES] = {0};
    make_text(seed);
    read_text(ends, steps);
    spoil_text(seed);
    read_text(ends, steps);
    uint16_t crc = 0;
    for (int i = 0; i < STATES; i++) crc = crc_of(steps[i], crc_of(ends[i], crc));
    return crc;
}

static double now_s(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int main(int argc, char **argv) {
    long iterations = argc > 1 ? strtol(argv[1], NULL, 10) : 5000;
    compare *volatile chosen[2] = {by_key, by_place}; /* the calls stay indirect */
    compare *const orders[2] = {chosen[0], chosen[1]};
    uint16_t crc = 0xffff;
    uint64_t sum = 0xcbf29ce484222325u;
    if (iterations < 1) iterations = 1;
    double begin_s = now_s();
    for (long i = 0; i < iterations; i++) {
        crc = crc_of(list_work(crc, orders), crc);
        crc = crc_of(matrix_work(crc), crc);
        crc = crc_of(text_work(crc), crc);
        sum = (sum ^ crc) * 0x100000001b3u;
    }
    double took_s = now_s() - begin_s;
    printf("mix %ld checksum=%016llx best_ms=%.4f iterations_per_s=%.1f\n", iterations,
           (unsigned long long)sum, took_s * 1e3, took_s > 0 ? (double)iterations / took_s : 0.0);
    return 0;
}
