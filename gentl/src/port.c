/* Ports: the register memory of the camera, or of a module of ours, and where its description is. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core.h"

enum { PORTS = SYSTEM | INTERFACE | DEVICE | REMOTE | STREAM };

/* Ports of buffers are a part of the standard that nobody has to have. */
static struct module *hold_port(const void *handle, GC_ERROR *error) {
    struct module *module = hold(handle, PORTS, error);
    if (!module && *error == GC_ERR_INVALID_HANDLE && kind_of(handle) == BUFFER)
        *error = fail(GC_ERR_NOT_IMPLEMENTED, "buffers have no port here");
    return module;
}

static struct device *device_of(struct module *module) { return (struct device *)module->parent; }

static GC_ERROR read_port(struct module *module, uint64_t address, void *buffer, size_t size) {
    if (!buffer || !size) return fail(GC_ERR_INVALID_PARAMETER, "nothing to read into");
    if (module->kind == REMOTE) return read_remote(device_of(module), address, buffer, size);
    return read_registers(module, address, buffer, size);
}

static GC_ERROR write_port(struct module *module, uint64_t address, const void *buffer, size_t size) {
    if (!buffer || !size) return fail(GC_ERR_INVALID_PARAMETER, "nothing to write");
    if (module->kind == REMOTE) return write_remote(device_of(module), address, buffer, size);
    return write_registers(module, address, buffer, size);
}

GC_API GCReadPort(PORT_HANDLE handle, uint64_t address, void *buffer, size_t *size) {
    NEED(size);
    GC_ERROR error;
    struct module *module = hold_port(handle, &error);
    if (!module) return error;
    error = read_port(module, address, buffer, *size);
    let_go(module);
    return error;
}

GC_API GCWritePort(PORT_HANDLE handle, uint64_t address, const void *buffer, size_t *size) {
    NEED(size);
    GC_ERROR error;
    struct module *module = hold_port(handle, &error);
    if (!module) return error;
    error = write_port(module, address, buffer, *size);
    let_go(module);
    return error;
}

/* One after the other, until one fails: `count` then says how many have been done. */
static GC_ERROR stacked(PORT_HANDLE handle, PORT_REGISTER_STACK_ENTRY *entries, size_t *count, bool write) {
    NEED(entries);
    NEED(count);
    GC_ERROR error;
    size_t done = 0;
    struct module *module = hold_port(handle, &error);
    if (!module) return error;
    for (error = GC_ERR_SUCCESS; done < *count; done++) {
        PORT_REGISTER_STACK_ENTRY entry = entries[done];
        error = write ? write_port(module, entry.Address, entry.pBuffer, entry.Size)
                      : read_port(module, entry.Address, entry.pBuffer, entry.Size);
        if (error) break;
    }
    *count = done;
    let_go(module);
    return error;
}

GC_API GCReadPortStacked(PORT_HANDLE port, PORT_REGISTER_STACK_ENTRY *entries, size_t *count) {
    return stacked(port, entries, count, false);
}

GC_API GCWritePortStacked(PORT_HANDLE port, PORT_REGISTER_STACK_ENTRY *entries, size_t *count) {
    return stacked(port, entries, count, true);
}

static const struct {
    enum kind kind;
    const char *module, *port;
} NAMES[] = {
    {SYSTEM, "TLSystem", "TLPort"},       {INTERFACE, "TLInterface", "InterfacePort"},
    {DEVICE, "TLDevice", "DevicePort"},   {REMOTE, "TLRemoteDevice", "Device"},
    {STREAM, "TLDataStream", "StreamPort"},
};

static void port_id(struct module *module, struct value *value) {
    if (module->kind == SYSTEM)
        system_info(TL_INFO_ID, value);
    else if (module->kind == INTERFACE)
        set_text(value, ((struct interface *)module)->network.id);
    else if (module->kind == STREAM)
        set_text(value, STREAM_ID);
    else
        set_text(value, (module->kind == DEVICE ? (struct device *)module : device_of(module))->found.id);
}

static const struct found *camera_of(struct module *module) {
    if (module->kind == DEVICE) return &((struct device *)module)->found;
    return module->kind == REMOTE ? &device_of(module)->found : NULL;
}

static bool writable(struct module *module) {
    return module->kind != REMOTE || device_of(module)->access != DEVICE_ACCESS_READONLY;
}

static GC_ERROR port_info(struct module *module, int32_t cmd, struct value *value) {
    const struct found *camera = camera_of(module);
    bool remote = module->kind == REMOTE;
    bool big = remote; /* GigE Vision's registers are; ours are not */
    size_t name = 0;
    while (NAMES[name].kind != module->kind) name++;
    switch (cmd) {
    case PORT_INFO_ID: port_id(module, value); break;
    case PORT_INFO_VENDOR: set_text(value, camera ? camera->vendor : PRODUCER_VENDOR); break;
    case PORT_INFO_MODEL: set_text(value, camera ? camera->model : PRODUCER_MODEL); break;
    case PORT_INFO_TLTYPE: set_text(value, TL_TYPE); break;
    case PORT_INFO_MODULE: set_text(value, NAMES[name].module); break;
    case PORT_INFO_LITTLE_ENDIAN: set_number(value, INFO_DATATYPE_BOOL8, !big); break;
    case PORT_INFO_BIG_ENDIAN: set_number(value, INFO_DATATYPE_BOOL8, big); break;
    case PORT_INFO_ACCESS_READ: set_number(value, INFO_DATATYPE_BOOL8, true); break;
    case PORT_INFO_ACCESS_WRITE: set_number(value, INFO_DATATYPE_BOOL8, writable(module)); break;
    case PORT_INFO_ACCESS_NA: set_number(value, INFO_DATATYPE_BOOL8, false); break;
    case PORT_INFO_ACCESS_NI: set_number(value, INFO_DATATYPE_BOOL8, false); break;
    case PORT_INFO_VERSION: set_text(value, remote ? camera->version : PRODUCER_VERSION); break;
    case PORT_INFO_PORTNAME: set_text(value, NAMES[name].port); break;
    default: return fail(GC_ERR_NOT_IMPLEMENTED, "info command %d of a port is not implemented", cmd);
    }
    return GC_ERR_SUCCESS;
}

GC_API GCGetPortInfo(PORT_HANDLE handle, int32_t cmd, INFO_DATATYPE *type, void *buffer, size_t *size) {
    struct value value;
    GC_ERROR error;
    struct module *module = hold_port(handle, &error);
    if (!module) return error;
    error = port_info(module, cmd, &value);
    let_go(module);
    return error ? error : answer(&value, type, buffer, size);
}

static uint32_t url_count(struct module *module) {
    if (module->kind != REMOTE) return 1;
    return (*device_of(module)->urls[0] != 0) + (*device_of(module)->urls[1] != 0);
}

static GC_ERROR find_url(struct module *module, uint32_t index, char url[TEXT_MAX]) {
    if (index >= url_count(module)) return fail(GC_ERR_INVALID_INDEX, "the port has %u URLs", url_count(module));
    if (module->kind != REMOTE) {
        description_url(module, url);
        return GC_ERR_SUCCESS;
    }
    const char *text = device_of(module)->urls[*device_of(module)->urls[0] ? index : 1];
    snprintf(url, TEXT_MAX, "%s", text);
    if (!strncasecmp(url, "local:", 6)) memcpy(url, "local:", 6); /* consumers are particular about the case */
    return GC_ERR_SUCCESS;
}

GC_API GCGetNumPortURLs(PORT_HANDLE handle, uint32_t *count) {
    NEED(count);
    GC_ERROR error;
    struct module *module = hold_port(handle, &error);
    if (!module) return error;
    *count = url_count(module);
    let_go(module);
    return GC_ERR_SUCCESS;
}

GC_API GCGetPortURL(PORT_HANDLE handle, char *text, size_t *size) {
    char url[TEXT_MAX];
    GC_ERROR error;
    struct module *module = hold_port(handle, &error);
    if (!module) return error;
    error = find_url(module, 0, url);
    let_go(module);
    return error ? error : answer_text(url, text, size);
}

/* `local:Name.xml;ADDRESS;LENGTH?SchemaVersion=1.1.0`, numbers without 0x; or another scheme's. */
struct url {
    int32_t scheme;
    char file[TEXT_MAX];
    unsigned long long address, length;
    unsigned major, minor;
    bool has_place;
};

static void split_url(const char *text, struct url *url) {
    *url = (struct url){.scheme = URL_SCHEME_HTTP, .major = 1, .minor = 1};
    const char *rest = strchr(text, ':'), *schema = strstr(text, "?SchemaVersion=");
    if (!strncasecmp(text, "local:", 6)) url->scheme = URL_SCHEME_LOCAL;
    if (!strncasecmp(text, "file:", 5)) url->scheme = URL_SCHEME_FILE;
    rest = rest ? rest + 1 : text;
    while (*rest == '/') rest++;
    snprintf(url->file, sizeof url->file, "%.*s", (int)strcspn(rest, ";?"), rest);
    url->has_place = url->scheme == URL_SCHEME_LOCAL &&
                     sscanf(rest + strcspn(rest, ";?"), ";%llx;%llx", &url->address, &url->length) == 2;
    if (schema) sscanf(schema, "?SchemaVersion=%u.%u", &url->major, &url->minor);
}

static GC_ERROR url_info(const char *text, int32_t cmd, struct value *value) {
    struct url url;
    split_url(text, &url);
    switch (cmd) {
    case URL_INFO_URL: set_text(value, text); break;
    case URL_INFO_SCHEMA_VER_MAJOR: set_number(value, INFO_DATATYPE_INT32, url.major); break;
    case URL_INFO_SCHEMA_VER_MINOR: set_number(value, INFO_DATATYPE_INT32, url.minor); break;
    case URL_INFO_FILE_REGISTER_ADDRESS:
        if (!url.has_place) return fail(GC_ERR_NOT_AVAILABLE, "the description is not in the registers");
        set_number(value, INFO_DATATYPE_UINT64, url.address);
        break;
    case URL_INFO_FILE_SIZE:
        if (!url.has_place) return fail(GC_ERR_NOT_AVAILABLE, "the description is not in the registers");
        set_number(value, INFO_DATATYPE_UINT64, url.length);
        break;
    case URL_INFO_SCHEME: set_number(value, INFO_DATATYPE_INT32, (uint32_t)url.scheme); break;
    case URL_INFO_FILENAME: set_text(value, url.file); break;
    case URL_INFO_FILE_VER_MAJOR:
    case URL_INFO_FILE_VER_MINOR:
    case URL_INFO_FILE_VER_SUBMINOR:
    case URL_INFO_FILE_SHA1_HASH: return fail(GC_ERR_NOT_AVAILABLE, "the URL does not tell it");
    default: return fail(GC_ERR_NOT_IMPLEMENTED, "info command %d of a URL is not implemented", cmd);
    }
    return GC_ERR_SUCCESS;
}

GC_API GCGetPortURLInfo(PORT_HANDLE handle, uint32_t index, int32_t cmd, INFO_DATATYPE *type, void *buffer,
                        size_t *size) {
    char url[TEXT_MAX];
    struct value value;
    GC_ERROR error;
    struct module *module = hold_port(handle, &error);
    if (!module) return error;
    error = find_url(module, index, url);
    let_go(module);
    if (!error) error = url_info(url, cmd, &value);
    return error ? error : answer(&value, type, buffer, size);
}
