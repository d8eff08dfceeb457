/* heap.c - see heap.h */
#include "exec/heap.h"

#include "exec/context.h"
#include "exec/store.h"

enum { THRESHOLD_MIN = 1 << 20, FIRST_BLOCK = 1 };

/* --- Size classes: multiples of 8 up to 64, then four to a doubling --- */

static uint32_t class_of(uint32_t size) {
    if (size <= 64) return u32_max(size + 7, HEAP_CELL_MIN) / 8;
    uint32_t shift = 29 - (uint32_t)__builtin_clz(size - 1);
    return 9 + (shift - 4) * 4 + ((size - 1) >> shift) - 4;
}

static uint32_t cell_size(uint32_t size_class) {
    if (size_class <= 8) return size_class * 8;
    uint32_t step = size_class - 9;
    return (step % 4 + 5) << (step / 4 + 4);
}

static uint32_t cell_count(uint32_t size_class) { return HEAP_BLOCK / cell_size(size_class); }

/* --- Blocks --- */

void heap_init(struct heap *heap, struct store *store) {
    *heap = (struct heap){.store = store, .threshold = THRESHOLD_MIN};
}

void heap_deinit(struct heap *heap) {
    const struct port *port = store_port(heap->store);
    const struct allocator *a = &heap->store->engine->allocator;
    if (heap->block_count)
        group_give_memory(heap->store->group,
                          (uint64_t)(heap->block_count - FIRST_BLOCK) * HEAP_BLOCK);
    if (heap->reserved) port->pages_release(port->context, heap->base, heap->reserved);
    ALLOC_FREE_ARRAY(a, heap->blocks, heap->block_capacity);
    ALLOC_FREE_ARRAY(a, heap->marked, heap->marked_capacity);
}

/* Reserves as much of the 4 GiB that references reach as the store may have. */
static bool reserve(struct heap *heap) {
    if (heap->reserved) return true;
    uint64_t most = u64_min(group_memory_left(heap->store->group), UINT64_C(1) << 32);
    most = u64_min(most / HEAP_BLOCK * HEAP_BLOCK + HEAP_BLOCK, UINT64_C(1) << 32);
    if (memory_reserve(store_port(heap->store), 0, most, &heap->base, &heap->reserved) != NACRE_OK)
        return false;
    context_update_all(heap->store);
    return true;
}

/* Adds `count` blocks at the end; 0 when there is no room. */
static uint32_t extend(struct heap *heap, uint32_t count) {
    struct store *store = heap->store;
    const struct port *port = store_port(store);
    if (!reserve(heap)) return 0;
    uint32_t first = u32_max(heap->block_count, FIRST_BLOCK);
    uint64_t end = ((uint64_t)first + count) * HEAP_BLOCK, added = (uint64_t)count * HEAP_BLOCK;
    if (end > heap->reserved || !group_take_memory(store->group, added)) return 0;
    if (!alloc_reserve(&store->engine->allocator, (void **)&heap->blocks, &heap->block_capacity,
                       first + count, sizeof *heap->blocks) ||
        port->pages_commit(port->context, heap->base, end) != NACRE_OK) {
        group_give_memory(store->group, added);
        return 0;
    }
    memset(heap->blocks + heap->block_count, 0,
           (first + count - heap->block_count) * sizeof *heap->blocks);
    heap->block_count = first + count;
    heap->free_count += count;
    return first;
}

/* A run of `count` free blocks: the first that is there, else new ones. */
static uint32_t take_blocks(struct heap *heap, uint32_t count, bool grow) {
    uint64_t bytes = (uint64_t)count * HEAP_BLOCK;
    if (!grow && bytes > heap->threshold - u64_min(heap->taken, heap->threshold)) return 0;
    uint32_t first = 0, run = 0;
    if (heap->free_count >= count)
        for (uint32_t b = FIRST_BLOCK; b < heap->block_count && run < count; b++) {
            run = heap->blocks[b].kind == HEAP_FREE ? run + 1 : 0;
            if (run == count) first = b + 1 - count;
        }
    if (first == 0) first = extend(heap, count);
    if (first == 0) return 0;
    heap->free_count -= count;
    heap->taken += bytes;
    return first;
}

/* --- Taking objects --- */

/* The next free cell of a block from *cursor on, which moves behind it; the count of cells when
 * there is none. */
static uint32_t next_cell(const struct heap_block *block, uint32_t *cursor) {
    uint32_t count = cell_count(block->size_class);
    for (uint32_t cell = *cursor; cell < count; cell = (cell | 63) + 1) {
        uint64_t is_free = ~block->marks[cell / 64] >> (cell % 64);
        if (is_free == 0) continue;
        cell += (uint32_t)__builtin_ctzll(is_free);
        if (cell >= count) break;
        *cursor = cell + 1;
        return cell;
    }
    return count;
}

static bool next_block(struct heap *heap, uint32_t size_class, bool grow) {
    uint32_t block = heap->classes[size_class].block;
    uint32_t next = 0;
    if (block) {
        heap->blocks[block].is_full = true;
        next = heap->blocks[block].next;
    }
    if (next == 0) {
        next = take_blocks(heap, 1, grow);
        if (next == 0) {
            if (block) heap->classes[size_class].cursor = cell_count(size_class);
            return false;
        }
        struct heap_block *fresh = &heap->blocks[next];
        *fresh = (struct heap_block){.kind = HEAP_SMALL, .size_class = (uint8_t)size_class};
        if (block) heap->blocks[block].next = next;
    }
    heap->classes[size_class].block = next;
    heap->classes[size_class].cursor = 0;
    return true;
}

static uint32_t take_small(struct heap *heap, uint32_t size_class, bool grow) {
    do {
        uint32_t block = heap->classes[size_class].block;
        if (block == 0) continue;
        uint32_t cell = next_cell(&heap->blocks[block], &heap->classes[size_class].cursor);
        if (cell < cell_count(size_class))
            return block * HEAP_BLOCK + cell * cell_size(size_class);
    } while (next_block(heap, size_class, grow));
    return 0;
}

static uint32_t take_large(struct heap *heap, uint64_t size, bool grow) {
    uint32_t count = (uint32_t)((size + HEAP_BLOCK - 1) / HEAP_BLOCK);
    uint32_t first = take_blocks(heap, count, grow);
    if (first == 0) return 0;
    heap->blocks[first] = (struct heap_block){.kind = HEAP_LARGE, .is_full = true, .span = count};
    for (uint32_t i = 1; i < count; i++)
        heap->blocks[first + i] = (struct heap_block){.kind = HEAP_LARGE_REST, .span = i};
    return first * HEAP_BLOCK;
}

uint32_t heap_take(struct heap *heap, uint32_t type, uint32_t length, uint64_t bytes, bool grow) {
    uint64_t size = bytes + sizeof(struct object);
    if (size >= UINT32_MAX) return 0;
    uint32_t ref = size <= HEAP_SMALL_MAX ? take_small(heap, class_of((uint32_t)size), grow)
                                          : take_large(heap, size, grow);
    if (ref == 0) return 0;
    struct object *object = heap_object(heap, ref);
    memset(object->bytes, 0, bytes);
    object->type = type;
    object->length = length;
    return ref;
}

uint64_t heap_bytes(const struct heap *heap) {
    if (heap->block_count == 0) return 0;
    return (uint64_t)(heap->block_count - FIRST_BLOCK - heap->free_count) * HEAP_BLOCK;
}

/* --- Marks --- */

static uint32_t cell_of(const struct heap_block *block, uint32_t ref) {
    return block->kind == HEAP_SMALL ? ref % HEAP_BLOCK / cell_size(block->size_class) : 0;
}

bool heap_holds(const struct heap *heap, uint32_t ref) {
    uint32_t number = ref / HEAP_BLOCK, at = ref % HEAP_BLOCK;
    if (!heap_is_object(ref) || number >= heap->block_count || heap->was_abandoned) return false;
    const struct heap_block *block = &heap->blocks[number];
    if (block->kind == HEAP_LARGE) return at == 0;
    if (block->kind != HEAP_SMALL || at % cell_size(block->size_class) != 0) return false;
    uint32_t cell = cell_of(block, ref);
    if (cell >= cell_count(block->size_class)) return false;
    bool is_current = heap->classes[block->size_class].block == number;
    return block->is_full || block->marks[cell / 64] >> (cell % 64) & 1 ||
           (is_current && cell < heap->classes[block->size_class].cursor);
}

void heap_mark_begin(struct heap *heap) {
    for (uint32_t b = FIRST_BLOCK; b < heap->block_count; b++)
        memset(heap->blocks[b].marks, 0, sizeof heap->blocks[b].marks);
    heap->has_overflowed = false;
}

void heap_mark(struct heap *heap, uint32_t ref) {
    if (!heap_is_object(ref)) return;
    struct heap_block *block = &heap->blocks[ref / HEAP_BLOCK];
    uint32_t cell = cell_of(block, ref);
    uint64_t bit = UINT64_C(1) << (cell % 64);
    if (block->marks[cell / 64] & bit) return;
    block->marks[cell / 64] |= bit;
    if (heap->marked_count == heap->marked_capacity &&
        !alloc_reserve(&heap->store->engine->allocator, (void **)&heap->marked,
                       &heap->marked_capacity, heap->marked_count + 1, sizeof *heap->marked))
        heap->has_overflowed = true;
    else
        heap->marked[heap->marked_count++] = ref;
}

static void mark_array(struct heap *heap, const struct object *object) {
    for (uint32_t i = 0; i < object->length; i++)
        heap_mark(heap, load_u32(object->bytes + (size_t)i * 4));
}

static void mark_struct(struct heap *heap, const struct object *object,
                        const struct wasm_type *type) {
    for (uint32_t i = 0; i < type->field_count; i++)
        if (type->fields[i].is_root)
            heap_mark(heap, load_u32(object->bytes + type->fields[i].offset));
}

static void mark_exception(struct heap *heap, const struct object *object,
                           const struct wasm_type *type) {
    const struct wasm_types *types = &heap->store->engine->types;
    const uint8_t *at = object->bytes;
    for (uint32_t i = 0; i < type->param_count; i++) {
        if (wasm_is_root(types, wasm_params(type)[i])) heap_mark(heap, load_u32(at));
        at += wasm_slots(wasm_params(type)[i]) * sizeof(uint64_t);
    }
}

static void mark_inside(struct heap *heap, uint32_t ref) {
    const struct object *object = heap_object(heap, ref);
    const struct wasm_type *type = wasm_type_get(&heap->store->engine->types, object->type);
    if (type->kind == WASM_TYPE_STRUCT) mark_struct(heap, object, type);
    else if (type->kind == WASM_TYPE_FUNC) mark_exception(heap, object, type);
    else if (type->fields[0].is_root) mark_array(heap, object);
}

static void mark_all_inside(struct heap *heap) {
    while (heap->marked_count) mark_inside(heap, heap->marked[--heap->marked_count]);
}

/* When the list was too short: looks into every marked object again. */
static void mark_again(struct heap *heap) {
    for (uint32_t b = FIRST_BLOCK; b < heap->block_count; b++) {
        const struct heap_block *block = &heap->blocks[b];
        uint32_t size = block->kind == HEAP_SMALL ? cell_size(block->size_class) : HEAP_BLOCK;
        for (uint32_t cell = 0; cell < HEAP_BLOCK / size; cell++) {
            if (!(block->marks[cell / 64] >> (cell % 64) & 1)) continue;
            mark_inside(heap, b * HEAP_BLOCK + cell * size);
            mark_all_inside(heap);
        }
    }
}

/* --- Sweeping: blocks without a mark are free, the others offer their free cells again --- */

static bool has_marks(const struct heap_block *block) {
    uint64_t any = 0;
    for (size_t i = 0; i < ARRAY_COUNT(block->marks); i++) any |= block->marks[i];
    return any != 0;
}

static void free_blocks(struct heap *heap, uint32_t first, uint32_t count) {
    memset(heap->blocks + first, 0, count * sizeof *heap->blocks);
    heap->free_count += count;
}

/* So that a test of the collector sees who still uses what is free now. */
static void poison(struct heap *heap, uint32_t b) {
    const struct heap_block *block = &heap->blocks[b];
    uint32_t size = cell_size(block->size_class);
    for (uint32_t cell = 0; cell < cell_count(block->size_class); cell++)
        if (!(block->marks[cell / 64] >> (cell % 64) & 1))
            memset(heap->base + (size_t)b * HEAP_BLOCK + cell * size, 0xFD, size);
}

static void sweep(struct heap *heap) {
    memset(heap->classes, 0, sizeof heap->classes);
    for (uint32_t b = heap->block_count; b-- > FIRST_BLOCK;) {
        struct heap_block *block = &heap->blocks[b];
        if (block->kind == HEAP_FREE || block->kind == HEAP_LARGE_REST) continue;
        if (heap->store->engine->gc_stress && block->kind == HEAP_SMALL) poison(heap, b);
        if (!has_marks(block)) {
            free_blocks(heap, b, block->kind == HEAP_LARGE ? block->span : 1);
        } else if (block->kind == HEAP_SMALL) {
            block->is_full = false;
            block->next = heap->classes[block->size_class].block;
            heap->classes[block->size_class].block = b;
        }
    }
}

void heap_mark_finish(struct heap *heap) {
    mark_all_inside(heap);
    while (heap->has_overflowed) {
        heap->has_overflowed = false;
        mark_again(heap);
    }
    sweep(heap);
    heap->was_abandoned = false;
    heap->taken = 0;
    heap->threshold = u64_max(THRESHOLD_MIN, heap_bytes(heap));
}

void heap_mark_abandon(struct heap *heap) {
    heap->marked_count = 0;
    heap->was_abandoned = true;
    heap->taken = 0; /* what failed is not tried again at once */
    for (uint32_t b = FIRST_BLOCK; b < heap->block_count; b++)
        memset(heap->blocks[b].marks, 0xFF, sizeof heap->blocks[b].marks);
}
