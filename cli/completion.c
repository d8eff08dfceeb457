/*
 * completion.c - the completion script for bash; see help.h
 *
 * Bash cuts the line into COMP_WORDS at '=' and ':' too, and makes words of these: the script
 * puts them together again as far as it has to know which flag a word is a value of, and
 * whether the module was named already (what follows is the guest's business).
 */
#include <string.h>

#include "flags.h"
#include "help.h"

enum completes { NOTHING, NAMED_FILES, FILES, FOLDERS, FLAGS, KINDS };

/* The script's variable with the names of the flags of a kind, and what they have in common. */
static const struct {
    const char *variable;
    const char *what;
} kinds[] = {
    [NOTHING] = {"others", "take what can't be completed"},
    [NAMED_FILES] = {"named", "take NAME=FILE"},
    [FILES] = {"files", "take a file"},
    [FOLDERS] = {"folders", "take a folder"},
    [FLAGS] = {"flags", "take nothing"},
};

static enum completes kind_of(const struct flag *flag) {
    if (!flag->value) return FLAGS;
    if (strncmp(flag->value, "HOST[", 5) == 0) return FOLDERS;
    if (strcmp(flag->value, "FILE") == 0 || strcmp(flag->value, "KEYFILE") == 0) return FILES;
    return strstr(flag->value, "=FILE") ? NAMED_FILES : NOTHING;
}

/* The names of the flags of a kind, each with a space before and after it. */
static void print_names(FILE *out, const struct flag *flag, enum completes kind) {
    for (; flag->name; flag++) {
        if (kind_of(flag) != kind) continue;
        if (flag->letter) fprintf(out, "-%c ", flag->letter);
        fprintf(out, "--%s ", flag->name);
    }
}

static void print_case(FILE *out, const struct verb *verb) {
    fprintf(out, "    %s)", verb->name);
    for (int kind = 0; kind < KINDS; kind++) {
        fprintf(out, "\n        %s=\" ", kinds[kind].variable);
        print_names(out, verb->flags, (enum completes)kind);
        print_names(out, flags_common, (enum completes)kind);
        putc('"', out);
    }
    fprintf(out, "\n        guest=%s ;;\n", verb->guest_arguments ? "yes" : "");
}

static const char choice[] =
    "    if ((COMP_CWORD == 1)); then\n"
    "        COMPREPLY=($(compgen -W \"$verbs $program\" -- \"$word\"))\n"
    "        return\n"
    "    fi\n"
    "    case ${COMP_WORDS[1]} in\n";

static const char end[] =
    "    *) return ;;\n"
    "    esac\n"
    "    local i part flag= cut=\n"
    "    for ((i = 2; i < COMP_CWORD; i++)); do\n"
    "        part=${COMP_WORDS[i]}\n"
    "        if [[ $part == [=:]* ]]; then\n"
    "            cut=$part\n"
    "        elif [[ $cut || $flag == -* && ${COMP_WORDS[i - 1]} == \"$flag\" ]]; then\n"
    "            cut= # a value, or more of it\n"
    "        elif [[ \"$named$files$folders$others\" == *\" $part \"* ]]; then\n"
    "            flag=$part\n"
    "        elif [[ $part != -* && $guest ]]; then\n"
    "            return\n"
    "        fi\n"
    "    done\n"
    "    if [[ $word == [=:]* ]]; then\n"
    "        cut=$word word=\n"
    "    fi\n"
    "    if [[ ! $cut && ${COMP_WORDS[COMP_CWORD - 1]} != \"$flag\" ]]; then\n"
    "        flag= # it has its value\n"
    "    fi\n"
    "    if [[ ! $flag && $word == -* ]]; then\n"
    "        COMPREPLY=($(compgen -W \"$named$files$folders$others$flags\" -- \"$word\"))\n"
    "    elif [[ ! $flag && ${COMP_WORDS[1]} == help ]]; then\n"
    "        COMPREPLY=($(compgen -W \"$verbs\" -- \"$word\"))\n"
    "    elif [[ $folders == *\" $flag \"* && $cut != :* ]]; then\n"
    "        compopt -o filenames\n"
    "        mapfile -t COMPREPLY < <(compgen -d -- \"$word\")\n"
    "    elif [[ $named == *\" $flag \"* && $cut != = ]]; then\n"
    "        return\n"
    "    elif [[ ! $flag || \"$named$files\" == *\" $flag \"* ]]; then\n"
    "        compopt -o filenames\n"
    "        mapfile -t COMPREPLY < <(compgen -f -- \"$word\")\n"
    "    fi\n"
    "}\n"
    "complete -F _nacre nacre\n";

void manual_completion(FILE *out) {
    fputs("# Completion of nacre for bash. Made by: nacre help --completion\n", out);
    fputs("_nacre() {\n    local word=${COMP_WORDS[COMP_CWORD]} guest= verbs=\"", out);
    for (const struct verb *const *verb = cli_verbs; *verb; verb++)
        fprintf(out, "%s%s", verb == cli_verbs ? "" : " ", (*verb)->name);
    fputs("\" program=\" ", out);
    print_names(out, flags_program, FLAGS);
    fputs("\"\n    COMPREPLY=()\n", out);
    for (int kind = 0; kind < KINDS; kind++)
        fprintf(out, "    local %s= # flags that %s\n", kinds[kind].variable,
                kinds[kind].what);
    fputs(choice, out);
    for (const struct verb *const *verb = cli_verbs; *verb; verb++) print_case(out, *verb);
    fputs(end, out);
}
