/* The data stream: opened, asked and closed. */
#include <stdlib.h>
#include <string.h>

#include "aravis.h"
#include "core.h"

enum { STREAM_CHANNEL_PORT = 0x0D00 };

static GC_ERROR payload_size(struct stream *stream, struct value *value) {
    struct device *device = (struct device *)stream->module.parent;
    GError *error = NULL;
    if (__atomic_load_n(&device->lost, __ATOMIC_SEQ_CST)) return fail(GC_ERR_IO, "the camera is lost");
    pthread_mutex_lock(&device->module.lock);
    gint64 size = lib.arv_device_get_integer_feature_value(device->arv, "PayloadSize", &error);
    pthread_mutex_unlock(&device->module.lock);
    if (error) {
        fail(GC_ERR_NOT_AVAILABLE, "PayloadSize: %s", error->message);
        lib.g_error_free(error);
        return GC_ERR_NOT_AVAILABLE;
    }
    set_number(value, INFO_DATATYPE_SIZET, (uint64_t)size);
    return GC_ERR_SUCCESS;
}

GC_ERROR stream_info(struct stream *stream, int32_t cmd, struct value *value) {
    GC_ERROR error = GC_ERR_SUCCESS;
    if (cmd == STREAM_INFO_PAYLOAD_SIZE) return payload_size(stream, value);
    pthread_mutex_lock(&stream->module.lock);
    switch (cmd) {
    case STREAM_INFO_ID: set_text(value, STREAM_ID); break;
    case STREAM_INFO_NUM_DELIVERED: set_number(value, INFO_DATATYPE_UINT64, stream->delivered); break;
    case STREAM_INFO_NUM_UNDERRUN: set_number(value, INFO_DATATYPE_UINT64, stream->underruns); break;
    case STREAM_INFO_NUM_ANNOUNCED: set_number(value, INFO_DATATYPE_SIZET, stream->announced); break;
    case STREAM_INFO_NUM_QUEUED: set_number(value, INFO_DATATYPE_SIZET, stream->in_input + stream->in_library); break;
    case STREAM_INFO_NUM_AWAIT_DELIVERY: set_number(value, INFO_DATATYPE_SIZET, stream->in_output); break;
    case STREAM_INFO_NUM_STARTED: set_number(value, INFO_DATATYPE_UINT64, stream->started); break;
    case STREAM_INFO_IS_GRABBING: set_number(value, INFO_DATATYPE_BOOL8, stream->grabbing); break;
    case STREAM_INFO_DEFINES_PAYLOADSIZE: set_number(value, INFO_DATATYPE_BOOL8, false); break;
    case STREAM_INFO_TLTYPE: set_text(value, TL_TYPE); break;
    case STREAM_INFO_NUM_CHUNKS_MAX: error = fail(GC_ERR_NOT_AVAILABLE, "only the camera knows its chunks"); break;
    case STREAM_INFO_BUF_ANNOUNCE_MIN: set_number(value, INFO_DATATYPE_SIZET, 1); break;
    case STREAM_INFO_BUF_ALIGNMENT: set_number(value, INFO_DATATYPE_SIZET, 1); break;
    default: error = fail(GC_ERR_NOT_IMPLEMENTED, "info command %d of a stream is not implemented", cmd);
    }
    pthread_mutex_unlock(&stream->module.lock);
    return error;
}

GC_API DSGetInfo(DS_HANDLE handle, int32_t cmd, INFO_DATATYPE *type, void *buffer, size_t *size) {
    struct value value;
    HOLD(struct stream, stream, handle, STREAM);
    GC_ERROR error = stream_info(stream, cmd, &value);
    let_go(stream);
    return error ? error : answer(&value, type, buffer, size);
}

GC_API DSGetParentDev(DS_HANDLE handle, DEV_HANDLE *device) {
    NEED(device);
    HOLD(struct stream, stream, handle, STREAM);
    *device = stream->module.parent->handle;
    let_go(stream);
    return GC_ERR_SUCCESS;
}

/* The largest packets that get through, asked of the camera with test packets. A consumer may change it before it
   starts: the size is read again then. */
static void negotiate_packet_size(struct device *device) {
    pthread_mutex_lock(&device->module.lock);
    lib.arv_gv_device_auto_packet_size((ArvGvDevice *)device->arv, NULL);
    lib.arv_device_write_register(device->arv, STREAM_CHANNEL_PORT, 0, NULL); /* its test packets went there */
    debug("%s: packets of %u bytes", device->found.id,
          lib.arv_gv_device_get_packet_size((ArvGvDevice *)device->arv, NULL));
    pthread_mutex_unlock(&device->module.lock);
}

static GC_ERROR open_stream(struct device *device, const char *id, DS_HANDLE *handle) {
    pthread_condattr_t attributes;
    if (strcmp(id, STREAM_ID)) return fail(GC_ERR_INVALID_ID, "there is no stream %s", id);
    if (device->stream) return fail(GC_ERR_RESOURCE_IN_USE, "the stream is open already");
    if (device->access == DEVICE_ACCESS_READONLY) return fail(GC_ERR_ACCESS_DENIED, "the camera is open read-only");
    struct stream *stream = calloc(1, sizeof *stream);
    if (!stream) return fail(GC_ERR_OUT_OF_MEMORY, "no memory for the stream");
    TAILQ_INIT(&stream->all);
    TAILQ_INIT(&stream->input);
    TAILQ_INIT(&stream->output);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&stream->output_ready, &attributes);
    pthread_cond_init(&stream->frame_ended, &attributes);
    pthread_condattr_destroy(&attributes);
    negotiate_packet_size(device);
    enlist(&stream->module, STREAM, &device->module);
    device->stream = stream;
    *handle = stream->module.handle;
    return GC_ERR_SUCCESS;
}

GC_API DevOpenDataStream(DEV_HANDLE handle, const char *id, DS_HANDLE *stream) {
    NEED(id);
    NEED(stream);
    GC_ERROR error = GC_ERR_SUCCESS;
    pthread_mutex_lock(&lifecycle);
    struct device *device = hold(handle, DEVICE, &error);
    if (device) {
        error = open_stream(device, id, stream);
        let_go(device);
    }
    pthread_mutex_unlock(&lifecycle);
    return error;
}

void close_stream(struct stream *stream) {
    struct device *device = (struct device *)stream->module.parent;
    close_events(&stream->module);
    retire(&stream->module);
    if (stream->grabbing) stop_acquisition(stream, ACQ_STOP_FLAGS_KILL);
    for (struct buffer *buffer; (buffer = TAILQ_FIRST(&stream->all));) {
        move_buffer(stream, buffer, UNQUEUED, false);
        free_buffer(stream, buffer);
    }
    device->stream = NULL;
    pthread_cond_destroy(&stream->output_ready);
    pthread_cond_destroy(&stream->frame_ended);
    forget(&stream->module);
}

GC_API DSClose(DS_HANDLE handle) {
    GC_ERROR error = GC_ERR_SUCCESS;
    pthread_mutex_lock(&lifecycle);
    struct stream *stream = hold(handle, STREAM, &error);
    if (stream) {
        let_go(stream);
        close_stream(stream);
    }
    pthread_mutex_unlock(&lifecycle);
    return error;
}
