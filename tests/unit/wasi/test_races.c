/* test_races.c - whoever moves directories and swaps links while a guest resolves a path can make
 * it fail, and can't lead it out. */
#define _GNU_SOURCE 1
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "rig.h"

/* The fake port's hook plays the other side at exact moments. */

struct script {
    struct fake *fake;
    const char *on; /* which call, and how many of them to let pass */
    uint32_t after;
    void (*play)(struct fake *fake);
};

static void on_call(void *env, const char *name) {
    struct script *script = env;
    if (strcmp(name, script->on) != 0) return;
    if (script->after-- == 0) script->play(script->fake);
}

static struct rig *make_jail(void) {
    /* The guest gets /jail; /secret is outside. */
    struct rig *rig = rig_bare(WORLD_FAKE);
    fake_dir(rig->fake, "jail");
    fake_dir(rig->fake, "jail/a");
    fake_dir(rig->fake, "jail/a/b");
    fake_dir(rig->fake, "jail/a/b/c");
    fake_file(rig->fake, "jail/secret", "inside", 6);
    fake_file(rig->fake, "jail/a/secret", "inside", 6);
    fake_file(rig->fake, "secret", "outside", 7);
    assert_int_equal(wasi_add_dir(rig->wasi, "jail", "/", false, NULL), NACRE_OK);
    rig_define(rig);
    return rig;
}

static void move_b_out(struct fake *fake) { fake_move(fake, "jail/a/b", "b"); }
static void move_c_up(struct fake *fake) { fake_move(fake, "jail/a/b/c", "jail/c"); }
static void remove_secret(struct fake *fake) {
    fake_remove(fake, "jail/a/secret");
    fake_link(fake, "jail/a/secret", "../../secret");
}
static void link_a(struct fake *fake) {
    fake_move(fake, "jail/a", "a");
    fake_link(fake, "jail/a", "..");
}
static void absolute(struct fake *fake) {
    fake_move(fake, "jail/a", "a");
    fake_link(fake, "jail/a", "/");
}

static void play_with(const char *path, void (*play)(struct fake *fake)) {
    static const char *const calls[] = {"open", "stat", "read_link"};
    for (size_t call = 0; call < ARRAY_COUNT(calls); call++) {
        for (uint32_t after = 0; after < 12; after++) {
            struct rig *rig = make_jail();
            struct script script = {rig->fake, calls[call], after, play};
            uint32_t fd, size = 0;
            char bytes[16];
            fake_on_call(rig->fake, on_call, &script);
            if (do_open(rig, ROOT, path, LOOKUP_FOLLOW, 0, RIGHT_FD_READ, 0, &fd) == 0) {
                OK(do_read(rig, fd, bytes, sizeof bytes, &size));
                assert_int_equal(size, 6);
                assert_memory_equal(bytes, "inside", 6);
            }
            fake_on_call(rig->fake, NULL, NULL);
            rig_destroy(rig);
        }
    }
}

static void test_moves_between_steps(void **state) {
    static const char *const paths[] = {
        "a/b/../secret", "a/b/c/../../secret", "a/b/c/../../../secret", "a/secret", "a/../secret",
        "a/b/c/../../b/c/../../secret",
    };
    static void (*const plays[])(struct fake *) = {move_b_out, move_c_up, remove_secret, link_a,
                                                   absolute};
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(paths); i++) {
        for (size_t j = 0; j < ARRAY_COUNT(plays); j++) play_with(paths[i], plays[j]);
    }
}

/* In the real world, a thread swaps things as fast as it can. */

struct swapper {
    const struct rig *rig;
    atomic_bool stop;
    void (*swap)(const struct swapper *swapper);
    char inside[96], aside[96], outside[96];
};

static void *run_swapper(void *env) {
    struct swapper *swapper = env;
    while (!atomic_load(&swapper->stop)) swapper->swap(swapper);
    return NULL;
}

/* "d", a directory, and "d", a link to outside, take turns. */
static void swap_link(const struct swapper *swapper) {
    syscall(SYS_renameat2, AT_FDCWD, swapper->inside, AT_FDCWD, swapper->aside, 2 /* EXCHANGE */);
}

/* "d" goes outside and comes back. */
static void swap_out(const struct swapper *swapper) {
    rename(swapper->inside, swapper->outside);
    rename(swapper->outside, swapper->inside);
}

static void write_file(const char *folder, const char *name, const char *text) {
    char path[128];
    snprintf(path, sizeof path, "%s%s", folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void check_opens(struct rig *rig, const char *path, uint32_t *opened) {
    uint32_t fd, size = 0;
    char bytes[16];
    if (do_open(rig, ROOT, path, LOOKUP_FOLLOW, 0, RIGHT_FD_READ, 0, &fd)) return;
    OK(do_read(rig, fd, bytes, sizeof bytes, &size));
    assert_int_equal(size, 6);
    assert_memory_equal(bytes, "inside", 6);
    OK(CALL(rig, "fd_close", fd));
    ++*opened;
}

static void run_race(struct rig *rig, void (*swap)(const struct swapper *), const char *path) {
    struct swapper swapper = {.rig = rig, .swap = swap};
    char outside[80], link[96];
    uint32_t opened = 0;
    pthread_t thread;
    snprintf(outside, sizeof outside, "%s-outside", rig->folder);
    snprintf(link, sizeof link, "%s/link", rig->folder);
    snprintf(swapper.inside, sizeof swapper.inside, "%s/d", rig->folder);
    snprintf(swapper.aside, sizeof swapper.aside, "%s/link", rig->folder);
    snprintf(swapper.outside, sizeof swapper.outside, "%s/e", outside);
    OK(do_mkdir(rig, "d"));
    OK(do_mkdir(rig, "d/e"));
    make_file(rig, "secret", "inside");
    make_file(rig, "d/secret", "inside");
    write_file(outside, "/secret", "outside");
    char deep[96];
    snprintf(deep, sizeof deep, "%s/e", outside);
    if (swap == swap_link) assert_int_equal(mkdir(deep, 0777), 0);
    if (swap == swap_link) write_file(outside, "/e/secret", "outside");
    if (swap == swap_link) assert_int_equal(symlink(outside, link), 0);
    atomic_init(&swapper.stop, false);
    assert_int_equal(pthread_create(&thread, NULL, run_swapper, &swapper), 0);
    /* A busy machine may leave the swapper waiting with the path away. */
    for (int i = 0; i < 20000 || (opened == 0 && i < 5000000); i++)
        check_opens(rig, path, &opened);
    atomic_store(&swapper.stop, true);
    pthread_join(thread, NULL);
    assert_true(opened > 0);
}

static void test_swapped_with_link(void **state) { run_race(*state, swap_link, "d/secret"); }
static void test_swapped_deeper(void **state) { run_race(*state, swap_link, "d/e/../secret"); }
static void test_moved_out(void **state) { run_race(*state, swap_out, "d/e/../../secret"); }

/* Files that the host keeps in /proc lead anywhere if their links are followed by the kernel. */
static void test_proc(void **state) {
    static const char *const paths[] = {
        "self/root", "self/root/etc/passwd", "self/cwd", "self/cwd/x", "self/exe", "self/fd/3",
        "self/fd/3/..", "thread-self/root/etc", "self/task/../root/etc/passwd",
        "self/map_files/../root/etc",
    };
    (void)state;
    for (int walks = 0; walks < 2; walks++) {
        struct rig *rig = rig_bare(walks ? WORLD_POSIX_WALKS : WORLD_POSIX);
        assert_int_equal(wasi_add_dir(rig->wasi, "/proc", "/", true, NULL), NACRE_OK);
        rig_define(rig);
        OK(do_open(rig, ROOT, "self/status", LOOKUP_FOLLOW, 0, RIGHT_FD_READ, 0, NULL));
        for (size_t i = 0; i < ARRAY_COUNT(paths); i++) {
            uint32_t e =
                do_open(rig, ROOT, paths[i], LOOKUP_FOLLOW, 0, RIGHT_FD_READ, 0, NULL);
            if (e != PORT_EPERM && e != PORT_ENOENT) print_error("%s: %u\n", paths[i], e);
            assert_true(e == PORT_EPERM || e == PORT_ENOENT);
            assert_true(do_stat(rig, paths[i], LOOKUP_FOLLOW, NULL) != 0);
            e = do_open(rig, ROOT, paths[i], 0, 0, RIGHT_FD_READ, 0, NULL);
            assert_true(e == PORT_EPERM || e == PORT_ENOENT || e == PORT_ELOOP);
        }
        rig_destroy(rig);
    }
}

/* Links that were there before, absolute ones too, do not lead out for any function. */
static void test_links_out(void **state) {
    struct rig *rig = *state;
    char outside[80], path[128];
    snprintf(outside, sizeof outside, "%s-outside", rig->folder);
    write_file(outside, "/secret", "outside");
    snprintf(path, sizeof path, "%s/absolute", rig->folder);
    assert_int_equal(symlink(outside, path), 0);
    snprintf(path, sizeof path, "%s/relative", rig->folder);
    char target[128];
    snprintf(target, sizeof target, "../%s", outside + strlen("/tmp/"));
    assert_int_equal(symlink(target, path), 0);
    make_file(rig, "file", "x");
    static const char *const links[] = {"absolute", "relative"};
    for (size_t i = 0; i < ARRAY_COUNT(links); i++) {
        snprintf(path, sizeof path, "%s/secret", links[i]);
        uint32_t all = OFLAG_CREAT | OFLAG_TRUNC;
        FAILS(PORT_EPERM, do_open(rig, ROOT, path, 0, 0, RIGHT_FD_READ, 0, NULL));
        FAILS(PORT_EPERM, do_open(rig, ROOT, path, 0, all, RIGHTS_RW, 0, NULL));
        FAILS(PORT_EPERM, do_open(rig, ROOT, links[i], LOOKUP_FOLLOW, 0, 0, 0, NULL));
        FAILS(PORT_EPERM, do_stat(rig, path, 0, NULL));
        FAILS(PORT_EPERM, do_stat(rig, links[i], LOOKUP_FOLLOW, NULL));
        FAILS(PORT_EPERM, do_unlink(rig, path));
        FAILS(PORT_EPERM, do_rename(rig, path, "mine"));
        FAILS(PORT_EPERM, do_rename(rig, "file", path));
        FAILS(PORT_EPERM, do_symlink(rig, "x", path));
        FAILS(PORT_EPERM, CALL(rig, "path_link", ROOT, 1, TEXT(rig, path), ROOT, TEXT(rig, "m")));
        FAILS(PORT_EPERM, CALL(rig, "path_readlink", ROOT, TEXT(rig, path), 0, 9, 16));
        FAILS(PORT_EPERM,
              CALL(rig, "path_filestat_set_times", ROOT, 1, TEXT(rig, links[i]), 0, 0, 0));
        snprintf(path, sizeof path, "%s/new", links[i]);
        FAILS(PORT_EPERM, do_mkdir(rig, path));
        FAILS(PORT_EPERM, do_rmdir(rig, path));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_moves_between_steps),
        IN_POSIX(test_swapped_with_link),
        IN_POSIX(test_swapped_deeper),
        IN_POSIX(test_moved_out),
        cmocka_unit_test(test_proc),
        IN_POSIX(test_links_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
