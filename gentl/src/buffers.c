/* Buffers and what is told of the frames in them. */
#include <stdlib.h>
#include <string.h>

#include "aravis.h"
#include "core.h"

enum { CHUNK_MARK = 8, PART_CHUNKS = ARV_BUFFER_PART_DATA_TYPE_CHUNK_DATA };

struct buffer *find_buffer(struct stream *stream, const void *handle) {
    struct buffer *buffer;
    TAILQ_FOREACH(buffer, &stream->all, all) if (buffer->handle == handle) return buffer;
    return NULL;
}

static size_t *counter_of(struct stream *stream, enum place place) {
    static size_t unqueued;
    switch (place) {
    case IN_INPUT: return &stream->in_input;
    case IN_LIBRARY: return &stream->in_library;
    case IN_OUTPUT: return &stream->in_output;
    default: return &unqueued; /* counted by nobody */
    }
}

static struct buffers *queue_of(struct stream *stream, enum place place) {
    return place == IN_INPUT ? &stream->input : place == IN_OUTPUT ? &stream->output : NULL;
}

void move_buffer(struct stream *stream, struct buffer *buffer, enum place place, bool first) {
    struct buffers *from = queue_of(stream, buffer->place), *to = queue_of(stream, place);
    if (from) TAILQ_REMOVE(from, buffer, queue);
    if (buffer->place != UNQUEUED) --*counter_of(stream, buffer->place);
    if (to && first) TAILQ_INSERT_HEAD(to, buffer, queue);
    if (to && !first) TAILQ_INSERT_TAIL(to, buffer, queue);
    if (place != UNQUEUED) ++*counter_of(stream, place);
    buffer->place = place;
    if (place == IN_INPUT) {
        buffer->new_data = false;
        buffer->frame.valid = false;
    }
}

struct buffer *next_output(struct stream *stream) {
    struct buffer *buffer = TAILQ_FIRST(&stream->output);
    move_buffer(stream, buffer, UNQUEUED, false);
    stream->delivered++;
    return buffer;
}

void free_buffer(struct stream *stream, struct buffer *buffer) {
    TAILQ_REMOVE(&stream->all, buffer, all);
    stream->announced--;
    drop_handle(buffer->handle);
    free(buffer->frame.parts);
    if (buffer->owned) free(buffer->memory);
    free(buffer);
}

/* Where the marks of chunks are, from the end: the whole buffer, or the part of a multi-part frame that is for them. */
static bool chunk_range(const struct buffer *buffer, size_t *begin, size_t *end) {
    const struct frame *frame = &buffer->frame;
    *begin = 0;
    *end = frame->filled;
    if (frame->payload_type != PAYLOAD_TYPE_MULTI_PART) return frame->chunks;
    for (uint32_t index = 0; index < frame->part_count; index++)
        if (frame->parts[index].data_type == PART_CHUNKS) {
            *begin = frame->parts[index].offset;
            *end = *begin + frame->parts[index].size;
            return true;
        }
    return false;
}

static uint32_t word(const uint8_t *at) {
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

uint32_t count_chunks(const struct buffer *buffer, SINGLE_CHUNK_DATA *chunks, uint32_t max, bool *broken) {
    size_t begin, end;
    uint32_t count = 0;
    *broken = false;
    if (!chunk_range(buffer, &begin, &end)) return 0;
    while (end > begin) { /* data, id and length, from the last chunk to the first */
        size_t length = end - begin >= CHUNK_MARK ? word(buffer->memory + end - 4) : SIZE_MAX;
        if (end - begin < CHUNK_MARK || length > end - begin - CHUNK_MARK) {
            *broken = true;
            break;
        }
        size_t at = end - CHUNK_MARK - length;
        if (count < max)
            chunks[count] = (SINGLE_CHUNK_DATA){word(buffer->memory + end - CHUNK_MARK), (ptrdiff_t)at, length};
        count++;
        end = at;
    }
    return count;
}

static size_t payload_type_of(ArvBufferPayloadType type) {
    static const uint8_t TYPES[] = {
        [ARV_BUFFER_PAYLOAD_TYPE_IMAGE] = PAYLOAD_TYPE_IMAGE,
        [ARV_BUFFER_PAYLOAD_TYPE_RAWDATA] = PAYLOAD_TYPE_RAW_DATA,
        [ARV_BUFFER_PAYLOAD_TYPE_FILE] = PAYLOAD_TYPE_FILE,
        [ARV_BUFFER_PAYLOAD_TYPE_CHUNK_DATA] = PAYLOAD_TYPE_CHUNK_ONLY,
        [ARV_BUFFER_PAYLOAD_TYPE_EXTENDED_CHUNK_DATA] = PAYLOAD_TYPE_CHUNK_DATA,
        [ARV_BUFFER_PAYLOAD_TYPE_JPEG] = PAYLOAD_TYPE_JPEG,
        [ARV_BUFFER_PAYLOAD_TYPE_JPEG2000] = PAYLOAD_TYPE_JPEG2000,
        [ARV_BUFFER_PAYLOAD_TYPE_H264] = PAYLOAD_TYPE_H264,
        [ARV_BUFFER_PAYLOAD_TYPE_MULTIPART] = PAYLOAD_TYPE_MULTI_PART,
    };
    return (int)type >= 0 && (size_t)type < sizeof TYPES ? TYPES[type] : PAYLOAD_TYPE_UNKNOWN;
}

/* Bytes of an image without padding at the lines' ends. */
static size_t image_bytes(uint64_t format, size_t width, size_t height) {
    return (width * height * (format >> 16 & 0xFF) + 7) / 8;
}

static void describe_image(struct frame *frame, ArvBuffer *arv) {
    gint x = 0, y = 0, width = 0, height = 0, x_padding = 0, y_padding = 0;
    frame->image = true;
    frame->format = (uint32_t)lib.arv_buffer_get_image_pixel_format(arv);
    lib.arv_buffer_get_image_region(arv, &x, &y, &width, &height);
    if (lib.has_parts) lib.arv_buffer_get_image_padding(arv, &x_padding, &y_padding);
    frame->x = (uint32_t)x, frame->y = (uint32_t)y;
    frame->width = (uint32_t)width, frame->height = (uint32_t)height;
    frame->x_padding = (uint32_t)x_padding, frame->y_padding = (uint32_t)y_padding;
    frame->size = image_bytes(frame->format, frame->width, frame->height) + frame->x_padding * frame->height;
}

static void describe_parts(struct buffer *buffer, ArvBuffer *arv) {
    struct frame *frame = &buffer->frame;
    uint32_t count = lib.has_parts ? lib.arv_buffer_get_n_parts(arv) : 0;
    free(frame->parts);
    frame->parts = count ? calloc(count, sizeof *frame->parts) : NULL;
    frame->part_count = frame->parts ? count : 0;
    for (uint32_t index = 0; index < frame->part_count; index++) {
        struct part *part = &frame->parts[index];
        gint x = 0, y = 0, width = 0, height = 0, x_padding = 0, y_padding = 0;
        const uint8_t *data = lib.arv_buffer_get_part_data(arv, index, &part->size);
        part->offset = (size_t)(data - buffer->memory);
        part->data_type = (size_t)lib.arv_buffer_get_part_data_type(arv, index);
        if (part->data_type <= PART_DATATYPE_CONFIDENCE_MAP) { /* of others the library does not like to be asked */
            lib.arv_buffer_get_part_region(arv, index, &x, &y, &width, &height);
            lib.arv_buffer_get_part_padding(arv, index, &x_padding, &y_padding);
            part->format = (uint32_t)lib.arv_buffer_get_part_pixel_format(arv, index);
        }
        part->component = lib.arv_buffer_get_part_component_id(arv, index);
        part->x = (uint32_t)x, part->y = (uint32_t)y, part->x_padding = (uint32_t)x_padding;
        part->width = (uint32_t)width, part->height = (uint32_t)height;
        frame->size += part->size;
        if (part->offset > buffer->size || part->size > buffer->size - part->offset) frame->incomplete = true;
    }
}

/* The library calls a frame whole when the packets that its own buffer has room for have come: we look closer. */
void describe_frame(struct buffer *buffer, ArvBuffer *arv) {
    struct frame *frame = &buffer->frame, empty = {.parts = frame->parts};
    bool broken = false;
    *frame = empty;
    ArvBufferPayloadType type = lib.arv_buffer_get_payload_type(arv);
    ArvBufferStatus status = lib.arv_buffer_get_status(arv);
    lib.arv_buffer_get_data(arv, &frame->filled);
    frame->valid = true;
    frame->incomplete = status != ARV_BUFFER_STATUS_SUCCESS;
    frame->payload_type = payload_type_of(type);
    frame->id = lib.arv_buffer_get_frame_id(arv);
    frame->timestamp_ns = lib.arv_buffer_get_timestamp(arv);
    frame->chunks = !frame->incomplete && lib.arv_buffer_has_chunks(arv);
    bool whole = !frame->incomplete; /* of others the library does not tell the size */
    if (whole && (type == ARV_BUFFER_PAYLOAD_TYPE_IMAGE || type == ARV_BUFFER_PAYLOAD_TYPE_EXTENDED_CHUNK_DATA))
        describe_image(frame, arv);
    if (whole && type == ARV_BUFFER_PAYLOAD_TYPE_MULTIPART) describe_parts(buffer, arv);
    if (frame->size > frame->filled) frame->incomplete = true;
    if (!frame->incomplete) count_chunks(buffer, NULL, 0, &broken);
    if (broken) frame->incomplete = true;
    frame->larger = frame->size > buffer->size || (broken && frame->filled == buffer->size);
    if (!frame->incomplete) frame->size = frame->filled;
    if (!frame->size) frame->size = buffer->size;
}

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

static GC_ERROR buffer_info(const struct stream *stream, const struct buffer *buffer, int32_t cmd,
                            struct value *value) {
    struct number number = {0};
    if (cmd == BUFFER_INFO_TLTYPE) {
        set_text(value, TL_TYPE);
        return GC_ERR_SUCCESS;
    }
    GC_ERROR error = number_info(stream, buffer, cmd, &number);
    return error ? error : set_known(&number, value);
}

static GC_ERROR part_info(const struct buffer *buffer, uint32_t index, int32_t cmd, struct value *value) {
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

/* A stream and one of its buffers for as long as the stream's lock is held. */
#define LOCK_BUFFER(stream, buffer, stream_handle, buffer_handle)                                                      \
    HOLD(struct stream, stream, stream_handle, STREAM);                                                                \
    pthread_mutex_lock(&stream->module.lock);                                                                          \
    struct buffer *buffer = find_buffer(stream, buffer_handle);                                                        \
    GC_ERROR error = buffer ? GC_ERR_SUCCESS                                                                           \
                            : fail(GC_ERR_INVALID_HANDLE, "%p is no buffer of this stream", buffer_handle)
#define UNLOCK_BUFFER(stream)                                                                                          \
    pthread_mutex_unlock(&stream->module.lock);                                                                        \
    let_go(stream)

GC_API DSGetBufferInfo(DS_HANDLE handle, BUFFER_HANDLE of, int32_t cmd, INFO_DATATYPE *type, void *out, size_t *size) {
    struct value value;
    LOCK_BUFFER(stream, buffer, handle, of);
    if (!error) error = buffer_info(stream, buffer, cmd, &value);
    UNLOCK_BUFFER(stream);
    return error ? error : answer(&value, type, out, size);
}

GC_API DSGetBufferInfoStacked(DS_HANDLE handle, BUFFER_HANDLE of, DS_BUFFER_INFO_STACKED *infos, size_t count) {
    struct value value;
    GC_ERROR first = GC_ERR_SUCCESS;
    NEED(infos);
    LOCK_BUFFER(stream, buffer, handle, of);
    for (size_t index = 0; !error && index < count; index++) {
        DS_BUFFER_INFO_STACKED info = infos[index]; /* the standard's structure is packed */
        info.iResult = buffer_info(stream, buffer, info.iInfoCmd, &value);
        if (!info.iResult) info.iResult = answer(&value, &info.iType, info.pBuffer, &info.iSize);
        infos[index] = info;
        if (info.iResult && !first) first = info.iResult;
    }
    UNLOCK_BUFFER(stream);
    return error ? error : first;
}

GC_API DSGetNumBufferParts(DS_HANDLE handle, BUFFER_HANDLE of, uint32_t *count) {
    NEED(count);
    LOCK_BUFFER(stream, buffer, handle, of);
    if (!error && (!buffer->frame.valid || buffer->frame.payload_type != PAYLOAD_TYPE_MULTI_PART))
        error = fail(GC_ERR_NO_DATA, "the buffer has no parts");
    if (!error) *count = buffer->frame.part_count;
    UNLOCK_BUFFER(stream);
    return error;
}

GC_API DSGetBufferPartInfo(DS_HANDLE handle, BUFFER_HANDLE of, uint32_t part, int32_t cmd, INFO_DATATYPE *type,
                           void *out, size_t *size) {
    struct value value;
    LOCK_BUFFER(stream, buffer, handle, of);
    if (!error) error = part_info(buffer, part, cmd, &value);
    UNLOCK_BUFFER(stream);
    return error ? error : answer(&value, type, out, size);
}

GC_API DSGetBufferPartInfoStacked(DS_HANDLE handle, BUFFER_HANDLE of, DS_BUFFER_PART_INFO_STACKED *infos,
                                  size_t count) {
    struct value value;
    GC_ERROR first = GC_ERR_SUCCESS;
    NEED(infos);
    LOCK_BUFFER(stream, buffer, handle, of);
    for (size_t index = 0; !error && index < count; index++) {
        DS_BUFFER_PART_INFO_STACKED info = infos[index];
        info.iResult = part_info(buffer, info.iPartIndex, info.iInfoCmd, &value);
        if (!info.iResult) info.iResult = answer(&value, &info.iType, info.pBuffer, &info.iSize);
        infos[index] = info;
        if (info.iResult && !first) first = info.iResult;
    }
    UNLOCK_BUFFER(stream);
    return error ? error : first;
}

GC_API DSGetBufferChunkData(DS_HANDLE handle, BUFFER_HANDLE of, SINGLE_CHUNK_DATA *chunks, size_t *count) {
    NEED(count);
    LOCK_BUFFER(stream, buffer, handle, of);
    size_t begin, end;
    if (!error && (!buffer->frame.valid || !chunk_range(buffer, &begin, &end)))
        error = fail(GC_ERR_NO_DATA, "the buffer has no chunks");
    if (!error) {
        bool broken;
        size_t room = chunks ? *count : 0;
        *count = count_chunks(buffer, chunks, room > UINT32_MAX ? UINT32_MAX : (uint32_t)room, &broken);
        if (broken)
            error = fail(GC_ERR_PARSING_CHUNK_DATA, "the marks of the chunks do not fit together");
        else if (chunks && room < *count)
            error = fail(GC_ERR_BUFFER_TOO_SMALL, "there are %zu chunks", *count);
    }
    UNLOCK_BUFFER(stream);
    return error;
}

static GC_ERROR announce(struct stream *stream, void *memory, size_t size, bool owned, void *user, void **handle) {
    struct buffer *buffer = calloc(1, sizeof *buffer);
    void *new = buffer ? new_handle(BUFFER, buffer) : NULL;
    if (!new) {
        free(buffer);
        return fail(GC_ERR_OUT_OF_MEMORY, "no memory for another buffer");
    }
    buffer->handle = new;
    buffer->memory = memory;
    buffer->size = size;
    buffer->owned = owned;
    buffer->user = user;
    pthread_mutex_lock(&stream->module.lock);
    TAILQ_INSERT_TAIL(&stream->all, buffer, all);
    stream->announced++;
    pthread_mutex_unlock(&stream->module.lock);
    *handle = new;
    return GC_ERR_SUCCESS;
}

GC_API DSAnnounceBuffer(DS_HANDLE handle, void *memory, size_t size, void *user, BUFFER_HANDLE *buffer) {
    NEED(memory);
    NEED(buffer);
    HOLD(struct stream, stream, handle, STREAM);
    GC_ERROR error = size ? announce(stream, memory, size, false, user, buffer)
                          : fail(GC_ERR_INVALID_PARAMETER, "a buffer of no bytes");
    let_go(stream);
    return error;
}

GC_API DSAllocAndAnnounceBuffer(DS_HANDLE handle, size_t size, void *user, BUFFER_HANDLE *buffer) {
    NEED(buffer);
    HOLD(struct stream, stream, handle, STREAM);
    void *memory = NULL;
    GC_ERROR error = GC_ERR_SUCCESS;
    if (!size)
        error = fail(GC_ERR_INVALID_PARAMETER, "a buffer of no bytes");
    else if (posix_memalign(&memory, 64, size))
        error = fail(GC_ERR_OUT_OF_MEMORY, "no memory for a buffer of %zu bytes", size);
    else if ((error = announce(stream, memory, size, true, user, buffer)))
        free(memory);
    let_go(stream);
    return error;
}

GC_API DSRevokeBuffer(DS_HANDLE handle, BUFFER_HANDLE of, void **memory, void **user) {
    LOCK_BUFFER(stream, buffer, handle, of);
    if (!error && buffer->place != UNQUEUED) error = fail(GC_ERR_BUSY, "the buffer is queued: flush it first");
    if (!error) {
        if (memory) *memory = buffer->owned ? NULL : buffer->memory;
        if (user) *user = buffer->user;
        free_buffer(stream, buffer);
    }
    UNLOCK_BUFFER(stream);
    return error;
}

GC_API DSGetBufferID(DS_HANDLE handle, uint32_t index, BUFFER_HANDLE *buffer) {
    NEED(buffer);
    HOLD(struct stream, stream, handle, STREAM);
    pthread_mutex_lock(&stream->module.lock);
    struct buffer *one = TAILQ_FIRST(&stream->all);
    for (uint32_t skip = index; one && skip; skip--) one = TAILQ_NEXT(one, all);
    GC_ERROR error = one ? GC_ERR_SUCCESS : fail(GC_ERR_INVALID_INDEX, "%zu buffers are announced", stream->announced);
    if (one) *buffer = one->handle;
    pthread_mutex_unlock(&stream->module.lock);
    let_go(stream);
    return error;
}
