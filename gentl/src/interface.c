/* A network interface and the cameras behind it. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core.h"

enum { CONTROL_CHANNEL_PRIVILEGE = 0x0A00, EXCLUSIVE = 1, CONTROL = 2 };
enum { TICK_FREQUENCY_HIGH = 0x093C, TICK_FREQUENCY_LOW = 0x0940 };

GC_ERROR network_info(const struct network *network, int32_t cmd, struct value *value) {
    char text[TEXT_MAX], address[INET_ADDRSTRLEN];
    switch (cmd) {
    case INTERFACE_INFO_ID: set_text(value, network->id); break;
    case INTERFACE_INFO_DISPLAYNAME:
        inet_ntop(AF_INET, &network->address, address, sizeof address);
        snprintf(text, sizeof text, "%s (%s)", network->name, address);
        set_text(value, text);
        break;
    case INTERFACE_INFO_TLTYPE: set_text(value, TL_TYPE); break;
    default: return fail(GC_ERR_NOT_IMPLEMENTED, "info command %d of an interface is not implemented", cmd);
    }
    return GC_ERR_SUCCESS;
}

GC_API IFGetInfo(IF_HANDLE handle, int32_t cmd, INFO_DATATYPE *type, void *buffer, size_t *size) {
    struct value value;
    HOLD(struct interface, interface, handle, INTERFACE);
    GC_ERROR error = network_info(&interface->network, cmd, &value);
    let_go(interface);
    return error ? error : answer(&value, type, buffer, size);
}

GC_API IFGetParentTL(IF_HANDLE handle, TL_HANDLE *system) {
    NEED(system);
    HOLD(struct interface, interface, handle, INTERFACE);
    *system = interface->module.parent->handle;
    let_go(interface);
    return GC_ERR_SUCCESS;
}

void close_interface(struct interface *interface) {
    struct system *system = (struct system *)interface->module.parent;
    close_events(&interface->module);
    retire(&interface->module);
    for (size_t index = 0; index < CAMERAS_MAX; index++)
        if (interface->devices[index]) close_device(interface->devices[index]);
    for (size_t index = 0; index < NETWORKS_MAX; index++)
        if (system->interfaces[index] == interface) system->interfaces[index] = NULL;
    free(interface->found);
    forget(&interface->module);
}

GC_API IFClose(IF_HANDLE handle) {
    pthread_mutex_lock(&lifecycle);
    GC_ERROR error = GC_ERR_SUCCESS;
    struct interface *interface = hold(handle, INTERFACE, &error);
    if (interface) {
        let_go(interface);
        close_interface(interface);
    }
    pthread_mutex_unlock(&lifecycle);
    return error;
}

static int by_address(const void *left, const void *right) {
    uint32_t a = ntohl(((const struct found *)left)->address.s_addr);
    uint32_t b = ntohl(((const struct found *)right)->address.s_addr);
    return (a > b) - (a < b);
}

GC_ERROR update_devices(struct interface *interface, bool8_t *changed, uint64_t timeout_ms) {
    struct found *now = calloc(CAMERAS_MAX, sizeof *now), *known = calloc(CAMERAS_MAX, sizeof *known);
    if (!now || !known) {
        free(now);
        free(known);
        return fail(GC_ERR_OUT_OF_MEMORY, "no memory for the list of cameras");
    }
    pthread_mutex_lock(&interface->module.lock);
    size_t known_count = interface->found_count;
    if (known_count) memcpy(known, interface->found, known_count * sizeof *known);
    pthread_mutex_unlock(&interface->module.lock);
    size_t count = discover(&interface->network, known, known_count, timeout_ms, now, CAMERAS_MAX);
    free(known);
    qsort(now, count, sizeof *now, by_address);
    pthread_mutex_lock(&interface->module.lock);
    bool differs = count != interface->found_count || (count && memcmp(now, interface->found, count * sizeof *now));
    free(interface->found);
    interface->found = now;
    interface->found_count = count;
    pthread_mutex_unlock(&interface->module.lock);
    debug("%s: %zu cameras", interface->network.id, count);
    if (differs) post_event(&interface->module, EVENT_MODULE, EVENT_ID_DEVICE_LIST_CHANGED, NULL, 0);
    if (changed) *changed = differs;
    return GC_ERR_SUCCESS;
}

GC_API IFUpdateDeviceList(IF_HANDLE handle, bool8_t *changed, uint64_t timeout_ms) {
    HOLD(struct interface, interface, handle, INTERFACE);
    GC_ERROR error = update_devices(interface, changed, timeout_ms);
    let_go(interface);
    return error;
}

GC_API IFGetNumDevices(IF_HANDLE handle, uint32_t *count) {
    NEED(count);
    HOLD(struct interface, interface, handle, INTERFACE);
    pthread_mutex_lock(&interface->module.lock);
    *count = (uint32_t)interface->found_count;
    pthread_mutex_unlock(&interface->module.lock);
    let_go(interface);
    return GC_ERR_SUCCESS;
}

GC_API IFGetDeviceID(IF_HANDLE handle, uint32_t index, char *id, size_t *size) {
    HOLD(struct interface, interface, handle, INTERFACE);
    pthread_mutex_lock(&interface->module.lock);
    GC_ERROR error = index < interface->found_count
                         ? answer_text(interface->found[index].id, id, size)
                         : fail(GC_ERR_INVALID_INDEX, "there are %zu cameras", interface->found_count);
    pthread_mutex_unlock(&interface->module.lock);
    let_go(interface);
    return error;
}

const struct found *find_camera(struct interface *interface, const char *id) {
    struct in_addr address = {0};
    bool is_address = inet_pton(AF_INET, id, &address) == 1;
    for (size_t index = 0; index < interface->found_count; index++) {
        const struct found *one = &interface->found[index];
        if (!strcmp(one->id, id) || (is_address && one->address.s_addr == address.s_addr)) return one;
    }
    for (size_t index = 0; index < interface->found_count && *id; index++) {
        const struct found *one = &interface->found[index];
        if (!strcmp(one->serial, id) || !strcmp(one->user_name, id)) return one;
    }
    return NULL;
}

/* What opening it would give. With the interface's lock not held: the camera is asked. */
static int32_t access_status(struct interface *interface, const struct found *found) {
    int32_t status = DEVICE_ACCESS_STATUS_UNKNOWN;
    uint32_t privilege;
    pthread_mutex_lock(&interface->module.lock);
    for (size_t index = 0; index < CAMERAS_MAX; index++) {
        const struct device *device = interface->devices[index];
        if (!device || strcmp(device->found.id, found->id)) continue;
        status = device->access == DEVICE_ACCESS_READONLY ? DEVICE_ACCESS_STATUS_OPEN_READONLY
                                                          : DEVICE_ACCESS_STATUS_OPEN_READWRITE;
    }
    pthread_mutex_unlock(&interface->module.lock);
    if (status != DEVICE_ACCESS_STATUS_UNKNOWN) return status;
    switch (peek_register(&interface->network, found->address, CONTROL_CHANNEL_PRIVILEGE, &privilege)) {
    case SILENT: return DEVICE_ACCESS_STATUS_NOACCESS;
    case REFUSED: return DEVICE_ACCESS_STATUS_BUSY; /* who has it alone lets nobody read */
    default: break;
    }
    if (privilege & EXCLUSIVE) return DEVICE_ACCESS_STATUS_BUSY;
    return privilege & CONTROL ? DEVICE_ACCESS_STATUS_READONLY : DEVICE_ACCESS_STATUS_READWRITE;
}

GC_ERROR camera_info(struct interface *interface, const struct found *found, int32_t cmd, struct value *value) {
    char text[TEXT_MAX];
    uint32_t high = 0, low = 0;
    switch (cmd) {
    case DEVICE_INFO_ID: set_text(value, found->id); break;
    case DEVICE_INFO_VENDOR: set_text(value, found->vendor); break;
    case DEVICE_INFO_MODEL: set_text(value, found->model); break;
    case DEVICE_INFO_TLTYPE: set_text(value, TL_TYPE); break;
    case DEVICE_INFO_DISPLAYNAME:
        if (*found->user_name)
            snprintf(text, sizeof text, "%s (%s)", found->user_name, found->id);
        else
            snprintf(text, sizeof text, "%s %s (%s)", found->vendor, found->model, found->id);
        set_text(value, text);
        break;
    case DEVICE_INFO_ACCESS_STATUS:
        set_number(value, INFO_DATATYPE_INT32, (uint64_t)access_status(interface, found));
        break;
    case DEVICE_INFO_USER_DEFINED_NAME: set_text(value, found->user_name); break;
    case DEVICE_INFO_SERIAL_NUMBER: set_text(value, found->serial); break;
    case DEVICE_INFO_VERSION: set_text(value, found->version); break;
    case DEVICE_INFO_TIMESTAMP_FREQUENCY:
        if (peek_register(&interface->network, found->address, TICK_FREQUENCY_HIGH, &high) != TOLD ||
            peek_register(&interface->network, found->address, TICK_FREQUENCY_LOW, &low) != TOLD)
            return fail(GC_ERR_NOT_AVAILABLE, "%s does not tell its tick frequency", found->id);
        set_number(value, INFO_DATATYPE_UINT64, (uint64_t)high << 32 | low);
        break;
    default: return fail(GC_ERR_NOT_IMPLEMENTED, "info command %d of a device is not implemented", cmd);
    }
    return GC_ERR_SUCCESS;
}

GC_API IFGetDeviceInfo(IF_HANDLE handle, const char *id, int32_t cmd, INFO_DATATYPE *type, void *buffer,
                       size_t *size) {
    struct value value;
    struct found found;
    NEED(id);
    HOLD(struct interface, interface, handle, INTERFACE);
    pthread_mutex_lock(&interface->module.lock);
    const struct found *known = find_camera(interface, id);
    if (known) found = *known;
    pthread_mutex_unlock(&interface->module.lock);
    GC_ERROR error = known ? camera_info(interface, &found, cmd, &value)
                           : fail(GC_ERR_INVALID_ID, "no camera %s has been found at %s", id, interface->network.id);
    let_go(interface);
    return error ? error : answer(&value, type, buffer, size);
}
