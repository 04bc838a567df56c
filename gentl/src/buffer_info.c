/* The info commands of buffers and of the parts in them. */
#include "core.h"

struct number {
    INFO_DATATYPE type;
    uint64_t value;
    bool known;
};

#define SIZE(value, known)                                                                                             \
    (struct number) { INFO_DATATYPE_SIZET, value, known }
#define WIDE(value, known)                                                                                             \
    (struct number) { INFO_DATATYPE_UINT64, value, known }
#define FLAG(value, known)                                                                                             \
    (struct number) { INFO_DATATYPE_BOOL8, value, known }

static uint64_t ticks(const struct stream *stream, uint64_t ns) {
    uint64_t frequency = ((const struct device *)stream->module.parent)->tick_frequency;
    return frequency ? (uint64_t)(((unsigned __int128)ns * frequency + 500000000) / 1000000000) : ns;
}

static GC_ERROR number_info(const struct stream *stream, const struct buffer *buffer, int32_t cmd, struct number *out) {
    const struct frame *frame = &buffer->frame;
    bool there = frame->valid, image = there && frame->image, whole = there && !frame->incomplete;
    switch (cmd) {
    case BUFFER_INFO_BASE: *out = (struct number){INFO_DATATYPE_PTR, (uintptr_t)buffer->memory, true}; break;
    case BUFFER_INFO_SIZE: *out = SIZE(buffer->size, true); break;
    case BUFFER_INFO_USER_PTR: *out = (struct number){INFO_DATATYPE_PTR, (uintptr_t)buffer->user, true}; break;
    case BUFFER_INFO_TIMESTAMP: *out = WIDE(ticks(stream, frame->timestamp_ns), there); break;
    case BUFFER_INFO_NEW_DATA: *out = FLAG(buffer->new_data, true); break;
    case BUFFER_INFO_IS_QUEUED: *out = FLAG(buffer->place != UNQUEUED, true); break;
    case BUFFER_INFO_IS_ACQUIRING: *out = FLAG(buffer->place == IN_LIBRARY, true); break;
    case BUFFER_INFO_IS_INCOMPLETE: *out = FLAG(frame->incomplete, there); break;
    case BUFFER_INFO_SIZE_FILLED: *out = SIZE(there ? frame->filled : 0, whole || frame->image || !there); break;
    case BUFFER_INFO_WIDTH: *out = SIZE(frame->width, image); break;
    case BUFFER_INFO_HEIGHT: *out = SIZE(frame->height, image); break;
    case BUFFER_INFO_XOFFSET: *out = SIZE(frame->x, image); break;
    case BUFFER_INFO_YOFFSET: *out = SIZE(frame->y, image); break;
    case BUFFER_INFO_XPADDING: *out = SIZE(frame->x_padding, image); break;
    case BUFFER_INFO_YPADDING: *out = SIZE(frame->y_padding, image); break;
    case BUFFER_INFO_FRAMEID: *out = WIDE(frame->id, there && frame->id); break;
    case BUFFER_INFO_IMAGEPRESENT: *out = FLAG(frame->image || frame->part_count, there); break;
    case BUFFER_INFO_IMAGEOFFSET: *out = SIZE(0, image); break;
    case BUFFER_INFO_PAYLOADTYPE: *out = SIZE(frame->payload_type, there); break;
    case BUFFER_INFO_PIXELFORMAT: *out = WIDE(frame->format, image); break;
    case BUFFER_INFO_PIXELFORMAT_NAMESPACE: *out = WIDE(PIXELFORMAT_NAMESPACE_PFNC_32BIT, image); break;
    case BUFFER_INFO_DELIVERED_IMAGEHEIGHT: *out = SIZE(frame->height, image && whole); break;
    case BUFFER_INFO_DELIVERED_CHUNKPAYLOADSIZE: *out = SIZE(frame->filled, whole && frame->chunks); break;
    case BUFFER_INFO_CHUNKLAYOUTID: *out = WIDE(0, false); break; /* the library does not tell */
    case BUFFER_INFO_PIXEL_ENDIANNESS:
        *out = (struct number){INFO_DATATYPE_INT32, PIXELENDIANNESS_LITTLE, true};
        break;
    case BUFFER_INFO_DATA_SIZE: *out = SIZE(there ? frame->size : 0, true); break;
    case BUFFER_INFO_TIMESTAMP_NS: *out = WIDE(frame->timestamp_ns, there); break;
    case BUFFER_INFO_DATA_LARGER_THAN_BUFFER: *out = FLAG(frame->larger, there); break;
    case BUFFER_INFO_CONTAINS_CHUNKDATA: {
        size_t begin, end;
        *out = FLAG(chunk_range(buffer, &begin, &end), there);
        break;
    }
    default: return fail(GC_ERR_NOT_IMPLEMENTED, "info command %d of a buffer is not implemented", cmd);
    }
    return GC_ERR_SUCCESS;
}

static GC_ERROR set_known(const struct number *number, struct value *value) {
    if (!number->known) return fail(GC_ERR_NOT_AVAILABLE, "the buffer has no such information now");
    set_number(value, number->type, number->value);
    return GC_ERR_SUCCESS;
}

GC_ERROR buffer_info(const struct stream *stream, const struct buffer *buffer, int32_t cmd,
                            struct value *value) {
    struct number number = {0};
    if (cmd == BUFFER_INFO_TLTYPE) {
        set_text(value, TL_TYPE);
        return GC_ERR_SUCCESS;
    }
    GC_ERROR error = number_info(stream, buffer, cmd, &number);
    return error ? error : set_known(&number, value);
}

GC_ERROR part_info(const struct buffer *buffer, uint32_t index, int32_t cmd, struct value *value) {
    const struct frame *frame = &buffer->frame;
    if (!frame->valid || frame->payload_type != PAYLOAD_TYPE_MULTI_PART)
        return fail(GC_ERR_NO_DATA, "the buffer has no parts");
    if (index >= frame->part_count) return fail(GC_ERR_INVALID_INDEX, "the buffer has %u parts", frame->part_count);
    const struct part *part = &frame->parts[index];
    bool chunks = part->data_type == PART_CHUNKS, image = !chunks;
    struct number number = {0};
    switch (cmd) {
    case BUFFER_PART_INFO_BASE:
        number = (struct number){INFO_DATATYPE_PTR, (uintptr_t)buffer->memory + part->offset, true};
        break;
    case BUFFER_PART_INFO_DATA_SIZE: number = SIZE(part->size, true); break;
    case BUFFER_PART_INFO_DATA_TYPE: /* GigE Vision and GenTL agree up to the confidence map */
        number = SIZE(part->data_type <= PART_DATATYPE_CONFIDENCE_MAP ? part->data_type : PART_DATATYPE_UNKNOWN, true);
        break;
    case BUFFER_PART_INFO_DATA_FORMAT: number = WIDE(part->format, image); break;
    case BUFFER_PART_INFO_DATA_FORMAT_NAMESPACE: number = WIDE(PIXELFORMAT_NAMESPACE_PFNC_32BIT, image); break;
    case BUFFER_PART_INFO_WIDTH: number = SIZE(part->width, image); break;
    case BUFFER_PART_INFO_HEIGHT: number = SIZE(part->height, image); break;
    case BUFFER_PART_INFO_XOFFSET: number = SIZE(part->x, image); break;
    case BUFFER_PART_INFO_YOFFSET: number = SIZE(part->y, image); break;
    case BUFFER_PART_INFO_XPADDING: number = SIZE(part->x_padding, image); break;
    case BUFFER_PART_INFO_DELIVERED_IMAGEHEIGHT: number = SIZE(part->height, image && !frame->incomplete); break;
    case BUFFER_PART_INFO_SOURCE_ID:
    case BUFFER_PART_INFO_REGION_ID: number = WIDE(0, true); break; /* the library does not tell: all are of one */
    case BUFFER_PART_INFO_DATA_PURPOSE_ID: number = WIDE(part->component, true); break;
    default: return fail(GC_ERR_NOT_IMPLEMENTED, "info command %d of a part is not implemented", cmd);
    }
    return set_known(&number, value);
}
