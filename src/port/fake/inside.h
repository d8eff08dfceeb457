/* inside.h - the fake port's state, shared by its files. */
#ifndef PORT_FAKE_INSIDE_H
#define PORT_FAKE_INSIDE_H

#include "port/fake/fake.h"

struct buffer {
    uint8_t *bytes;
    size_t size, capacity;
};

/* A file, directory or link. It lives while a directory names it or a file is open on it. */
struct node {
    enum port_file_type type;
    uint64_t inode, access_ns, modify_ns, change_ns;
    uint32_t names, opens;
    struct buffer data; /* contents, or a link's target */
    struct child *children;
    uint32_t child_count;
    uint64_t last_cookie;
    struct node *next; /* all nodes */
};

struct child {
    uint64_t cookie; /* in the order of creation, so that reading goes on after removals */
    struct node *node;
    char name[PORT_NAME_MAX + 1];
};

/* Two directions of bytes: standard streams and connections. */
struct pipe {
    struct buffer input, output;
    size_t at;
    bool input_ends, shut_read, shut_write;
};

enum kind { KIND_CLOSED, KIND_NODE, KIND_STREAM, KIND_CONNECTION, KIND_LISTENER };

struct handle {
    enum kind kind;
    struct node *node;
    uint32_t number; /* of the stream or connection */
    uint32_t how;
    bool is_locked, is_locked_alone;
    uint64_t position;
};

struct fake_counter {
    uint8_t name[16];
    uint64_t value;
};

enum { FAKE_COUNTERS_MAX = 16, FAKE_HANDLES_MAX = 4096, FAKE_CONNECTIONS_MAX = 8 };

struct fake {
    struct port port;
    struct port_files files;
    struct allocator allocator;
    uint64_t calls, fail_at, live_allocations;
    enum port_errno fail_with;
    bool fault_hit, in_hook, is_lenient;
    void (*on_call)(void *env, const char *name);
    void *on_call_env;
    uint64_t clocks[4];
    uint64_t random, cpu_features;
    struct node *root, *nodes;
    uint64_t last_inode;
    struct pipe streams, errors; /* 0 and 1; 2 */
    struct pipe connections[FAKE_CONNECTIONS_MAX];
    uint32_t connection_count, accepted_count;
    struct fake_counter counters[FAKE_COUNTERS_MAX];
    uint32_t counter_count;
    struct handle handles[FAKE_HANDLES_MAX];
    uint32_t open_count;
};

/* Counts a call; the error with which it is to fail, or PORT_OK. */
enum port_errno fake_call(struct fake *fake, const char *name);

void buffer_write(struct buffer *buffer, size_t at, const void *bytes, size_t size);
void buffer_resize(struct buffer *buffer, size_t size);

/* nodes.c */
struct node *fake_node(struct fake *fake, enum port_file_type type);
struct child *fake_child(struct node *dir, const char *name);
void fake_child_add(struct fake *fake, struct node *dir, const char *name, struct node *node);
void fake_child_remove(struct fake *fake, struct node *dir, struct child *child);
void fake_node_check(struct fake *fake, struct node *node); /* frees it when nothing needs it */
struct node *fake_walk(struct fake *fake, const char *path);
void fake_touch(struct fake *fake, struct node *node);

/* handles.c: aborts when `file` is not open. */
struct handle *fake_handle(struct fake *fake, uint64_t file);
uint64_t fake_handle_add(struct fake *fake, struct handle handle);

void fake_names_fill(struct port_files *files);   /* names.c */
void fake_streams_fill(struct port_files *files); /* streams.c */

#endif
