#include "aravis.h"

#include <dlfcn.h>
#include <stdio.h>

struct aravis lib;

static const char *const LIBRARIES[] = {"libaravis-0.8.so.0", "libaravis-0.10.so.0"};

static struct {
    ArvStream *(*create_stream)(ArvDevice *, ArvStreamCallback, void *, GError **);
    ArvStream *(*create_stream_later)(ArvDevice *, ArvStreamCallback, void *, GDestroyNotify, GError **);
    void (*start_thread)(ArvStream *);
    unsigned (*stop_thread)(ArvStream *, gboolean);
    gboolean (*start_acquisition)(ArvStream *, GError **); /* 0.10 */
    gboolean (*stop_acquisition)(ArvStream *, GError **);
    unsigned (*delete_buffers)(ArvStream *);
} by_version;

ArvStream *new_stream(ArvDevice *device, ArvStreamCallback callback, void *data, GError **error) {
    return lib.later ? by_version.create_stream_later(device, callback, data, NULL, error)
                     : by_version.create_stream(device, callback, data, error);
}

void run_stream(ArvStream *stream) {
    if (lib.later) by_version.start_acquisition(stream, NULL);
}

void halt_stream(ArvStream *stream) {
    if (lib.later) {
        by_version.stop_acquisition(stream, NULL);
        by_version.delete_buffers(stream);
    } else {
        by_version.stop_thread(stream, TRUE);
    }
}

void go_on_with_stream(ArvStream *stream) {
    if (lib.later)
        by_version.start_acquisition(stream, NULL);
    else
        by_version.start_thread(stream);
}

int device_error(const GError *error) {
    return lib.later && error->code > ARV_DEVICE_ERROR_NO_STREAM_CHANNEL ? error->code - 1 : error->code;
}

/* The one that is in the process already, else the first there is. */
static void *open_library(const char **name) {
    static const int MODES[] = {RTLD_NOW | RTLD_LOCAL | RTLD_NOLOAD, RTLD_NOW | RTLD_LOCAL};
    for (size_t mode = 0; mode < 2; mode++)
        for (size_t index = 0; index < sizeof LIBRARIES / sizeof *LIBRARIES; index++) {
            void *library = dlopen(LIBRARIES[index], MODES[mode]);
            *name = LIBRARIES[index];
            if (library) return library;
        }
    return NULL;
}

const char *load_aravis(void) {
    static char missing[256];
    static const char *name;
    static void *library; /* never closed: GLib's types and threads cannot be taken back */
    if (!library) library = open_library(&name);
    if (!library) {
        snprintf(missing, sizeof missing, "libaravis is missing (Debian package libaravis-0.8-0)");
        return missing;
    }
#define LOAD(to, function)                                                                                             \
    if (!(to = (__typeof__(to))dlsym(library, #function))) {                                                           \
        snprintf(missing, sizeof missing, "%s has no %s: it is too old, or too new", name, #function);                 \
        return missing;                                                                                                \
    }
#define LOAD_MEMBER(function) LOAD(lib.function, function)
    ARAVIS_FUNCTIONS(LOAD_MEMBER)
    lib.later = !dlsym(library, "arv_stream_start_thread");
    if (lib.later) {
        LOAD(by_version.create_stream_later, arv_device_create_stream)
        LOAD(by_version.start_acquisition, arv_stream_start_acquisition)
        LOAD(by_version.stop_acquisition, arv_stream_stop_acquisition)
        LOAD(by_version.delete_buffers, arv_stream_delete_buffers)
    } else {
        LOAD(by_version.create_stream, arv_device_create_stream)
        LOAD(by_version.start_thread, arv_stream_start_thread)
        LOAD(by_version.stop_thread, arv_stream_stop_thread)
    }
    lib.has_parts = TRUE;
#define LOAD_PART(function)                                                                                            \
    if (!(lib.function = (__typeof__(lib.function))dlsym(library, #function))) lib.has_parts = FALSE;
    ARAVIS_PART_FUNCTIONS(LOAD_PART)
    return NULL;
}
