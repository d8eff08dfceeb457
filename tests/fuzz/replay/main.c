/* main.c - runs a fuzz target once a file, without a fuzzer: FILE... of hexadecimal digits, where
 * `#` begins a comment. Prints how many there were. */
#include <ctype.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int digit(int c) { return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10; }

/* The next digit's value, or -1 at the end. */
static int next_digit(FILE *file) {
    int c;
    while ((c = getc(file)) != EOF) {
        if (c == '#') {
            while (c != '\n' && c != EOF) c = getc(file);
        } else if (isxdigit(c)) {
            return digit(c);
        }
    }
    return -1;
}

static int replay(const char *path) {
    static uint8_t bytes[1 << 20];
    FILE *file = fopen(path, "r");
    size_t size = 0;
    int high, low;
    if (!file) return 0;
    while (size < sizeof bytes && (high = next_digit(file)) >= 0 && (low = next_digit(file)) >= 0)
        bytes[size++] = (uint8_t)(high << 4 | low);
    fclose(file);
    /* A copy of its exact size, so that a sanitizer sees what is read behind it. */
    uint8_t *copy = malloc(size ? size : 1);
    if (!copy) return 0;
    for (size_t i = 0; i < size; i++) copy[i] = bytes[i];
    (void)LLVMFuzzerTestOneInput(copy, size);
    free(copy);
    return 1;
}

int main(int argc, char **argv) {
    int passed = 0;
    for (int i = 1; i < argc; i++) passed += replay(argv[i]);
    printf("%d passed, %d failed, 0 skipped\n", passed, argc - 1 - passed);
    return passed == argc - 1 ? EXIT_SUCCESS : EXIT_FAILURE;
}
