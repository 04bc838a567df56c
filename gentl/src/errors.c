/* What went wrong last, for each thread; and a log for who asks for it. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core.h"

static _Thread_local struct {
    GC_ERROR code;
    char text[TEXT_MAX];
} last = {GC_ERR_SUCCESS, "no error"};

static bool debugging(void) {
    const char *level = getenv("GENTL_LOG");
    return level && !strcmp(level, "debug");
}

static void print(const char *format, va_list arguments) {
    struct timespec now;
    char line[TEXT_MAX];
    clock_gettime(CLOCK_MONOTONIC, &now);
    vsnprintf(line, sizeof line, format, arguments);
    fprintf(stderr, "gige_vision %ld.%06ld %s\n", (long)now.tv_sec, now.tv_nsec / 1000, line);
}

void debug(const char *format, ...) {
    if (!debugging()) return;
    va_list arguments;
    va_start(arguments, format);
    print(format, arguments);
    va_end(arguments);
}

GC_ERROR fail(GC_ERROR code, const char *format, ...) {
    va_list arguments;
    last.code = code;
    va_start(arguments, format);
    vsnprintf(last.text, sizeof last.text, format, arguments);
    va_end(arguments);
    if (code != GC_ERR_TIMEOUT) debug("%d: %s", code, last.text);
    return code;
}

GC_API GCGetLastError(GC_ERROR *code, char *text, size_t *size) {
    if (!code || !size) return GC_ERR_INVALID_PARAMETER; /* and the last error stays */
    *code = last.code;
    return answer_text(last.text, text, size);
}
