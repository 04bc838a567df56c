/* What the data of an event tell. */
#include <stdio.h>
#include <string.h>

#include "core.h"

static GC_ERROR new_buffer_info(const void *data, size_t data_size, int32_t cmd, struct value *value) {
    EVENT_NEW_BUFFER_DATA new;
    if (data_size < sizeof new) return fail(GC_ERR_INVALID_PARAMETER, "these are no data of a new buffer");
    memcpy(&new, data, sizeof new);
    switch (cmd) {
    case EVENT_DATA_ID: set_number(value, INFO_DATATYPE_PTR, (uintptr_t)new.BufferHandle); break;
    case EVENT_DATA_VALUE: set_number(value, INFO_DATATYPE_PTR, (uintptr_t)new.pUserPointer); break;
    default: return fail(GC_ERR_NOT_IMPLEMENTED, "info command %d of a new buffer is not implemented", cmd);
    }
    return GC_ERR_SUCCESS;
}

static GC_ERROR error_info(const uint8_t *data, size_t data_size, uint64_t id, int32_t cmd, struct value *value) {
    char text[TEXT_MAX];
    switch (cmd) {
    case EVENT_DATA_ID:
    case EVENT_DATA_NUMID: set_number(value, INFO_DATATYPE_INT32, (uint32_t)id); break;
    case EVENT_DATA_VALUE:
        snprintf(text, sizeof text, "%.*s", (int)(data_size - sizeof id), (const char *)data + sizeof id);
        set_text(value, text);
        break;
    default: return fail(GC_ERR_NOT_IMPLEMENTED, "info command %d of an error is not implemented", cmd);
    }
    return GC_ERR_SUCCESS;
}

/* `value` may point into `data`. */
static GC_ERROR genapi_info(const void *data, size_t size, uint64_t id, int32_t cmd, struct value *value) {
    char text[TEXT_MAX];
    switch (cmd) {
    case EVENT_DATA_ID:
        snprintf(text, sizeof text, "%lX", (unsigned long)id);
        set_text(value, text);
        break;
    case EVENT_DATA_NUMID: set_number(value, INFO_DATATYPE_UINT64, id); break;
    case EVENT_DATA_VALUE: set_bytes(value, data, size); break;
    default: return fail(GC_ERR_NOT_IMPLEMENTED, "info command %d of this event is not implemented", cmd);
    }
    return GC_ERR_SUCCESS;
}

GC_ERROR event_data_info(EVENT_TYPE type, const uint8_t *data, size_t size, int32_t cmd, struct value *value) {
    uint64_t id;
    if (type == EVENT_NEW_BUFFER) return new_buffer_info(data, size, cmd, value);
    if (type == EVENT_REMOTE_DEVICE) { /* a GVCP header of 8 bytes, and the event's of 16: its id is at 2 */
        if (size < 12) return fail(GC_ERR_INVALID_PARAMETER, "these are no data of a remote event");
        return genapi_info(data, size, (uint64_t)data[10] << 8 | data[11], cmd, value);
    }
    if (size < sizeof id) return fail(GC_ERR_INVALID_PARAMETER, "these are no data of this event");
    memcpy(&id, data, sizeof id);
    if (type == EVENT_ERROR) return error_info(data, size, id, cmd, value);
    return genapi_info(data + sizeof id, size - sizeof id, id, cmd, value);
}
