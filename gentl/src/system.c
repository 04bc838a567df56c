/* The library and its system module: which network interfaces there are. */
#include <dlfcn.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "aravis.h"
#include "core.h"

static struct system *the_system; /* guarded by lifecycle */
static bool library_open;         /* guarded by lifecycle */

static char path[PATH_MAX] = "gige_vision.cti";

static void find_path(void) {
    Dl_info info;
    char whole[PATH_MAX];
    if (dladdr((void *)find_path, &info) && info.dli_fname && realpath(info.dli_fname, whole)) strcpy(path, whole);
}

static const char *own_path(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, find_path);
    return path;
}

static GC_ERROR open_library(void) {
    if (library_open) return fail(GC_ERR_RESOURCE_IN_USE, "GCInitLib has been called already");
    const char *missing = load_aravis();
    if (missing) return fail(GC_ERR_ERROR, "%s", missing);
    library_open = true;
    allow_handles();
    return GC_ERR_SUCCESS;
}

GC_API GCInitLib(void) {
    pthread_mutex_lock(&lifecycle);
    GC_ERROR error = open_library();
    pthread_mutex_unlock(&lifecycle);
    return error;
}

GC_API GCCloseLib(void) {
    GC_ERROR error = GC_ERR_SUCCESS;
    pthread_mutex_lock(&lifecycle);
    if (!library_open) {
        error = fail(GC_ERR_NOT_INITIALIZED, "GCInitLib has not been called");
    } else {
        refuse_handles();
        if (the_system) close_system(the_system);
        library_open = false;
    }
    pthread_mutex_unlock(&lifecycle);
    return error;
}

GC_ERROR system_info(int32_t cmd, struct value *value) {
    const char *file = own_path(), *slash = strrchr(file, '/');
    switch (cmd) {
    case TL_INFO_ID:
    case TL_INFO_PATHNAME: set_text(value, file); break;
    case TL_INFO_VENDOR: set_text(value, PRODUCER_VENDOR); break;
    case TL_INFO_MODEL: set_text(value, PRODUCER_MODEL); break;
    case TL_INFO_VERSION: set_text(value, PRODUCER_VERSION); break;
    case TL_INFO_TLTYPE: set_text(value, TL_TYPE); break;
    case TL_INFO_NAME: set_text(value, slash ? slash + 1 : file); break;
    case TL_INFO_DISPLAYNAME: set_text(value, PRODUCER_VENDOR " " PRODUCER_MODEL " producer"); break;
    case TL_INFO_CHAR_ENCODING: set_number(value, INFO_DATATYPE_INT32, TL_CHAR_ENCODING_UTF8); break;
    case TL_INFO_GENTL_VER_MAJOR: set_number(value, INFO_DATATYPE_UINT32, 1); break;
    case TL_INFO_GENTL_VER_MINOR: set_number(value, INFO_DATATYPE_UINT32, 5); break;
    default: return fail(GC_ERR_NOT_IMPLEMENTED, "info command %d of the system is not implemented", cmd);
    }
    return GC_ERR_SUCCESS;
}

GC_API GCGetInfo(int32_t cmd, INFO_DATATYPE *type, void *buffer, size_t *size) {
    struct value value;
    GC_ERROR error = system_info(cmd, &value);
    return error ? error : answer(&value, type, buffer, size);
}

static GC_ERROR open_system(TL_HANDLE *handle) {
    if (!library_open) return fail(GC_ERR_NOT_INITIALIZED, "GCInitLib has not been called");
    if (the_system) return fail(GC_ERR_RESOURCE_IN_USE, "the system is open already");
    struct system *system = calloc(1, sizeof *system);
    if (!system) return fail(GC_ERR_OUT_OF_MEMORY, "no memory for the system");
    enlist(&system->module, SYSTEM, NULL);
    system->network_count = list_networks(system->networks, NETWORKS_MAX);
    the_system = system;
    *handle = system->module.handle;
    return GC_ERR_SUCCESS;
}

GC_API TLOpen(TL_HANDLE *system) {
    NEED(system);
    pthread_mutex_lock(&lifecycle);
    GC_ERROR error = open_system(system);
    pthread_mutex_unlock(&lifecycle);
    return error;
}

GC_ERROR close_system(struct system *system) {
    close_events(&system->module);
    retire(&system->module);
    for (size_t index = 0; index < NETWORKS_MAX; index++)
        if (system->interfaces[index]) close_interface(system->interfaces[index]);
    the_system = NULL;
    forget(&system->module);
    return GC_ERR_SUCCESS;
}

GC_API TLClose(TL_HANDLE handle) {
    pthread_mutex_lock(&lifecycle);
    GC_ERROR error = GC_ERR_SUCCESS;
    struct system *system = hold(handle, SYSTEM, &error);
    if (system) {
        let_go(system);
        close_system(system);
    }
    pthread_mutex_unlock(&lifecycle);
    return error;
}

GC_API TLGetInfo(TL_HANDLE handle, int32_t cmd, INFO_DATATYPE *type, void *buffer, size_t *size) {
    HOLD(struct system, system, handle, SYSTEM);
    GC_ERROR error = GCGetInfo(cmd, type, buffer, size);
    let_go(system);
    return error;
}

GC_ERROR update_interfaces(struct system *system, bool8_t *changed) {
    struct network now[NETWORKS_MAX];
    memset(now, 0, sizeof now);
    size_t count = list_networks(now, NETWORKS_MAX);
    pthread_mutex_lock(&system->module.lock);
    bool differs = count != system->network_count || memcmp(now, system->networks, count * sizeof *now);
    memcpy(system->networks, now, sizeof now);
    system->network_count = count;
    pthread_mutex_unlock(&system->module.lock);
    if (differs) post_event(&system->module, EVENT_MODULE, EVENT_ID_INTERFACE_LIST_CHANGED, NULL, 0);
    if (changed) *changed = differs;
    return GC_ERR_SUCCESS;
}

GC_API TLUpdateInterfaceList(TL_HANDLE handle, bool8_t *changed, uint64_t timeout_ms) {
    (void)timeout_ms; /* it takes no time */
    HOLD(struct system, system, handle, SYSTEM);
    GC_ERROR error = update_interfaces(system, changed);
    let_go(system);
    return error;
}

GC_API TLGetNumInterfaces(TL_HANDLE handle, uint32_t *count) {
    HOLD(struct system, system, handle, SYSTEM);
    GC_ERROR error = count ? GC_ERR_SUCCESS : fail(GC_ERR_INVALID_PARAMETER, "count is NULL");
    pthread_mutex_lock(&system->module.lock);
    if (count) *count = (uint32_t)system->network_count;
    pthread_mutex_unlock(&system->module.lock);
    let_go(system);
    return error;
}

GC_API TLGetInterfaceID(TL_HANDLE handle, uint32_t index, char *id, size_t *size) {
    HOLD(struct system, system, handle, SYSTEM);
    pthread_mutex_lock(&system->module.lock);
    GC_ERROR error = index < system->network_count
                         ? answer_text(system->networks[index].id, id, size)
                         : fail(GC_ERR_INVALID_INDEX, "there are %zu interfaces", system->network_count);
    pthread_mutex_unlock(&system->module.lock);
    let_go(system);
    return error;
}

/* With the system's lock held. */
static const struct network *find_network(struct system *system, const char *id) {
    for (size_t index = 0; id && index < system->network_count; index++)
        if (!strcmp(system->networks[index].id, id)) return &system->networks[index];
    return NULL;
}

static GC_ERROR no_such(const char *id) {
    return id ? fail(GC_ERR_INVALID_ID, "there is no interface %s", id) : fail(GC_ERR_INVALID_PARAMETER, "id is NULL");
}

GC_API TLGetInterfaceInfo(TL_HANDLE handle, const char *id, int32_t cmd, INFO_DATATYPE *type, void *buffer,
                          size_t *size) {
    struct value value;
    HOLD(struct system, system, handle, SYSTEM);
    pthread_mutex_lock(&system->module.lock);
    const struct network *network = find_network(system, id);
    GC_ERROR error = network ? network_info(network, cmd, &value) : no_such(id);
    pthread_mutex_unlock(&system->module.lock);
    let_go(system);
    return error ? error : answer(&value, type, buffer, size);
}

static GC_ERROR open_interface(struct system *system, const char *id, IF_HANDLE *handle) {
    size_t free_place = NETWORKS_MAX;
    struct network network;
    pthread_mutex_lock(&system->module.lock);
    const struct network *known = find_network(system, id);
    if (known) network = *known;
    pthread_mutex_unlock(&system->module.lock);
    if (!known) return no_such(id);
    for (size_t index = NETWORKS_MAX; index-- > 0;) {
        if (!system->interfaces[index])
            free_place = index;
        else if (!strcmp(system->interfaces[index]->network.id, id))
            return fail(GC_ERR_RESOURCE_IN_USE, "interface %s is open already", id);
    }
    struct interface *interface = free_place < NETWORKS_MAX ? calloc(1, sizeof *interface) : NULL;
    if (!interface) return fail(GC_ERR_OUT_OF_MEMORY, "no memory for the interface");
    interface->network = network;
    enlist(&interface->module, INTERFACE, &system->module);
    system->interfaces[free_place] = interface;
    *handle = interface->module.handle;
    return GC_ERR_SUCCESS;
}

GC_API TLOpenInterface(TL_HANDLE handle, const char *id, IF_HANDLE *interface) {
    NEED(interface);
    pthread_mutex_lock(&lifecycle);
    GC_ERROR error = GC_ERR_SUCCESS;
    struct system *system = hold(handle, SYSTEM, &error);
    if (system) {
        error = open_interface(system, id, interface);
        let_go(system);
    }
    pthread_mutex_unlock(&lifecycle);
    return error;
}
