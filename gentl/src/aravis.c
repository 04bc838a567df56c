#include "aravis.h"

#include <dlfcn.h>
#include <stdio.h>

struct aravis lib;

static const char LIBRARY[] = "libaravis-0.8.so.0";

const char *load_aravis(void) {
    static char missing[256];
    static void *library; /* never closed: GLib's types and threads cannot be taken back */
    if (!library) library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
    if (!library) {
        snprintf(missing, sizeof missing, "libaravis is missing (Debian package libaravis-0.8-0): %s", dlerror());
        return missing;
    }
#define LOAD(name)                                                                                                     \
    if (!(lib.name = (__typeof__(lib.name))dlsym(library, #name))) {                                                   \
        snprintf(missing, sizeof missing, "%s is too old: it has no %s", LIBRARY, #name);                              \
        return missing;                                                                                                \
    }
    ARAVIS_FUNCTIONS(LOAD)
#undef LOAD
    lib.has_parts = 1;
#define LOAD(name)                                                                                                     \
    if (!(lib.name = (__typeof__(lib.name))dlsym(library, #name))) lib.has_parts = 0;
    ARAVIS_PART_FUNCTIONS(LOAD)
#undef LOAD
    return NULL;
}
