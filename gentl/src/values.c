/* Answers of info commands: a type, a value, and the standard's protocol of sizes. */
#include <string.h>

#include "core.h"

static size_t width_of(INFO_DATATYPE type) {
    switch (type) {
    case INFO_DATATYPE_BOOL8: return 1;
    case INFO_DATATYPE_INT16:
    case INFO_DATATYPE_UINT16: return 2;
    case INFO_DATATYPE_INT32:
    case INFO_DATATYPE_UINT32: return 4;
    default: return 8;
    }
}

void set_number(struct value *value, INFO_DATATYPE type, uint64_t number) {
    value->type = type;
    value->number = number;
    value->length = width_of(type);
    value->bytes = &value->number; /* little-endian hosts alone: the low bytes come first */
}

void set_text(struct value *value, const char *text) {
    value->type = INFO_DATATYPE_STRING;
    value->length = strnlen(text, TEXT_MAX - 1) + 1;
    memcpy(value->text, text, value->length - 1);
    value->text[value->length - 1] = 0;
    value->bytes = value->text;
}

void set_bytes(struct value *value, const void *bytes, size_t length) {
    value->type = INFO_DATATYPE_BUFFER;
    value->bytes = bytes;
    value->length = length;
}

static GC_ERROR copy_out(const void *bytes, size_t length, void *buffer, size_t *size) {
    size_t room = *size;
    *size = length;
    if (!buffer) return GC_ERR_SUCCESS;
    if (room < length) return fail(GC_ERR_BUFFER_TOO_SMALL, "%zu bytes are needed, %zu were given", length, room);
    if (length) memcpy(buffer, bytes, length);
    return GC_ERR_SUCCESS;
}

GC_ERROR answer(const struct value *value, INFO_DATATYPE *type, void *buffer, size_t *size) {
    NEED(size);
    if (type) *type = value->type;
    return copy_out(value->bytes, value->length, buffer, size);
}

GC_ERROR answer_text(const char *text, char *buffer, size_t *size) {
    NEED(size);
    return copy_out(text, strlen(text) + 1, buffer, size);
}
