/* A camera that is open: libaravis has its control channel; ours are access, what is lost, and the far end's port. */
#include <stdlib.h>
#include <string.h>

#include "aravis.h"
#include "core.h"

enum { CONTROL_CHANNEL_PRIVILEGE = 0x0A00, EXCLUSIVE = 1, CONTROL = 2, DEVICE_MODE = 0x0004, BIG_ENDIAN_MODE = 0x80000000 };
enum { URL_ADDRESS = 0x0200, URL_LENGTH = 512 };

/* The code for an error of libaravis, which is freed. */
static GC_ERROR fail_with(GError *error, GC_ERROR code, const char *what) {
    if (error && error->domain == lib.arv_device_error_quark()) switch (device_error(error)) {
        case ARV_DEVICE_ERROR_PROTOCOL_ERROR_NOT_IMPLEMENTED: code = GC_ERR_NOT_IMPLEMENTED; break;
        case ARV_DEVICE_ERROR_PROTOCOL_ERROR_INVALID_PARAMETER: code = GC_ERR_INVALID_VALUE; break;
        case ARV_DEVICE_ERROR_PROTOCOL_ERROR_BAD_ALIGNMENT:
        case ARV_DEVICE_ERROR_PROTOCOL_ERROR_INVALID_ADDRESS: code = GC_ERR_INVALID_ADDRESS; break;
        case ARV_DEVICE_ERROR_PROTOCOL_ERROR_WRITE_PROTECT:
        case ARV_DEVICE_ERROR_PROTOCOL_ERROR_ACCESS_DENIED: code = GC_ERR_ACCESS_DENIED; break;
        case ARV_DEVICE_ERROR_PROTOCOL_ERROR_BUSY: code = GC_ERR_BUSY; break;
        case ARV_DEVICE_ERROR_TIMEOUT: code = GC_ERR_IO; break;
        default: break;
        }
    fail(code, "%s: %s", what, error ? error->message : "libaravis gives no reason");
    if (error) lib.g_error_free(error);
    return code;
}

/* From the heartbeat's thread. */
static void on_control_lost(ArvDevice *arv, void *of) {
    static const char TEXT[] = "the camera does not answer, or control of it was lost";
    struct device *device = of;
    (void)arv;
    __atomic_store_n(&device->lost, true, __ATOMIC_SEQ_CST);
    debug("%s: %s", device->found.id, TEXT);
    post_event(&device->module, EVENT_ERROR, (uint64_t)(int64_t)GC_ERR_IO, TEXT, sizeof TEXT);
    post_event(&device->module, EVENT_MODULE, EVENT_ID_DEVICE_LOST, NULL, 0);
    post_event(device->module.parent, EVENT_MODULE, EVENT_ID_DEVICE_LOST, NULL, 0);
}

static GC_ERROR check_lost(struct device *device) {
    if (!__atomic_load_n(&device->lost, __ATOMIC_SEQ_CST)) return GC_ERR_SUCCESS;
    return fail(GC_ERR_IO, "camera %s is lost: close it and open it again", device->found.id);
}

static GInetAddress *inet(struct in_addr address) {
    return lib.g_inet_address_new_from_bytes((const guint8 *)&address.s_addr, G_SOCKET_FAMILY_IPV4);
}

/* libaravis takes control when it opens a camera; read-only gives it back, exclusive asks for more. */
static GC_ERROR set_access(struct device *device) {
    GError *error = NULL;
    ArvGvDevice *gv = (ArvGvDevice *)device->arv;
    bool ours = lib.arv_gv_device_is_controller(gv);
    if (device->access == DEVICE_ACCESS_READONLY) {
        if (ours) lib.arv_gv_device_leave_control(gv, NULL);
        return GC_ERR_SUCCESS;
    }
    if (!ours) return fail(GC_ERR_ACCESS_DENIED, "camera %s is in the hands of another client", device->found.id);
    if (device->access == DEVICE_ACCESS_EXCLUSIVE &&
        !lib.arv_device_write_register(device->arv, CONTROL_CHANNEL_PRIVILEGE, EXCLUSIVE, &error))
        return fail_with(error, GC_ERR_ACCESS_DENIED, "exclusive access");
    return GC_ERR_SUCCESS;
}

/* Who has the camera alone lets nobody read, and who controls it lets nobody write: no use in trying. */
static GC_ERROR check_free(const struct device *device, const struct network *network) {
    uint32_t privilege = 0;
    enum peek peek = peek_register(network, device->found.address, CONTROL_CHANNEL_PRIVILEGE, &privilege);
    bool taken = peek == TOLD && (privilege & (EXCLUSIVE | CONTROL)) && device->access != DEVICE_ACCESS_READONLY;
    if (peek != REFUSED && !taken) return GC_ERR_SUCCESS;
    return fail(GC_ERR_ACCESS_DENIED, "camera %s is in the hands of another client", device->found.id);
}

static GC_ERROR connect_camera(struct device *device, const struct network *network) {
    GError *error = NULL;
    guint32 mode = 0;
    GC_ERROR denied = check_free(device, network);
    if (denied) return denied;
    GInetAddress *here = inet(network->address), *there = inet(device->found.address);
    device->arv = lib.arv_gv_device_new(here, there, &error);
    lib.g_object_unref(here);
    lib.g_object_unref(there);
    if (!device->arv || error) {
        if (device->arv) lib.g_object_unref(device->arv);
        device->arv = NULL;
        return fail_with(error, GC_ERR_IO, device->found.id);
    }
    denied = set_access(device);
    if (denied) return denied;
    lib.arv_gv_device_set_stream_options((ArvGvDevice *)device->arv, ARV_GV_STREAM_OPTION_PACKET_SOCKET_DISABLED);
    lib.arv_gv_device_set_packet_size_adjustment((ArvGvDevice *)device->arv, ARV_GV_PACKET_SIZE_ADJUSTMENT_NEVER);
    lib.arv_device_read_register(device->arv, DEVICE_MODE, &mode, NULL);
    device->big_endian = mode & BIG_ENDIAN_MODE;
    device->tick_frequency = lib.arv_gv_device_get_timestamp_tick_frequency((ArvGvDevice *)device->arv, NULL);
    for (int index = 0; index < 2; index++) {
        char *url = device->urls[index];
        if (!lib.arv_device_read_memory(device->arv, URL_ADDRESS + URL_LENGTH * index, URL_LENGTH, url, NULL)) *url = 0;
        url[URL_LENGTH - 1] = 0;
    }
    lib.g_signal_connect_data(device->arv, "control-lost", G_CALLBACK(on_control_lost), device, NULL, 0);
    return GC_ERR_SUCCESS;
}

/* With the last reference its threads end. */
static void disconnect_camera(struct device *device) {
    if (device->arv) lib.g_object_unref(device->arv);
    device->arv = NULL;
}

static GC_ERROR take_place(struct interface *interface, const char *id, struct device *device, size_t *place) {
    GC_ERROR error = GC_ERR_SUCCESS;
    pthread_mutex_lock(&interface->module.lock);
    const struct found *found = find_camera(interface, id);
    *place = CAMERAS_MAX;
    if (!found) error = fail(GC_ERR_INVALID_ID, "no camera %s has been found at %s", id, interface->network.id);
    for (size_t index = CAMERAS_MAX; found && index-- > 0;) {
        if (!interface->devices[index])
            *place = index;
        else if (!strcmp(interface->devices[index]->found.id, found->id))
            error = fail(GC_ERR_RESOURCE_IN_USE, "camera %s is open in this process already", id);
    }
    if (found) device->found = *found;
    pthread_mutex_unlock(&interface->module.lock);
    if (!error && *place == CAMERAS_MAX) error = fail(GC_ERR_RESOURCE_EXHAUSTED, "too many open cameras");
    return error;
}

static GC_ERROR open_device(struct interface *interface, const char *id, int32_t access, DEV_HANDLE *handle) {
    size_t place;
    if (access < DEVICE_ACCESS_READONLY || access > DEVICE_ACCESS_EXCLUSIVE)
        return fail(GC_ERR_INVALID_PARAMETER, "%d is no way to open a camera", access);
    struct device *device = calloc(1, sizeof *device);
    if (!device) return fail(GC_ERR_OUT_OF_MEMORY, "no memory for the device");
    device->access = access;
    device->module.parent = &interface->module;
    GC_ERROR error = take_place(interface, id, device, &place);
    if (!error) error = connect_camera(device, &interface->network);
    if (error) {
        disconnect_camera(device);
        free(device);
        return error;
    }
    enlist(&device->module, DEVICE, &interface->module);
    enlist(&device->remote.module, REMOTE, &device->module);
    pthread_mutex_lock(&interface->module.lock);
    interface->devices[place] = device;
    pthread_mutex_unlock(&interface->module.lock);
    *handle = device->module.handle;
    return GC_ERR_SUCCESS;
}

/* Aravis opens an interface anew, and a camera there without looking for it. Not with lifecycle held: it takes time. */
static GC_ERROR look_for(IF_HANDLE handle, const char *id) {
    HOLD(struct interface, interface, handle, INTERFACE);
    pthread_mutex_lock(&interface->module.lock);
    bool known = !*id || find_camera(interface, id);
    pthread_mutex_unlock(&interface->module.lock);
    if (!known) update_devices(interface, NULL, GENTL_INFINITE);
    let_go(interface);
    return GC_ERR_SUCCESS;
}

GC_API IFOpenDevice(IF_HANDLE handle, const char *id, int32_t access, DEV_HANDLE *device) {
    NEED(id);
    NEED(device);
    GC_ERROR error = look_for(handle, id);
    if (error) return error;
    pthread_mutex_lock(&lifecycle);
    struct interface *interface = hold(handle, INTERFACE, &error);
    if (interface) {
        error = open_device(interface, id, access, device);
        let_go(interface);
    }
    pthread_mutex_unlock(&lifecycle);
    return error;
}

void close_device(struct device *device) {
    struct interface *interface = (struct interface *)device->module.parent;
    close_events(&device->module);
    close_events(&device->remote.module);
    retire(&device->module);
    retire(&device->remote.module);
    if (device->stream) close_stream(device->stream);
    close_messages(device);
    disconnect_camera(device);
    pthread_mutex_lock(&interface->module.lock);
    for (size_t index = 0; index < CAMERAS_MAX; index++)
        if (interface->devices[index] == device) interface->devices[index] = NULL;
    pthread_mutex_unlock(&interface->module.lock);
    pthread_mutex_destroy(&device->remote.module.lock);
    forget(&device->module);
}

GC_API DevClose(DEV_HANDLE handle) {
    pthread_mutex_lock(&lifecycle);
    GC_ERROR error = GC_ERR_SUCCESS;
    struct device *device = hold(handle, DEVICE, &error);
    if (device) {
        let_go(device);
        close_device(device);
    }
    pthread_mutex_unlock(&lifecycle);
    return error;
}

GC_ERROR device_info(struct device *device, int32_t cmd, struct value *value) {
    if (cmd == DEVICE_INFO_TIMESTAMP_FREQUENCY) {
        set_number(value, INFO_DATATYPE_UINT64, device->tick_frequency);
        return GC_ERR_SUCCESS;
    }
    return camera_info((struct interface *)device->module.parent, &device->found, cmd, value);
}

GC_API DevGetInfo(DEV_HANDLE handle, int32_t cmd, INFO_DATATYPE *type, void *buffer, size_t *size) {
    struct value value;
    HOLD(struct device, device, handle, DEVICE);
    GC_ERROR error = device_info(device, cmd, &value);
    let_go(device);
    return error ? error : answer(&value, type, buffer, size);
}

GC_API DevGetParentIF(DEV_HANDLE handle, IF_HANDLE *interface) {
    NEED(interface);
    HOLD(struct device, device, handle, DEVICE);
    *interface = device->module.parent->handle;
    let_go(device);
    return GC_ERR_SUCCESS;
}

GC_API DevGetPort(DEV_HANDLE handle, PORT_HANDLE *remote) {
    NEED(remote);
    HOLD(struct device, device, handle, DEVICE);
    *remote = device->remote.module.handle;
    let_go(device);
    return GC_ERR_SUCCESS;
}

GC_API DevGetNumDataStreams(DEV_HANDLE handle, uint32_t *count) {
    NEED(count);
    HOLD(struct device, device, handle, DEVICE);
    *count = 1;
    let_go(device);
    return GC_ERR_SUCCESS;
}

GC_API DevGetDataStreamID(DEV_HANDLE handle, uint32_t index, char *id, size_t *size) {
    HOLD(struct device, device, handle, DEVICE);
    GC_ERROR error =
        index == 0 ? answer_text(STREAM_ID, id, size) : fail(GC_ERR_INVALID_INDEX, "a camera has one stream");
    let_go(device);
    return error;
}

/* GVCP reads whole words: what is asked for beside them is read too, and left out. */
GC_ERROR read_remote(struct device *device, uint64_t address, void *buffer, size_t size) {
    GError *error = NULL;
    guint32 word;
    GC_ERROR lost = check_lost(device);
    if (lost) return lost;
    if (address > UINT32_MAX || size > UINT32_MAX - address)
        return fail(GC_ERR_INVALID_ADDRESS, "a camera's addresses have 32 bits");
    if (!(address & 3) && size == 4) {
        if (!lib.arv_device_read_register(device->arv, address, &word, &error))
            return fail_with(error, GC_ERR_IO, "read");
        word = GUINT32_TO_BE(word);
        memcpy(buffer, &word, 4);
        return GC_ERR_SUCCESS;
    }
    uint64_t first = address & ~3ull, length = ((address + size + 3) & ~3ull) - first;
    uint8_t *whole = first == address && length == size ? buffer : malloc(length);
    if (!whole) return fail(GC_ERR_OUT_OF_MEMORY, "no memory to read %zu bytes", size);
    bool done = lib.arv_device_read_memory(device->arv, first, (guint32)length, whole, &error);
    if (whole != buffer) {
        if (done) memcpy(buffer, whole + (address - first), size);
        free(whole);
    }
    return done ? GC_ERR_SUCCESS : fail_with(error, GC_ERR_IO, "read");
}

GC_ERROR write_remote(struct device *device, uint64_t address, const void *buffer, size_t size) {
    GError *error = NULL;
    guint32 word;
    GC_ERROR lost = check_lost(device);
    if (lost) return lost;
    if (device->access == DEVICE_ACCESS_READONLY) return fail(GC_ERR_ACCESS_DENIED, "the camera is open read-only");
    if (address > UINT32_MAX || size > UINT32_MAX - address || address & 3 || size & 3)
        return fail(GC_ERR_INVALID_ADDRESS, "cameras are written in whole words of 32 bits");
    bool done;
    if (size == 4) {
        memcpy(&word, buffer, 4);
        done = lib.arv_device_write_register(device->arv, address, GUINT32_FROM_BE(word), &error);
    } else {
        done = lib.arv_device_write_memory(device->arv, address, (guint32)size, (void *)buffer, &error);
    }
    return done ? GC_ERR_SUCCESS : fail_with(error, GC_ERR_IO, "write");
}
