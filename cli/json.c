/* json.c - see json.h */
#include "json.h"

#include "cli.h"
#include "report.h"

int json_print(json_t *value) {
    if (!value) return report_no_memory();
    int failed = json_dumpf(value, stdout, JSON_INDENT(2) | JSON_ENSURE_ASCII);
    putchar('\n');
    json_decref(value);
    if (!failed) return CLI_OK;
    report(NULL, "can't write standard output");
    return CLI_FAILED;
}
