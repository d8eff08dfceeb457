/* nodes.c - the fake port's files, directories and links, and the tests' access to them. */
#include <stdlib.h>

#include "port/fake/inside.h"

void buffer_resize(struct buffer *buffer, size_t size) {
    if (size > UINT32_MAX) abort();
    if (size > buffer->capacity) {
        size_t capacity = size * 2 < 64 ? 64 : size * 2;
        buffer->bytes = realloc(buffer->bytes, capacity);
        if (!buffer->bytes) abort();
        buffer->capacity = capacity;
    }
    if (size > buffer->size) memset(buffer->bytes + buffer->size, 0, size - buffer->size);
    buffer->size = size;
}

void buffer_write(struct buffer *buffer, size_t at, const void *bytes, size_t size) {
    if (size == 0) return;
    if (at + size > buffer->size) buffer_resize(buffer, at + size);
    memcpy(buffer->bytes + at, bytes, size);
}

struct node *fake_node(struct fake *fake, enum port_file_type type) {
    struct node *node = calloc(1, sizeof *node);
    if (!node) abort();
    node->type = type;
    node->inode = ++fake->last_inode;
    node->next = fake->nodes;
    fake->nodes = node;
    fake_touch(fake, node);
    node->access_ns = node->modify_ns;
    return node;
}

void fake_touch(struct fake *fake, struct node *node) {
    node->modify_ns = node->change_ns = fake->clocks[PORT_CLOCK_REALTIME];
}

void fake_node_check(struct fake *fake, struct node *node) {
    if (node->names || node->opens) return;
    struct node **at = &fake->nodes;
    while (*at != node) at = &(*at)->next;
    *at = node->next;
    free(node->data.bytes);
    free(node->children);
    free(node);
}

struct child *fake_child(struct node *dir, const char *name) {
    size_t size = strlen(name) + 1;
    for (uint32_t i = 0; i < dir->child_count; i++) {
        if (memcmp(dir->children[i].name, name, size) == 0) return &dir->children[i];
    }
    return NULL;
}

void fake_child_add(struct fake *fake, struct node *dir, const char *name, struct node *node) {
    size_t count = dir->child_count + 1;
    dir->children = realloc(dir->children, count * sizeof *dir->children);
    if (!dir->children) abort();
    struct child *child = &dir->children[dir->child_count++];
    *child = (struct child){.cookie = ++dir->last_cookie, .node = node};
    memcpy(child->name, name, strlen(name) + 1);
    node->names++;
    fake_touch(fake, dir);
}

void fake_child_remove(struct fake *fake, struct node *dir, struct child *child) {
    struct node *node = child->node;
    struct child *end = dir->children + dir->child_count;
    memmove(child, child + 1, (size_t)(end - child - 1) * sizeof *child);
    dir->child_count--;
    node->names--;
    fake_touch(fake, dir);
    fake_node_check(fake, node);
}

/* Gives the parent and the last name; NULL when a parent is missing. */
static struct node *walk_parent(struct fake *fake, const char *path, char name[]) {
    struct node *node = fake->root;
    name[0] = 0;
    while (*path) {
        while (*path == '/') path++;
        size_t size = 0;
        while (path[size] && path[size] != '/') size++;
        if (size == 0) break;
        if (size > PORT_NAME_MAX) abort();
        if (name[0]) {
            struct child *child = fake_child(node, name);
            if (!child) return NULL;
            node = child->node;
        }
        memcpy(name, path, size);
        name[size] = 0;
        path += size;
    }
    return node;
}

struct node *fake_walk(struct fake *fake, const char *path) {
    char name[PORT_NAME_MAX + 1];
    struct node *parent = walk_parent(fake, path, name);
    if (!parent || !name[0]) return parent;
    struct child *child = fake_child(parent, name);
    return child ? child->node : NULL;
}

static struct node *make(struct fake *fake, const char *path, enum port_file_type type) {
    char name[PORT_NAME_MAX + 1];
    struct node *parent = walk_parent(fake, path, name);
    if (!parent || !name[0] || fake_child(parent, name)) abort();
    struct node *node = fake_node(fake, type);
    fake_child_add(fake, parent, name, node);
    return node;
}

void fake_dir(struct fake *fake, const char *path) { make(fake, path, PORT_TYPE_DIRECTORY); }

void fake_file(struct fake *fake, const char *path, const void *bytes, size_t size) {
    buffer_write(&make(fake, path, PORT_TYPE_REGULAR)->data, 0, bytes, size);
}

void fake_link(struct fake *fake, const char *path, const char *target) {
    buffer_write(&make(fake, path, PORT_TYPE_LINK)->data, 0, target, strlen(target));
}

void fake_remove(struct fake *fake, const char *path) {
    char name[PORT_NAME_MAX + 1];
    struct node *parent = walk_parent(fake, path, name);
    struct child *child = parent ? fake_child(parent, name) : NULL;
    if (!child) abort();
    fake_child_remove(fake, parent, child);
}

void fake_move(struct fake *fake, const char *from, const char *to) {
    char name[PORT_NAME_MAX + 1], to_name[PORT_NAME_MAX + 1];
    struct node *parent = walk_parent(fake, from, name);
    struct node *to_parent = walk_parent(fake, to, to_name);
    struct child *child = parent ? fake_child(parent, name) : NULL;
    if (!child || !to_parent) abort();
    struct node *node = child->node;
    node->opens++; /* so that it outlives its removal */
    fake_child_remove(fake, parent, child);
    fake_child_add(fake, to_parent, to_name, node);
    node->opens--;
}

bool fake_exists(struct fake *fake, const char *path) { return fake_walk(fake, path) != NULL; }

const uint8_t *fake_contents(struct fake *fake, const char *path, size_t *size) {
    struct node *node = fake_walk(fake, path);
    if (!node) return NULL;
    *size = node->data.size;
    return node->data.bytes ? node->data.bytes : (const uint8_t *)"";
}
