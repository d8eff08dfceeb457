/*
 * image.c - fuzz target: an image that is forged is refused, or answers every question with
 * something possible. The input says how it is forged: its first byte how, the rest
 *
 *     0     is the file itself
 *     1, 2  changes an image that is whole: offset (two bytes), what is exclusive-or'ed (one byte)
 *     3     stands where the lines are
 *
 * and but for 2 the checksum is computed again, as whoever forges images would.
 */
#include "support/image.h"

#include "image/layout.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void repair(uint8_t *bytes, uint64_t size) {
    struct layout_start start;
    if (size < sizeof start) return;
    memcpy(&start, bytes, sizeof start);
    uint64_t lines = start.note.lines.offset;
    if (lines < sizeof start || lines > size) return;
    start.note.checksum = layout_checksum(bytes, &start.note);
    memcpy(bytes, &start, sizeof start);
}

static void change(uint8_t *bytes, uint64_t size, const uint8_t *data, size_t data_size) {
    for (; data_size >= 3; data += 3, data_size -= 3) {
        uint64_t at = (uint64_t)data[0] | (uint64_t)data[1] << 8;
        if (at < size) bytes[at] ^= data[2];
    }
}

static void replace_lines(uint8_t *bytes, const uint8_t *data, size_t size) {
    struct image_note note;
    uint64_t at = offsetof(struct layout_start, note);
    memcpy(&note, bytes + at, sizeof note);
    note.lines.count = u64_min(size, note.text.offset - note.lines.offset);
    memcpy(bytes + note.lines.offset, data, (size_t)note.lines.count);
    memcpy(bytes + at, &note, sizeof note);
}

/* Of a forged image the code may be long: then only some of it is asked about. */
static void ask(const struct image *image) {
    uint64_t text = image->note->text.offset;
    if (image->note->text.count <= 4096) {
        sample_ask(image);
        return;
    }
    for (uint64_t at = text; at < text + 4096; at++) {
        image_func_find(image, at);
        image_line_find(image, at, at % 2);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct sample s;
    struct image image;
    struct image_proof proof;
    uint8_t *bytes = NULL;
    uint64_t image_size, signed_size;
    if (size == 0) return 0;
    uint8_t how = data[0] % 4;
    data++, size--;
    sample_init(&s, IMAGE_X86_64, how != 3);
    if (image_write(&s.source, &s.allocator, &bytes, &image_size) != NACRE_OK) abort();
    if (how == 0) {
        alloc_free(&s.allocator, bytes, (size_t)image_size, 1);
        image_size = size;
        bytes = ALLOC_ARRAY(&s.allocator, uint8_t, size);
        if (!bytes) abort();
        if (size) memcpy(bytes, data, size);
    } else if (how == 3) {
        replace_lines(bytes, data, size);
    } else {
        change(bytes, image_size, data, size);
    }
    if (how != 2) repair(bytes, image_size);
    if (image_open(&image, bytes, image_size, &s.wanted, NULL) == NACRE_OK) ask(&image);
    if (image_proof_find(bytes, image_size, &signed_size, &proof) && signed_size >= image_size)
        abort();
    alloc_free(&s.allocator, bytes, (size_t)image_size, 1);
    sample_deinit(&s);
    return 0;
}
