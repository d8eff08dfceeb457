/* manual.c - the manual page and the completion script; see help.h */
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

static void print_verb(FILE *out, const struct verb *verb) {
    fprintf(out, ".SS \"nacre %s ", verb->name);
    print_roff(out, verb->arguments);
    fputs("\"\n", out);
    for (const char *const *text = verb->text; *text; text++) print_paragraph(out, *text);
    for (const struct flag *flag = verb->flags; flag->name; flag++) {
        char label[80];
        flags_label(flag, label, sizeof label);
        print_term(out, label, flag->help);
    }
}

static void print_examples(FILE *out, const struct verb *verb) {
    for (const struct cli_example *row = verb->examples; row && row->command; row++)
        print_term(out, row->command, row->text);
}

void manual_page(FILE *out) {
    fprintf(out, ".TH NACRE 1 \"\" \"Nacre %s\" \"User Commands\"\n", nacre_version());
    fputs(".nh\n.ad l\n.SH NAME\nnacre \\- a WebAssembly runtime\n.SH SYNOPSIS\n", out);
    fputs("\\fBnacre\\fR \\fIVERB\\fR [\\fIARGUMENT\\fR...]\n.SH DESCRIPTION\n", out);
    print_roff(out, cli_summary);
    fputs("\n.SH VERBS\nEvery verb has the flag \\fB\\-h, \\-\\-help\\fR.\n", out);
    for (const struct verb *const *verb = cli_verbs; *verb; verb++) print_verb(out, *verb);
    fputs(".SH EXIT STATUS\n", out);
    for (const struct cli_exit *row = cli_exits; row->status; row++)
        print_term(out, row->status, row->text);
    fputs(".SH EXAMPLES\n", out);
    for (const struct verb *const *verb = cli_verbs; *verb; verb++) print_examples(out, *verb);
}

static void print_flag_names(FILE *out, const struct flag *flag) {
    for (; flag->name; flag++) fprintf(out, " --%s", flag->name);
}

static bool takes_path(const struct flag *flag) {
    return flag->value && (strstr(flag->value, "FILE") || strstr(flag->value, "HOST["));
}

/* The flags of a verb, those that want some value, and those whose value is a path. */
static void print_case(FILE *out, const struct verb *verb) {
    fprintf(out, "    %s)\n        flags=\"", verb->name);
    print_flag_names(out, verb->flags);
    print_flag_names(out, flags_common);
    fputs("\"\n        paths=\"", out);
    for (const struct flag *flag = verb->flags; flag->name; flag++)
        if (takes_path(flag)) fprintf(out, " --%s", flag->name);
    fputs(" \"\n        values=\"", out);
    for (const struct flag *flag = verb->flags; flag->name; flag++)
        if (flag->value && !takes_path(flag)) fprintf(out, " --%s", flag->name);
    fputs(" \" ;;\n", out);
}

static const char completion_start[] =
    "# Completion of nacre for bash. Made by: nacre help --completion\n"
    "_nacre() {\n"
    "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}\n"
    "    local flags= paths= values= verbs=\"";

static const char completion_choice[] =
    "\"\n"
    "    COMPREPLY=()\n"
    "    if ((COMP_CWORD == 1)); then\n"
    "        COMPREPLY=($(compgen -W \"$verbs --help --version\" -- \"$word\"))\n"
    "        return\n"
    "    fi\n"
    "    case ${COMP_WORDS[1]} in\n";

static const char completion_end[] =
    "    *) return ;;\n"
    "    esac\n"
    "    if [[ $values == *\" $before \"* ]]; then\n"
    "        return\n"
    "    elif [[ $paths != *\" $before \"* && $word == -* ]]; then\n"
    "        COMPREPLY=($(compgen -W \"$flags\" -- \"$word\"))\n"
    "    elif [[ ${COMP_WORDS[1]} == help ]]; then\n"
    "        COMPREPLY=($(compgen -W \"$verbs\" -- \"$word\"))\n"
    "    else\n"
    "        compopt -o filenames\n"
    "        mapfile -t COMPREPLY < <(compgen -f -- \"$word\")\n"
    "    fi\n"
    "}\n"
    "complete -F _nacre nacre\n";

void manual_completion(FILE *out) {
    fputs(completion_start, out);
    for (const struct verb *const *verb = cli_verbs; *verb; verb++)
        fprintf(out, "%s%s", verb == cli_verbs ? "" : " ", (*verb)->name);
    fputs(completion_choice, out);
    for (const struct verb *const *verb = cli_verbs; *verb; verb++) print_case(out, *verb);
    fputs(completion_end, out);
}
