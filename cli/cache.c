/* cache.c - the verb `cache`: the images that nacre run keeps. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <nacre/compiler.h>

#include "digest.h"
#include "flags.h"
#include "json.h"
#include "report.h"

struct cache_flags {
    bool json;
    bool all;
    uint64_t max_size;
};

#define NOT_GIVEN UINT64_MAX

static const struct flag flags[] = {
    {"json", 0, FLAG_BOOL, NULL,
     "ls: print an array of objects: path, size, used (seconds since 1970), module, target, "
     "options, compiler.", offsetof(struct cache_flags, json)},
    {"all", 0, FLAG_BOOL, NULL, "prune: remove every image.", offsetof(struct cache_flags, all)},
    {"max-size", 0, FLAG_SIZE, "SIZE",
     "prune: what the images may take together (default: NACRE_CACHE_SIZE, else 1G).",
     offsetof(struct cache_flags, max_size)},
    {0},
};

/* --- ls --- */

struct row {
    nacre_cache_entry entry;
    nacre_image_description image;
    bool whole; /* else there is no description */
};

struct rows {
    struct row *items;
    size_t count;
    bool no_memory;
};

static bool add_row(void *context, const nacre_cache_entry *entry) {
    struct rows *rows = context;
    struct row *items = realloc(rows->items, (rows->count + 1) * sizeof *items);
    rows->no_memory = !items;
    if (!items) return false;
    rows->items = items;
    struct row *row = &items[rows->count++];
    row->entry = *entry;
    row->whole = nacre_image_describe(entry->path, &row->image, NULL) == NACRE_OK;
    return true;
}

static int by_use(const void *a, const void *b) {
    const struct row *x = a, *y = b;
    if (x->entry.used_seconds != y->entry.used_seconds)
        return x->entry.used_seconds > y->entry.used_seconds ? -1 : 1;
    return strcmp(x->entry.path, y->entry.path);
}

static int print_json(const struct rows *rows) {
    json_t *list = json_array();
    for (size_t i = 0; i < rows->count; i++) {
        const struct row *row = &rows->items[i];
        char module[DIGEST_TEXT];
        json_t *object = json_pack("{s:s, s:I, s:I}", "path", row->entry.path, "size",
                                   (json_int_t)row->entry.size_bytes, "used",
                                   (json_int_t)row->entry.used_seconds);
        if (row->whole) {
            digest_format(row->image.module_sha256, module);
            json_object_set_new(object, "module", json_string(module));
            json_object_set_new(object, "target", json_string(row->image.target));
            json_object_set_new(object, "options", json_string(row->image.options));
            json_object_set_new(object, "compiler", json_string(row->image.compiler));
        }
        json_array_append_new(list, object);
    }
    return json_print(list);
}

static void print_row(const struct row *row) {
    char used[32] = "", module[DIGEST_TEXT];
    time_t seconds = (time_t)row->entry.used_seconds;
    struct tm local;
    if (localtime_r(&seconds, &local)) strftime(used, sizeof used, "%Y-%m-%d %H:%M", &local);
    printf("%s  %8" PRIu64 " KiB  ", used, (row->entry.size_bytes + 1023) / 1024);
    if (!row->whole) {
        puts("damaged");
        return;
    }
    digest_format(row->image.module_sha256, module);
    printf("%.16s  ", module);
    print_text(stdout, row->image.target, strlen(row->image.target));
    fputs("  ", stdout);
    print_text(stdout, row->image.options, strlen(row->image.options));
    putchar('\n');
}

static int print_plain(const nacre_cache *cache, const struct rows *rows) {
    uint64_t bytes = 0;
    for (size_t i = 0; i < rows->count; i++) {
        print_row(&rows->items[i]);
        bytes += rows->items[i].entry.size_bytes;
    }
    print_text(stdout, nacre_cache_folder(cache), strlen(nacre_cache_folder(cache)));
    printf(": %zu images, %" PRIu64 " KiB\n", rows->count, (bytes + 1023) / 1024);
    return CLI_OK;
}

static int list(nacre_cache *cache, const struct cache_flags *set) {
    struct rows rows = {0};
    int status = CLI_FAILED;
    if (nacre_cache_list(cache, add_row, &rows) != NACRE_OK) {
        report(nacre_cache_folder(cache), "can't be read");
    } else if (rows.no_memory) {
        status = report_no_memory();
    } else {
        if (rows.count > 0) qsort(rows.items, rows.count, sizeof *rows.items, by_use);
        status = set->json ? print_json(&rows) : print_plain(cache, &rows);
    }
    free(rows.items);
    return status;
}

/* --- prune --- */

static int prune(nacre_cache *cache, const struct cache_flags *set) {
    uint64_t removed, bytes;
    uint64_t bound = set->max_size == NOT_GIVEN ? nacre_cache_bound(cache) : set->max_size;
    if (set->all) bound = 0;
    nacre_status status = nacre_cache_prune(cache, bound, &removed, &bytes);
    if (status == NACRE_NO_MEMORY) return report_no_memory();
    if (status != NACRE_OK) {
        report(nacre_cache_folder(cache), "can't be pruned");
        report_hint("is it read-only?");
        return CLI_FAILED;
    }
    printf("removed %" PRIu64 " images, %" PRIu64 " KiB\n", removed, (bytes + 1023) / 1024);
    return CLI_OK;
}

/* --- the verb --- */

static int cache_main(const struct verb *verb, int argc, char **argv) {
    struct cache_flags set = {.max_size = NOT_GIVEN};
    struct arguments args;
    int status = flags_parse(verb, argc, argv, &set, &args);
    if (status >= 0) return status;
    bool lists = args.count == 1 && strcmp(args.items[0], "ls") == 0;
    bool prunes = args.count == 1 && strcmp(args.items[0], "prune") == 0;
    if (!lists && !prunes) return flags_misused(verb, "ls or prune?");
    if (lists && (set.all || set.max_size != NOT_GIVEN))
        return flags_misused(verb, "--all and --max-size are for prune");
    if (prunes && set.json) return flags_misused(verb, "--json is for ls");
    nacre_cache *cache;
    nacre_error error;
    if (nacre_cache_open(NULL, 0, &cache, &error) != NACRE_OK) {
        report_error("cache", &error);
        return CLI_FAILED;
    }
    status = lists ? list(cache, &set) : prune(cache, &set);
    nacre_cache_close(cache);
    return status;
}

static const char *const text[] = {
    "Shows, or removes, the compiled images that nacre run keeps. They are in the folder that "
    "NACRE_CACHE names, else in $XDG_CACHE_HOME/nacre, else in ~/.cache/nacre, and take at most "
    "NACRE_CACHE_SIZE (such as 512M; else 1G): those that were not used for longest go first. "
    "With an empty NACRE_CACHE nothing is kept. Removing an image does not disturb who runs it.",
    "ls prints for each image when it was last used, its size, the beginning of its module's "
    "SHA-256, the processor and the options that it was compiled for.",
    NULL,
};

static const struct cli_example examples[] = {
    {"nacre cache ls", "what is there"},
    {"nacre cache prune --max-size 100M", "keep what was used last"},
    {0},
};

const struct verb verb_cache = {
    .name = "cache",
    .summary = "Show or remove the images that nacre run keeps",
    .arguments = "[FLAG...] ls|prune",
    .text = text,
    .flags = flags,
    .examples = examples,
    .run = cache_main,
};
