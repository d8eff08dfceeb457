/* help.c - the verb `help` and the texts of --help; see help.h */
#include "help.h"

#include <string.h>

#include "flags.h"

enum { WIDTH = 80, FLAG_COLUMN = 30, NAME_COLUMN = 14 };

/* Prints text in lines of at most WIDTH columns, all but the first indented. The cursor is at
 * `column` when it starts. */
static void print_wrapped(FILE *out, const char *text, int indent, int column) {
    bool start = true;
    while (*text) {
        int size = (int)strcspn(text, " ");
        if (!start && column + 1 + size >= WIDTH) {
            fprintf(out, "\n%*s", indent, "");
            column = indent;
            start = true;
        }
        fprintf(out, "%s%.*s", start ? "" : " ", size, text);
        column += size + !start;
        start = false;
        text += size;
        while (*text == ' ') text++;
    }
    putc('\n', out);
}

/* "  LABEL     text", the text in a column of its own. */
static void print_row(FILE *out, const char *label, const char *text, int column) {
    int used = fprintf(out, "  %s", label);
    if (used + 2 > column) {
        putc('\n', out);
        used = 0;
    }
    fprintf(out, "%*s", column - used, "");
    print_wrapped(out, text, column, column);
}

static void print_flags(FILE *out, const struct flag *flag) {
    for (; flag->name; flag++) {
        char label[80] = "    "; /* the place of a letter */
        size_t start = flag->letter ? 0 : 4;
        flags_label(flag, label + start, sizeof label - start);
        print_row(out, label, flag->help, FLAG_COLUMN);
    }
}

static void print_exits(FILE *out, bool guest) {
    fputs("\nExit status:\n", out);
    for (const struct cli_exit *row = cli_exits; row->status; row++)
        if (guest || !row->guest) print_row(out, row->status, row->text, NAME_COLUMN);
}

void help_all(FILE *out) {
    fprintf(out, "Usage: nacre VERB [ARGUMENT...]\n\n");
    print_wrapped(out, cli_summary, 0, 0);
    fputs("\nVerbs:\n", out);
    for (const struct verb *const *verb = cli_verbs; *verb; verb++)
        print_row(out, (*verb)->name, (*verb)->summary, NAME_COLUMN);
    fputs("\nFlags:\n", out);
    print_flags(out, flags_program);
    print_exits(out, true);
    fputs("\nnacre help VERB explains a verb.\n", out);
}

void help_verb(FILE *out, const struct verb *verb) {
    fprintf(out, "Usage: nacre %s %s\n\n", verb->name, verb->arguments);
    for (const char *const *text = verb->text; *text; text++) {
        print_wrapped(out, *text, 0, 0);
        putc('\n', out);
    }
    fputs("Flags:\n", out);
    print_flags(out, verb->flags);
    print_flags(out, flags_common);
    print_exits(out, verb->guest_arguments);
    if (!verb->examples) return;
    fputs("\nExamples:\n", out);
    for (const struct cli_example *row = verb->examples; row->command; row++)
        fprintf(out, "  %s\n      %s\n", row->command, row->text);
}

struct help_flags {
    bool man;
    bool completion;
};

static const struct flag flags[] = {
    {"man", 0, FLAG_BOOL, NULL, "Print the manual page nacre(1) for man -l.",
     offsetof(struct help_flags, man)},
    {"completion", 0, FLAG_BOOL, NULL,
     "Print a completion script; in bash: source <(nacre help --completion).",
     offsetof(struct help_flags, completion)},
    {0},
};

static const char *const text[] = {
    "Explains Nacre, or one of its verbs.",
    NULL,
};

static int help_main(const struct verb *verb, int argc, char **argv) {
    struct help_flags set = {0};
    struct arguments args;
    int status = flags_parse(verb, argc, argv, &set, &args);
    if (status >= 0) return status;
    if (args.count > 1) return flags_misused(verb, "one verb at a time");
    if (set.man) {
        manual_page(stdout);
    } else if (set.completion) {
        manual_completion(stdout);
    } else if (args.count == 0) {
        help_all(stdout);
    } else {
        const struct verb *about = cli_find_verb(args.items[0]);
        if (!about) return CLI_USAGE;
        help_verb(stdout, about);
    }
    return CLI_OK;
}

const struct verb verb_help = {
    .name = "help",
    .summary = "Explain a verb",
    .arguments = "[VERB]",
    .text = text,
    .flags = flags,
    .run = help_main,
};
