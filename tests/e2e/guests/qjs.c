/* qjs.c - a small command around the QuickJS library: runs script files given as arguments.
 * Scripts see `print` and `args`. QuickJS's own command wants threads and signals. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "quickjs.h"

static JSValue print(JSContext *context, JSValueConst self, int count, JSValueConst *values) {
    (void)self;
    for (int i = 0; i < count; i++) {
        const char *text = JS_ToCString(context, values[i]);
        if (text == NULL) return JS_EXCEPTION;
        printf("%s%s", i > 0 ? " " : "", text);
        JS_FreeCString(context, text);
    }
    putchar('\n');
    return JS_UNDEFINED;
}

static char *read_file(const char *path, size_t *size) {
    FILE *file = fopen(path, "rb");
    if (file == NULL) return NULL;
    char *text = NULL;
    long length = 0;
    if (fseek(file, 0, SEEK_END) == 0 && (length = ftell(file)) >= 0 &&
        fseek(file, 0, SEEK_SET) == 0) {
        text = malloc((size_t)length + 1);
    }
    if (text != NULL) {
        *size = fread(text, 1, (size_t)length, file);
        text[*size] = '\0';
    }
    fclose(file);
    return text;
}

/* Returns the exit status. */
static int report_exception(JSContext *context) {
    JSValue exception = JS_GetException(context);
    const char *text = JS_ToCString(context, exception);
    fprintf(stderr, "qjs: %s\n", text != NULL ? text : "exception");
    JS_FreeCString(context, text);
    JS_FreeValue(context, exception);
    return 1;
}

static int run_file(JSRuntime *runtime, JSContext *context, const char *path) {
    size_t size = 0;
    char *text = read_file(path, &size);
    if (text == NULL) {
        perror(path);
        return 2;
    }
    JSValue value = JS_Eval(context, text, size, path, JS_EVAL_TYPE_GLOBAL);
    free(text);
    int status = JS_IsException(value) ? report_exception(context) : 0;
    JS_FreeValue(context, value);
    JSContext *of_job;
    int left;
    while ((left = JS_ExecutePendingJob(runtime, &of_job)) > 0) continue;
    if (left < 0) status = report_exception(of_job);
    return status;
}

int main(int argc, char **argv) {
    JSRuntime *runtime = JS_NewRuntime();
    JSContext *context = JS_NewContext(runtime);
    JSValue global = JS_GetGlobalObject(context);
    JS_SetPropertyStr(context, global, "print", JS_NewCFunction(context, print, "print", 1));
    JSValue arguments = JS_NewArray(context);
    for (int i = 2; i < argc; i++) {
        JS_SetPropertyUint32(context, arguments, (uint32_t)(i - 2),
                             JS_NewString(context, argv[i]));
    }
    JS_SetPropertyStr(context, global, "args", arguments);
    JS_FreeValue(context, global);

    int status = argc < 2 ? 2 : run_file(runtime, context, argv[1]);
    JS_FreeContext(context);
    JS_FreeRuntime(runtime);
    return status;
}
