/* manual.c - the manual page; see help.h */
#include <string.h>

#include <nacre/engine.h>

#include "flags.h"
#include "help.h"

/* roff takes a backslash as a command, a leading dot or quote as a request, and '-' as a
 * hyphen that cannot be searched for. */
static void print_roff(FILE *out, const char *text) {
    if (*text == '.' || *text == '\'') fputs("\\&", out);
    for (; *text; text++) {
        if (*text == '\\') fputs("\\e", out);
        else if (*text == '-') fputs("\\-", out);
        else putc(*text, out);
    }
}

static void print_paragraph(FILE *out, const char *text) {
    fputs(".PP\n", out);
    print_roff(out, text);
    putc('\n', out);
}

/* A term in bold, and what it means. */
static void print_term(FILE *out, const char *term, const char *text) {
    fputs(".TP\n\\fB", out);
    print_roff(out, term);
    fputs("\\fR\n", out);
    print_roff(out, text);
    putc('\n', out);
}

static void print_flags(FILE *out, const struct flag *flag) {
    for (; flag->name; flag++) {
        char label[80];
        flags_label(flag, label, sizeof label);
        print_term(out, label, flag->help);
    }
}

static void print_verb(FILE *out, const struct verb *verb) {
    fprintf(out, ".SS \"nacre %s ", verb->name);
    print_roff(out, verb->arguments);
    fputs("\"\n", out);
    for (const char *const *text = verb->text; *text; text++) print_paragraph(out, *text);
    print_flags(out, verb->flags);
}

static void print_examples(FILE *out, const struct verb *verb) {
    for (const struct cli_example *row = verb->examples; row && row->command; row++)
        print_term(out, row->command, row->text);
}

void manual_page(FILE *out) {
    fprintf(out, ".TH NACRE 1 \"\" \"Nacre %s\" \"User Commands\"\n", nacre_version());
    fputs(".nh\n.ad l\n.SH NAME\nnacre \\- a WebAssembly runtime\n.SH SYNOPSIS\n", out);
    fputs("\\fBnacre\\fR \\fIVERB\\fR [\\fIARGUMENT\\fR...]\n.br\n", out);
    fputs("\\fBnacre\\fR \\fIFLAG\\fR\n.SH DESCRIPTION\n", out);
    print_roff(out, cli_summary);
    fputs("\n.SH FLAGS\n", out);
    print_flags(out, flags_program);
    fputs(".SH VERBS\n", out);
    for (const struct verb *const *verb = cli_verbs; *verb; verb++) print_verb(out, *verb);
    fputs(".SH EXIT STATUS\n", out);
    for (const struct cli_exit *row = cli_exits; row->status; row++)
        print_term(out, row->status, row->text);
    fputs(".SH EXAMPLES\n", out);
    for (const struct verb *const *verb = cli_verbs; *verb; verb++) print_examples(out, *verb);
}
