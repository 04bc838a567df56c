/* The acquisition. libaravis receives; the queues are ours, because it gives queued buffers back only at its end: it has
   one buffer at a time that no frame has begun to fill, and gets the next when one has. */
#include <errno.h>
#include <time.h>

#include "aravis.h"
#include "core.h"

enum { FINISH_MS = 200, RECEIVE_BUFFER_MAX = 64 << 20 };
/* More patience with lost packets than the library's own 100 ms and a quarter of a frame's packets. */
enum { FRAME_RETENTION_US = 300000 };
static const double REQUEST_RATIO = 1.0;

/* With the stream's lock held. */
static void feed(struct stream *stream) {
    struct buffer *buffer = TAILQ_FIRST(&stream->input);
    if (!stream->feeding || stream->idle_in_library || !buffer) return;
    move_buffer(stream, buffer, IN_LIBRARY, false);
    stream->idle_in_library++;
    /* a new one each time: nothing of an earlier frame is left in it */
    lib.arv_stream_push_buffer(stream->arv, lib.arv_buffer_new_full(buffer->size, buffer->memory, buffer, NULL));
}

static uint64_t library_counter(struct stream *stream, const char *name) {
    return stream->arv ? lib.arv_stream_get_info_uint64_by_name(stream->arv, name) : 0;
}

/* Frames between the last one and this: for want of buffers, if packets came that had none, else lost on the way. Of a
   frame that found its buffer too late the library does not know the id: it was one of them, and is no lost one. */
static void count_gap(struct stream *stream, const struct frame *frame) {
    uint64_t underruns = library_counter(stream, "n_underruns");
    uint64_t gap = frame->id - stream->last_id - 1;
    if (!frame->id) {
        stream->nameless++;
        return;
    }
    if (frame->id < stream->last_id) gap = frame->id + UINT16_MAX - stream->last_id - 1; /* ids of 16 bits, without 0 */
    gap -= gap < stream->nameless ? gap : stream->nameless;
    if (stream->last_id && gap < UINT16_MAX / 2)
        *(underruns != stream->last_underruns ? &stream->underruns : &stream->lost_frames) += gap;
    stream->last_underruns = underruns;
    stream->last_id = frame->id;
    stream->nameless = 0;
}

/* A buffer comes back from the library. With the stream's lock held. */
static void take_back(struct stream *stream, ArvBuffer *arv) {
    struct buffer *buffer = (struct buffer *)lib.arv_buffer_get_user_data(arv);
    bool aborted = lib.arv_buffer_get_status(arv) == ARV_BUFFER_STATUS_ABORTED;
    if (stream->to_deliver == 0 || (aborted && !stream->deliver_aborted)) {
        move_buffer(stream, buffer, IN_INPUT, true);
    } else {
        describe_frame(buffer, arv);
        count_gap(stream, &buffer->frame);
        if (buffer->frame.incomplete) stream->incomplete_frames++;
        if (stream->to_deliver != UINT64_MAX) stream->to_deliver--;
        buffer->new_data = true;
        move_buffer(stream, buffer, IN_OUTPUT, false);
        stream->handed_over++;
        pthread_cond_signal(&stream->output_ready);
    }
    lib.g_object_unref(arv);
}

/* From the library's thread. Of frames it cannot receive it tells neither the beginning nor the end. */
static void on_stream(void *of, ArvStreamCallbackType type, ArvBuffer *done) {
    struct stream *stream = of;
    if (type != ARV_STREAM_CALLBACK_TYPE_START_BUFFER && type != ARV_STREAM_CALLBACK_TYPE_BUFFER_DONE) return;
    pthread_mutex_lock(&stream->module.lock);
    if (type == ARV_STREAM_CALLBACK_TYPE_START_BUFFER) {
        stream->idle_in_library--;
        stream->filling++;
        stream->started++;
    } else {
        for (ArvBuffer *arv; (arv = lib.arv_stream_try_pop_buffer(stream->arv));) {
            if (arv == done)
                stream->filling--;
            else if (stream->idle_in_library)
                stream->idle_in_library--;
            take_back(stream, arv);
        }
        pthread_cond_broadcast(&stream->frame_ended);
    }
    feed(stream);
    pthread_mutex_unlock(&stream->module.lock);
}

/* What the library still had when its thread ended is in the input queue again. */
static void reclaim(struct stream *stream) {
    struct buffer *buffer;
    pthread_mutex_lock(&stream->module.lock);
    TAILQ_FOREACH(buffer, &stream->all, all) if (buffer->place == IN_LIBRARY)
        move_buffer(stream, buffer, IN_INPUT, true);
    stream->idle_in_library = stream->filling = 0;
    pthread_mutex_unlock(&stream->module.lock);
}

static void stop_feeding(struct stream *stream, bool deliver_aborted) {
    pthread_mutex_lock(&stream->module.lock);
    stream->feeding = false;
    stream->deliver_aborted = deliver_aborted;
    pthread_mutex_unlock(&stream->module.lock);
}

/* For a while, and have all buffers back. With lifecycle held, and nothing else. */
static void halt(struct stream *stream) {
    stop_feeding(stream, false);
    halt_stream(stream->arv);
    reclaim(stream);
}

static void go_on(struct stream *stream) {
    go_on_with_stream(stream->arv);
    pthread_mutex_lock(&stream->module.lock);
    stream->feeding = true;
    feed(stream);
    pthread_mutex_unlock(&stream->module.lock);
}

static GC_ERROR start(struct stream *stream, uint64_t count) {
    struct device *device = (struct device *)stream->module.parent;
    GError *error = NULL;
    size_t largest = 0;
    struct buffer *buffer;
    if (stream->grabbing) return fail(GC_ERR_RESOURCE_IN_USE, "the acquisition runs already");
    if (!stream->announced) return fail(GC_ERR_INVALID_BUFFER, "no buffer is announced");
    if (!count) return fail(GC_ERR_INVALID_PARAMETER, "an acquisition of no frames");
    if (__atomic_load_n(&device->lost, __ATOMIC_SEQ_CST)) return fail(GC_ERR_IO, "the camera is lost");
    pthread_mutex_lock(&device->module.lock); /* libaravis' nodes are for one thread at a time */
    ArvStream *arv = new_stream(device->arv, on_stream, stream, &error);
    pthread_mutex_unlock(&device->module.lock);
    if (!arv) {
        GC_ERROR code = fail(GC_ERR_IO, "stream: %s", error ? error->message : "libaravis gives no reason");
        if (error) lib.g_error_free(error);
        return code;
    }
    pthread_mutex_lock(&stream->module.lock);
    TAILQ_FOREACH(buffer, &stream->all, all) if (buffer->size > largest) largest = buffer->size;
    size_t room = 2 * largest < RECEIVE_BUFFER_MAX ? 2 * largest : RECEIVE_BUFFER_MAX;
    lib.g_object_set(arv, "socket-buffer", ARV_GV_STREAM_SOCKET_BUFFER_FIXED, "socket-buffer-size", (int)room,
                     "frame-retention", FRAME_RETENTION_US, "packet-request-ratio", REQUEST_RATIO, NULL);
    stream->arv = arv;
    stream->to_deliver = count;
    stream->delivered = stream->last_id = stream->last_underruns = stream->nameless = 0;
    stream->grabbing = stream->feeding = true;
    stream->deliver_aborted = false;
    feed(stream);
    pthread_mutex_unlock(&stream->module.lock);
    run_stream(arv);
    debug("%s: acquisition runs", device->found.id);
    return GC_ERR_SUCCESS;
}

/* Give frames that have begun the time to end. */
static void let_finish(struct stream *stream) {
    struct timespec end;
    int late = 0;
    clock_gettime(CLOCK_MONOTONIC, &end);
    end.tv_nsec += FINISH_MS * 1000000;
    if (end.tv_nsec >= 1000000000) end.tv_sec++, end.tv_nsec -= 1000000000;
    pthread_mutex_lock(&stream->module.lock);
    stream->feeding = false;
    uint64_t begun = stream->started;
    while (stream->filling && stream->started - stream->filling < begun && late != ETIMEDOUT)
        late = pthread_cond_timedwait(&stream->frame_ended, &stream->module.lock, &end);
    pthread_mutex_unlock(&stream->module.lock);
}

GC_ERROR stop_acquisition(struct stream *stream, int32_t flags) {
    if (!stream->grabbing) return fail(GC_ERR_RESOURCE_IN_USE, "the acquisition does not run");
    if (flags == ACQ_STOP_FLAGS_DEFAULT) let_finish(stream);
    stop_feeding(stream, flags == ACQ_STOP_FLAGS_KILL);
    lib.g_object_unref(stream->arv); /* ends its thread: frames that have begun come back aborted */
    reclaim(stream);
    pthread_mutex_lock(&stream->module.lock);
    stream->arv = NULL;
    stream->grabbing = false;
    pthread_mutex_unlock(&stream->module.lock);
    return GC_ERR_SUCCESS;
}

GC_API DSStartAcquisition(DS_HANDLE handle, int32_t flags, uint64_t count) {
    GC_ERROR error = GC_ERR_SUCCESS;
    pthread_mutex_lock(&lifecycle);
    struct stream *stream = hold(handle, STREAM, &error);
    if (stream) {
        error = flags == ACQ_START_FLAGS_DEFAULT ? start(stream, count)
                                                 : fail(GC_ERR_INVALID_PARAMETER, "%d is no way to start", flags);
        let_go(stream);
    }
    pthread_mutex_unlock(&lifecycle);
    return error;
}

GC_API DSStopAcquisition(DS_HANDLE handle, int32_t flags) {
    GC_ERROR error = GC_ERR_SUCCESS;
    pthread_mutex_lock(&lifecycle);
    struct stream *stream = hold(handle, STREAM, &error);
    if (stream) {
        error = flags == ACQ_STOP_FLAGS_DEFAULT || flags == ACQ_STOP_FLAGS_KILL
                    ? stop_acquisition(stream, flags)
                    : fail(GC_ERR_INVALID_PARAMETER, "%d is no way to stop", flags);
        let_go(stream);
    }
    pthread_mutex_unlock(&lifecycle);
    return error;
}

GC_API DSQueueBuffer(DS_HANDLE handle, BUFFER_HANDLE of) {
    HOLD(struct stream, stream, handle, STREAM);
    pthread_mutex_lock(&stream->module.lock);
    struct buffer *buffer = find_buffer(stream, of);
    GC_ERROR error = GC_ERR_SUCCESS;
    if (!buffer)
        error = fail(GC_ERR_INVALID_HANDLE, "%p is no buffer of this stream", of);
    else if (buffer->place != UNQUEUED)
        error = fail(GC_ERR_RESOURCE_IN_USE, "the buffer is queued already");
    else
        move_buffer(stream, buffer, IN_INPUT, false);
    feed(stream);
    pthread_mutex_unlock(&stream->module.lock);
    let_go(stream);
    return error;
}

static const struct {
    bool from[IN_OUTPUT + 1];
    enum place to;
} FLUSHES[] = {
    [ACQ_QUEUE_INPUT_TO_OUTPUT] = {{[IN_INPUT] = true}, IN_OUTPUT},
    [ACQ_QUEUE_OUTPUT_DISCARD] = {{[IN_OUTPUT] = true}, UNQUEUED},
    [ACQ_QUEUE_ALL_TO_INPUT] = {{[UNQUEUED] = true, [IN_OUTPUT] = true, [IN_LIBRARY] = true}, IN_INPUT},
    [ACQ_QUEUE_UNQUEUED_TO_INPUT] = {{[UNQUEUED] = true}, IN_INPUT},
    [ACQ_QUEUE_ALL_DISCARD] = {{[IN_INPUT] = true, [IN_OUTPUT] = true, [IN_LIBRARY] = true}, UNQUEUED},
};

/* With lifecycle held. */
static void flush(struct stream *stream, int32_t operation) {
    bool halted = FLUSHES[operation].from[IN_LIBRARY] && stream->grabbing;
    struct buffer *buffer;
    if (halted) halt(stream); /* what is being filled is in the input queue then */
    pthread_mutex_lock(&stream->module.lock);
    TAILQ_FOREACH(buffer, &stream->all, all) {
        if (!FLUSHES[operation].from[buffer->place]) continue;
        move_buffer(stream, buffer, FLUSHES[operation].to, false);
        if (FLUSHES[operation].to == IN_OUTPUT) stream->handed_over++;
    }
    pthread_cond_broadcast(&stream->output_ready);
    feed(stream);
    pthread_mutex_unlock(&stream->module.lock);
    if (halted) go_on(stream);
}

GC_API DSFlushQueue(DS_HANDLE handle, int32_t operation) {
    GC_ERROR error = GC_ERR_SUCCESS;
    pthread_mutex_lock(&lifecycle);
    struct stream *stream = hold(handle, STREAM, &error);
    if (stream) {
        if (operation < 0 || operation > ACQ_QUEUE_ALL_DISCARD)
            error = fail(GC_ERR_INVALID_PARAMETER, "%d is no way to flush", operation);
        else
            flush(stream, operation);
        let_go(stream);
    }
    pthread_mutex_unlock(&lifecycle);
    return error;
}
