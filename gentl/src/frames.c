/* What a frame is: taken down when it is delivered, looked at more closely than the library does. */
#include <stdlib.h>
#include <string.h>

#include "aravis.h"
#include "core.h"

enum { CHUNK_MARK = 8 };

/* Where the marks of chunks are, from the end: the whole buffer, or the part of a multi-part frame that is for them. */
bool chunk_range(const struct buffer *buffer, size_t *begin, size_t *end) {
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
