/* names.c - opening and changing names in the directories of the fake port. */
#include <stdlib.h>
#include <string.h>

#include "port/fake/inside.h"

#define CALL(name)                                        \
    struct fake *fake = context;                          \
    do {                                                  \
        enum port_errno fault_ = fake_call(fake, (name)); \
        if (fault_ != PORT_OK) return fault_;             \
    } while (0)

/* The contract of port/files.h: one component that is not "..". */
static void check_name(const char *name) {
    size_t size = strlen(name);
    if (size == 0 || size > PORT_NAME_MAX || strcmp(name, "..") == 0) abort();
    for (size_t i = 0; i < size; i++) {
        if (name[i] == '/') abort();
    }
}

static struct node *directory(struct fake *fake, uint64_t dir) {
    struct handle *handle = fake_handle(fake, dir);
    bool is_dir = handle->kind == KIND_NODE && handle->node->type == PORT_TYPE_DIRECTORY;
    if (!is_dir && !fake->is_lenient) abort();
    return is_dir ? handle->node : NULL;
}

/* The directory's node, or the function ends. */
#define DIRECTORY(name, dir)                    \
    struct node *name = directory(fake, (dir)); \
    if (!name) return PORT_ENOTDIR

static struct node *find(struct node *dir, const char *name) {
    check_name(name);
    if (strcmp(name, ".") == 0) abort();
    struct child *child = fake_child(dir, name);
    return child ? child->node : NULL;
}

/* The contract allows "." for some functions. */
static struct node *find_or_self(struct node *dir, const char *name) {
    return strcmp(name, ".") == 0 ? dir : find(dir, name);
}

/* Where a name is to be made: not there yet, in a directory that still has a name. */
static enum port_errno vacant(struct node *dir, const char *name) {
    if (find(dir, name)) return PORT_EEXIST;
    return dir->names ? PORT_OK : PORT_ENOENT;
}

static uint64_t open_node(struct fake *fake, struct node *node, uint32_t how) {
    node->opens++;
    return fake_handle_add(fake, (struct handle){.kind = KIND_NODE, .node = node, .how = how});
}

static enum port_errno open_root(void *context, const char *path, uint64_t *dir) {
    CALL("open_root");
    struct node *node = fake_walk(fake, path);
    if (!node) return PORT_ENOENT;
    if (node->type != PORT_TYPE_DIRECTORY) return PORT_ENOTDIR;
    *dir = open_node(fake, node, PORT_OPEN_READ);
    return PORT_OK;
}

static enum port_errno open_name(void *context, uint64_t dir, const char *name, uint32_t how,
                                 uint64_t *file) {
    CALL("open");
    DIRECTORY(parent, dir);
    struct node *node = find_or_self(parent, name);
    if (node && how & PORT_OPEN_CREATE && how & PORT_OPEN_EXCLUSIVE) return PORT_EEXIST;
    if (!node) {
        if (!(how & PORT_OPEN_CREATE) || !parent->names) return PORT_ENOENT;
        node = fake_node(fake, PORT_TYPE_REGULAR);
        fake_child_add(fake, parent, name, node);
    } else if (node->type != PORT_TYPE_DIRECTORY && how & PORT_OPEN_DIRECTORY) {
        return PORT_ENOTDIR;
    } else if (node->type == PORT_TYPE_LINK) {
        return PORT_ELOOP;
    } else if (node->type == PORT_TYPE_DIRECTORY &&
               how & (PORT_OPEN_WRITE | PORT_OPEN_CREATE | PORT_OPEN_TRUNCATE)) {
        return PORT_EISDIR;
    }
    if (how & PORT_OPEN_TRUNCATE) buffer_resize(&node->data, 0);
    *file = open_node(fake, node, how);
    return PORT_OK;
}

static void fill_stat(const struct node *node, struct port_stat *stat) {
    *stat = (struct port_stat){
        .device = 1,
        .inode = node->inode,
        .links = node->names,
        .size = node->data.size,
        .access_ns = node->access_ns,
        .modify_ns = node->modify_ns,
        .change_ns = node->change_ns,
        .type = node->type,
    };
}

static enum port_errno stat_name(void *context, uint64_t dir, const char *name,
                                 struct port_stat *stat) {
    CALL("stat");
    DIRECTORY(parent, dir);
    struct node *node = find_or_self(parent, name);
    if (!node) return PORT_ENOENT;
    fill_stat(node, stat);
    return PORT_OK;
}

static enum port_errno file_stat(void *context, uint64_t file, struct port_stat *stat) {
    CALL("file_stat");
    struct handle *handle = fake_handle(fake, file);
    if (handle->kind == KIND_NODE) {
        fill_stat(handle->node, stat);
        return PORT_OK;
    }
    *stat = (struct port_stat){.inode = file, .links = 1};
    if (handle->kind != KIND_STREAM) stat->type = PORT_TYPE_STREAM;
    return PORT_OK;
}

static void change_times(struct fake *fake, struct node *node, const struct port_times *times) {
    uint64_t now = fake->clocks[PORT_CLOCK_REALTIME];
    if (times->access == PORT_TIME_NOW) node->access_ns = now;
    if (times->access == PORT_TIME_SET) node->access_ns = times->access_ns;
    if (times->modify == PORT_TIME_NOW) node->modify_ns = now;
    if (times->modify == PORT_TIME_SET) node->modify_ns = times->modify_ns;
    node->change_ns = now;
}

static enum port_errno set_times(void *context, uint64_t dir, const char *name,
                                 const struct port_times *times) {
    CALL("set_times");
    DIRECTORY(parent, dir);
    struct node *node = find_or_self(parent, name);
    if (!node) return PORT_ENOENT;
    change_times(fake, node, times);
    return PORT_OK;
}

static enum port_errno file_set_times(void *context, uint64_t file,
                                      const struct port_times *times) {
    CALL("file_set_times");
    struct handle *handle = fake_handle(fake, file);
    if (handle->kind != KIND_NODE) return PORT_EINVAL;
    change_times(fake, handle->node, times);
    return PORT_OK;
}

static enum port_errno make_dir(void *context, uint64_t dir, const char *name) {
    CALL("make_dir");
    DIRECTORY(parent, dir);
    enum port_errno e = vacant(parent, name);
    if (e) return e;
    fake_child_add(fake, parent, name, fake_node(fake, PORT_TYPE_DIRECTORY));
    return PORT_OK;
}

static enum port_errno symlink_name(void *context, const char *target, uint64_t dir,
                                    const char *name) {
    CALL("symlink");
    DIRECTORY(parent, dir);
    enum port_errno e = vacant(parent, name);
    if (e) return e;
    struct node *node = fake_node(fake, PORT_TYPE_LINK);
    buffer_write(&node->data, 0, target, strlen(target));
    fake_child_add(fake, parent, name, node);
    return PORT_OK;
}

static enum port_errno link_name(void *context, uint64_t dir, const char *name, uint64_t to_dir,
                                 const char *to_name) {
    CALL("link");
    DIRECTORY(parent, dir);
    DIRECTORY(to, to_dir);
    struct node *node = find(parent, name);
    enum port_errno e = vacant(to, to_name);
    if (!node) return PORT_ENOENT;
    if (e) return e;
    if (node->type == PORT_TYPE_DIRECTORY) return PORT_EPERM;
    fake_child_add(fake, to, to_name, node);
    return PORT_OK;
}

static enum port_errno remove_dir(void *context, uint64_t dir, const char *name) {
    CALL("remove_dir");
    DIRECTORY(parent, dir);
    struct node *node = find(parent, name);
    if (!node) return PORT_ENOENT;
    if (node->type != PORT_TYPE_DIRECTORY) return PORT_ENOTDIR;
    if (node->child_count) return PORT_ENOTEMPTY;
    fake_child_remove(fake, parent, fake_child(parent, name));
    return PORT_OK;
}

static enum port_errno unlink_name(void *context, uint64_t dir, const char *name) {
    CALL("unlink");
    DIRECTORY(parent, dir);
    struct node *node = find(parent, name);
    if (!node) return PORT_ENOENT;
    if (node->type == PORT_TYPE_DIRECTORY) return PORT_EISDIR;
    fake_child_remove(fake, parent, fake_child(parent, name));
    return PORT_OK;
}

static bool is_below(const struct node *node, const struct node *top) {
    if (node == top) return true;
    for (uint32_t i = 0; i < top->child_count; i++) { /* trees of tests are not deep */
        if (is_below(node, top->children[i].node)) return true;
    }
    return false;
}

static enum port_errno rename_name(void *context, uint64_t dir, const char *name, uint64_t to_dir,
                                   const char *to_name) {
    CALL("rename");
    DIRECTORY(from, dir);
    DIRECTORY(to, to_dir);
    struct node *node = find(from, name), *old = find(to, to_name);
    if (!node || !to->names) return PORT_ENOENT;
    if (node == old) return PORT_OK;
    bool is_dir = node->type == PORT_TYPE_DIRECTORY;
    if (is_dir && is_below(to, node)) return PORT_EINVAL;
    if (old) {
        bool old_is_dir = old->type == PORT_TYPE_DIRECTORY;
        if (is_dir && !old_is_dir) return PORT_ENOTDIR;
        if (!is_dir && old_is_dir) return PORT_EISDIR;
        if (old->child_count) return PORT_ENOTEMPTY;
        fake_child_remove(fake, to, fake_child(to, to_name));
    }
    fake_child_add(fake, to, to_name, node);
    fake_child_remove(fake, from, fake_child(from, name));
    return PORT_OK;
}

static enum port_errno read_link(void *context, uint64_t dir, const char *name, char *target,
                                 size_t capacity, size_t *size) {
    CALL("read_link");
    DIRECTORY(parent, dir);
    struct node *node = find(parent, name);
    if (!node) return PORT_ENOENT;
    if (node->type != PORT_TYPE_LINK) return PORT_EINVAL;
    *size = node->data.size < capacity ? node->data.size : capacity;
    memcpy(target, node->data.bytes, *size);
    return PORT_OK;
}

static enum port_errno read_dir(void *context, uint64_t dir, uint64_t cookie,
                                struct port_entry *entries, uint32_t capacity, uint32_t *count) {
    CALL("read_dir");
    DIRECTORY(node, dir);
    if (!(fake_handle(fake, dir)->how & PORT_OPEN_READ)) {
        if (!fake->is_lenient) abort();
        return PORT_EBADF;
    }
    uint32_t n = 0;
    for (uint32_t i = 0; i < node->child_count && n < capacity; i++) {
        const struct child *child = &node->children[i];
        if (child->cookie <= cookie) continue;
        entries[n].next = child->cookie;
        entries[n].inode = child->node->inode;
        entries[n].type = child->node->type;
        entries[n].name_size = (uint32_t)strlen(child->name);
        memcpy(entries[n].name, child->name, entries[n].name_size);
        n++;
    }
    *count = n;
    return PORT_OK;
}

void fake_names_fill(struct port_files *files) {
    files->open_root = open_root;
    files->open = open_name;
    files->stat = stat_name;
    files->set_times = set_times;
    files->make_dir = make_dir;
    files->remove_dir = remove_dir;
    files->unlink = unlink_name;
    files->rename = rename_name;
    files->link = link_name;
    files->symlink = symlink_name;
    files->read_link = read_link;
    files->file_stat = file_stat;
    files->file_set_times = file_set_times;
    files->read_dir = read_dir;
}
