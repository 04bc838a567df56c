/* Buffers: announced, looked up, and asked by the consumer. */
#include <stdlib.h>

#include "core.h"

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
