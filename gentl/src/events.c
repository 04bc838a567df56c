/* Events: a queue for each that somebody has registered for. Of new buffers the stream's output queue is that queue. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core.h"

/* Some consumers (harvesters) poll with waits of 1 ms: who has nothing to be told is let sleep a little longer, because
   each return costs them more than receiving some packets. What comes still wakes them at once. */
enum { QUEUE_MAX = 1000, SHORTEST_WAIT_MS = 20 };

/* What EventGetData hands out of other events than new buffers, in front of the event's data. */
struct item {
    STAILQ_ENTRY(item) next;
    size_t size;
    uint64_t id;
    uint8_t data[GVCP_DATAGRAM_MAX];
};

struct event {
    struct module module; /* its lock is not used: the events' or the stream's is */
    EVENT_TYPE type;
    STAILQ_HEAD(, item) items;
    size_t queued;
    uint64_t fired;
    unsigned waiting, kills;
    bool closed;
    pthread_cond_t changed;
};

static pthread_mutex_t events_lock = PTHREAD_MUTEX_INITIALIZER;

static void wait_init(pthread_cond_t *condition) {
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(condition, &attributes);
    pthread_condattr_destroy(&attributes);
}

/* The lock and the condition of an event: those of its stream for new buffers. */
static struct stream *stream_of(const struct event *event) {
    return event->type == EVENT_NEW_BUFFER ? (struct stream *)event->module.parent : NULL;
}

static pthread_mutex_t *lock_of(const struct event *event) {
    struct stream *stream = stream_of(event);
    return stream ? &stream->module.lock : &events_lock;
}

static pthread_cond_t *condition_of(struct event *event) {
    struct stream *stream = stream_of(event);
    return stream ? &stream->output_ready : &event->changed;
}

bool has_event(struct module *module, EVENT_TYPE type) {
    pthread_mutex_lock(&events_lock);
    bool there = module->events[type];
    pthread_mutex_unlock(&events_lock);
    return there;
}

static void drop_oldest(struct event *event) {
    struct item *oldest = STAILQ_FIRST(&event->items);
    STAILQ_REMOVE_HEAD(&event->items, next);
    event->queued--;
    free(oldest);
}

void post_event(struct module *module, EVENT_TYPE type, uint64_t id, const void *data, size_t size) {
    if (size > GVCP_DATAGRAM_MAX) size = GVCP_DATAGRAM_MAX;
    pthread_mutex_lock(&events_lock);
    struct event *event = module->events[type];
    struct item *item = event ? calloc(1, sizeof *item) : NULL;
    if (item) {
        item->id = id;
        item->size = size;
        if (size) memcpy(item->data, data, size);
        STAILQ_INSERT_TAIL(&event->items, item, next);
        event->fired++;
        if (++event->queued > QUEUE_MAX) drop_oldest(event);
        pthread_cond_signal(&event->changed);
    }
    pthread_mutex_unlock(&events_lock);
}

/* With lifecycle held. */
static void close_event(struct module *module, EVENT_TYPE type) {
    pthread_mutex_lock(&events_lock);
    struct event *event = module->events[type];
    module->events[type] = NULL;
    pthread_mutex_unlock(&events_lock);
    if (!event) return;
    pthread_mutex_lock(lock_of(event));
    event->closed = true;
    pthread_cond_broadcast(condition_of(event));
    pthread_mutex_unlock(lock_of(event));
    retire(&event->module);
    while (event->queued) drop_oldest(event);
    pthread_cond_destroy(&event->changed);
    forget(&event->module);
}

void close_events(struct module *module) {
    for (EVENT_TYPE type = 0; type < EVENT_TYPES; type++) close_event(module, type);
}

/* The modules that have an event, as a mask of kinds. */
static unsigned sources_of(EVENT_TYPE type) {
    switch (type) {
    case EVENT_ERROR: return SYSTEM | INTERFACE | DEVICE | STREAM;
    case EVENT_MODULE: return SYSTEM | INTERFACE | DEVICE | STREAM;
    case EVENT_NEW_BUFFER: return STREAM;
    case EVENT_REMOTE_DEVICE: return DEVICE | REMOTE;
    default: return 0; /* nothing of ours changes features behind the consumer's back */
    }
}

/* Events of the far end belong to the device, by whichever of the two handles they are asked for. */
static struct module *source(const void *handle, EVENT_TYPE type, GC_ERROR *error) {
    if (type < 0 || type >= EVENT_TYPES) {
        *error = fail(GC_ERR_INVALID_PARAMETER, "%d is no type of event", type);
        return NULL;
    }
    struct module *module = hold(handle, SYSTEM | INTERFACE | DEVICE | REMOTE | STREAM, error);
    if (!module || module->kind & sources_of(type)) return module;
    *error = fail(GC_ERR_NOT_IMPLEMENTED, "this module has no events of type %d", type);
    let_go(module);
    return NULL;
}

static GC_ERROR register_event(struct module *module, EVENT_TYPE type, EVENT_HANDLE *handle) {
    if (module->kind == REMOTE) module = module->parent;
    if (has_event(module, type)) return fail(GC_ERR_RESOURCE_IN_USE, "somebody has registered for this event already");
    if (type == EVENT_REMOTE_DEVICE) {
        GC_ERROR error = open_messages((struct device *)module);
        if (error) return error;
    }
    struct event *event = calloc(1, sizeof *event);
    if (!event) return fail(GC_ERR_OUT_OF_MEMORY, "no memory for the event");
    event->type = type;
    STAILQ_INIT(&event->items);
    wait_init(&event->changed);
    enlist(&event->module, EVENT, module);
    pthread_mutex_lock(&events_lock);
    module->events[type] = event;
    pthread_mutex_unlock(&events_lock);
    *handle = event->module.handle;
    return GC_ERR_SUCCESS;
}

GC_API GCRegisterEvent(EVENTSRC_HANDLE handle, EVENT_TYPE type, EVENT_HANDLE *event) {
    NEED(event);
    GC_ERROR error = GC_ERR_SUCCESS;
    pthread_mutex_lock(&lifecycle);
    struct module *module = source(handle, type, &error);
    if (module) {
        error = register_event(module, type, event);
        let_go(module);
    }
    pthread_mutex_unlock(&lifecycle);
    return error;
}

GC_API GCUnregisterEvent(EVENTSRC_HANDLE handle, EVENT_TYPE type) {
    GC_ERROR error = GC_ERR_SUCCESS;
    pthread_mutex_lock(&lifecycle);
    struct module *held = source(handle, type, &error), *module = held;
    if (held) {
        if (module->kind == REMOTE) module = module->parent;
        if (has_event(module, type)) {
            close_event(module, type);
            if (type == EVENT_REMOTE_DEVICE) close_messages((struct device *)module);
        } else {
            error = fail(GC_ERR_INVALID_PARAMETER, "nobody has registered for this event");
        }
        let_go(held);
    }
    pthread_mutex_unlock(&lifecycle);
    return error;
}

static bool is_there(const struct event *event) {
    struct stream *stream = stream_of(event);
    return stream ? !TAILQ_EMPTY(&stream->output) : !STAILQ_EMPTY(&event->items);
}

/* With the event's lock held: until there is something, it is killed or closed, or the time is over. */
static GC_ERROR wait_for(struct event *event, uint64_t timeout_ms) {
    struct timespec end;
    int late = 0;
    clock_gettime(CLOCK_MONOTONIC, &end);
    if (timeout_ms && timeout_ms < SHORTEST_WAIT_MS) timeout_ms = SHORTEST_WAIT_MS;
    if (timeout_ms > UINT32_MAX) timeout_ms = UINT32_MAX; /* 49 days */
    end.tv_sec += (time_t)(timeout_ms / 1000);
    end.tv_nsec += (long)(timeout_ms % 1000) * 1000000;
    if (end.tv_nsec >= 1000000000) end.tv_sec++, end.tv_nsec -= 1000000000;
    event->waiting++;
    while (!event->kills && !event->closed && !is_there(event) && late != ETIMEDOUT)
        late = timeout_ms ? pthread_cond_timedwait(condition_of(event), lock_of(event), &end) : ETIMEDOUT;
    event->waiting--;
    if (event->closed) return fail(GC_ERR_ABORT, "the event has been unregistered");
    if (event->kills) {
        event->kills--;
        return fail(GC_ERR_ABORT, "EventKill has been called");
    }
    return is_there(event) ? GC_ERR_SUCCESS : fail(GC_ERR_TIMEOUT, "no event within %lu ms", (unsigned long)timeout_ms);
}

/* With the event's lock held. */
static GC_ERROR take(struct event *event, void *buffer, size_t *size) {
    struct stream *stream = stream_of(event);
    struct item *item = stream ? NULL : STAILQ_FIRST(&event->items);
    size_t need = stream ? sizeof(EVENT_NEW_BUFFER_DATA) : sizeof item->id + item->size, room = *size;
    /* of a remote event the datagram alone is handed out: it says all by itself */
    if (item && event->type == EVENT_REMOTE_DEVICE) need = item->size;
    *size = need;
    if (room < need) return fail(GC_ERR_BUFFER_TOO_SMALL, "%zu bytes are needed, %zu were given", need, room);
    if (stream) {
        struct buffer *next = next_output(stream);
        EVENT_NEW_BUFFER_DATA data = {next->handle, next->user};
        memcpy(buffer, &data, sizeof data);
        return GC_ERR_SUCCESS;
    }
    uint8_t *to = buffer;
    if (event->type != EVENT_REMOTE_DEVICE) {
        memcpy(to, &item->id, sizeof item->id);
        to += sizeof item->id;
    }
    if (item->size) memcpy(to, item->data, item->size);
    drop_oldest(event);
    return GC_ERR_SUCCESS;
}

GC_API EventGetData(EVENT_HANDLE handle, void *buffer, size_t *size, uint64_t timeout_ms) {
    NEED(buffer);
    NEED(size);
    HOLD(struct event, event, handle, EVENT);
    pthread_mutex_lock(lock_of(event));
    GC_ERROR error = wait_for(event, timeout_ms);
    if (!error) error = take(event, buffer, size);
    pthread_mutex_unlock(lock_of(event));
    let_go(event);
    return error;
}

GC_API EventGetDataInfo(EVENT_HANDLE handle, const void *data, size_t data_size, int32_t cmd, INFO_DATATYPE *type,
                        void *buffer, size_t *size) {
    struct value value;
    NEED(data);
    HOLD(struct event, event, handle, EVENT);
    GC_ERROR error = event_data_info(event->type, data, data_size, cmd, &value);
    let_go(event);
    return error ? error : answer(&value, type, buffer, size);
}

static size_t largest(EVENT_TYPE type) {
    return type == EVENT_NEW_BUFFER ? sizeof(EVENT_NEW_BUFFER_DATA) : sizeof(uint64_t) + GVCP_DATAGRAM_MAX;
}

GC_API EventGetInfo(EVENT_HANDLE handle, int32_t cmd, INFO_DATATYPE *type, void *buffer, size_t *size) {
    struct value value;
    HOLD(struct event, event, handle, EVENT);
    struct stream *stream = stream_of(event);
    GC_ERROR error = GC_ERR_SUCCESS;
    pthread_mutex_lock(lock_of(event));
    switch (cmd) {
    case EVENT_EVENT_TYPE: set_number(&value, INFO_DATATYPE_INT32, (uint32_t)event->type); break;
    case EVENT_NUM_IN_QUEUE: set_number(&value, INFO_DATATYPE_SIZET, stream ? stream->in_output : event->queued); break;
    case EVENT_NUM_FIRED: set_number(&value, INFO_DATATYPE_UINT64, stream ? stream->handed_over : event->fired); break;
    case EVENT_SIZE_MAX: set_number(&value, INFO_DATATYPE_SIZET, largest(event->type)); break;
    case EVENT_INFO_DATA_SIZE_MAX: set_number(&value, INFO_DATATYPE_SIZET, largest(event->type)); break;
    default: error = fail(GC_ERR_NOT_IMPLEMENTED, "info command %d of an event is not implemented", cmd);
    }
    pthread_mutex_unlock(lock_of(event));
    let_go(event);
    return error ? error : answer(&value, type, buffer, size);
}

GC_API EventFlush(EVENT_HANDLE handle) {
    HOLD(struct event, event, handle, EVENT);
    struct stream *stream = stream_of(event);
    pthread_mutex_lock(lock_of(event));
    while (event->queued) drop_oldest(event);
    if (stream)
        for (struct buffer *buffer; (buffer = TAILQ_FIRST(&stream->output));)
            move_buffer(stream, buffer, UNQUEUED, false);
    pthread_mutex_unlock(lock_of(event));
    let_go(event);
    return GC_ERR_SUCCESS;
}

/* Ends one wait: that of a thread which waits now, else the next. */
GC_API EventKill(EVENT_HANDLE handle) {
    HOLD(struct event, event, handle, EVENT);
    pthread_mutex_lock(lock_of(event));
    if (event->kills < (event->waiting ? event->waiting : 1)) event->kills++;
    pthread_cond_broadcast(condition_of(event));
    pthread_mutex_unlock(lock_of(event));
    let_go(event);
    return GC_ERR_SUCCESS;
}
