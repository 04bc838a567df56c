/* What the modules of the producer share: handles, locks, the value of an info command, and their structures. */
#ifndef GIGE_VISION_CORE_H
#define GIGE_VISION_CORE_H

#include <netinet/in.h>
#include <pthread.h>
#include <stdbool.h>
#include <sys/queue.h>

#include "gentl.h"

struct _ArvBuffer;

#define PRODUCER_VENDOR "tiscam-emu"
#define PRODUCER_MODEL "GigE Vision"
#define PRODUCER_VERSION "1.0.0"
#define TL_TYPE "GEV"
#define STREAM_ID "Stream0"
#define TEXT_MAX 512 /* bytes of a text with its NUL; longer ones are cut */
#define GVCP_PORT 3956
#define GVCP_DATAGRAM_MAX 576

/* errors.c ---------------------------------------------------------------------------------------------------------- */

/* Remember code and text for this thread's GCGetLastError, and return the code. */
GC_ERROR fail(GC_ERROR code, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* One line on stderr, with GENTL_LOG=debug alone. */
void debug(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* values.c ---------------------------------------------------------------------------------------------------------- */

/* What an info command answers. */
struct value {
    INFO_DATATYPE type;
    uint64_t number; /* every type that is no text: integers (signed ones as two's complement), bool, pointer, size */
    size_t length;   /* bytes of a text with its NUL, or of a buffer */
    const void *bytes;
    char text[TEXT_MAX];
};

void set_number(struct value *value, INFO_DATATYPE type, uint64_t number);
void set_text(struct value *value, const char *text);
/* `bytes` must live until the answer is given. */
void set_bytes(struct value *value, const void *bytes, size_t length);
/* The standard's protocol: a NULL buffer asks for the size; too small is told, with the size wanted. */
GC_ERROR answer(const struct value *value, INFO_DATATYPE *type, void *buffer, size_t *size);
GC_ERROR answer_text(const char *text, char *buffer, size_t *size);

/* handles.c --------------------------------------------------------------------------------------------------------- */

enum kind { NOTHING, SYSTEM = 1, INTERFACE = 2, DEVICE = 4, REMOTE = 8, STREAM = 16, BUFFER = 32, EVENT = 64 };
#define EVENT_TYPES 6

/* The beginning of every module: who it is, and who is inside one of its functions. */
struct module {
    enum kind kind;
    void *handle;
    int users; /* guarded by the table's lock */
    struct module *parent;
    struct event *events[EVENT_TYPES]; /* guarded by the events' lock */
    pthread_mutex_t lock;              /* guards what follows in the module's own structure, but where it says else */
    uint64_t selected;                 /* the selector of its description */
};

/* Opening and closing is done by one thread at a time. Nobody who holds a module waits for this lock. */
extern pthread_mutex_t lifecycle;
extern bool initialized; /* guarded by the table's lock */

/* Give a module a handle that no other ever had. */
void enlist(struct module *module, enum kind kind, struct module *parent);
/* The module of a handle, which stays until let_go(); NULL if the handle is stale, of another kind or nonsense. */
void *hold(const void *handle, unsigned kinds, GC_ERROR *error);
void let_go(void *module);
/* Make the handle invalid at once; then wait until nobody holds the module. */
void retire(struct module *module);
/* Free it. */
void forget(struct module *module);
/* Between GCInitLib and GCCloseLib handles are looked at. */
void allow_handles(void);
void refuse_handles(void);
void *new_handle(enum kind kind, void *of);
void drop_handle(const void *handle);
enum kind kind_of(const void *handle);

/* Begin a function of the interface with the module of its first argument, or return the reason why not. */
#define HOLD(type, name, handle, kinds)                                                                                \
    GC_ERROR name##_error;                                                                                             \
    type *name = hold(handle, kinds, &name##_error);                                                                   \
    if (!name) return name##_error
#define NEED(pointer)                                                                                                  \
    if (!(pointer)) return fail(GC_ERR_INVALID_PARAMETER, #pointer " is NULL")

/* events.c ---------------------------------------------------------------------------------------------------------- */

/* Put an event into the queue of a module, if somebody has registered for it. */
void post_event(struct module *module, EVENT_TYPE type, uint64_t id, const void *data, size_t size);
/* Wake who waits for events of this module, and make its event handles invalid. */
void close_events(struct module *module);
bool has_event(struct module *module, EVENT_TYPE type);

/* `value` may point into `data`. */
GC_ERROR event_data_info(EVENT_TYPE type, const uint8_t *data, size_t size, int32_t cmd, struct value *value);

#define EVENT_ID_DEVICE_LOST 0x9001
#define EVENT_ID_DEVICE_LIST_CHANGED 0x9002
#define EVENT_ID_INTERFACE_LIST_CHANGED 0x9003

/* discovery.c ------------------------------------------------------------------------------------------------------- */

/* A network interface with one of its addresses. */
struct network {
    char id[64];
    char name[32];
    unsigned index;
    bool loopback;
    struct in_addr address, mask, broadcast;
    uint8_t mac[6];
};

/* A camera as it answered. */
struct found {
    char id[48];
    char vendor[33], model[33], version[33], serial[17], user_name[17];
    uint8_t mac[6];
    struct in_addr address, mask, gateway;
};

/* At most `max` interfaces that have an IPv4 address; returns how many. */
size_t list_networks(struct network *networks, size_t max);
/* Ask by broadcast, every address of TISCAM_GENTL_ADDRESSES, and those in `known`; returns how many answered. */
size_t discover(const struct network *network, const struct found *known, size_t known_count, uint64_t timeout_ms,
                struct found *found, size_t max);
/* One register of a camera without being its client. */
enum peek { SILENT, REFUSED, TOLD };
enum peek peek_register(const struct network *network, struct in_addr camera, uint32_t address, uint32_t *value);

/* modules ----------------------------------------------------------------------------------------------------------- */

#define NETWORKS_MAX 32
#define CAMERAS_MAX 512

struct system {
    struct module module;
    struct network networks[NETWORKS_MAX];
    size_t network_count;
    struct interface *interfaces[NETWORKS_MAX]; /* those open; guarded by lifecycle */
};

struct interface {
    struct module module;
    struct network network;
    struct found *found;
    size_t found_count;
    struct device *devices[CAMERAS_MAX]; /* those open; guarded by lifecycle and by module.lock */
};

/* The far end of an open device has a handle of its own. */
struct remote {
    struct module module;
};

struct device {
    struct module module;
    struct remote remote;
    struct found found;
    int32_t access;
    struct _ArvDevice *arv;
    uint64_t tick_frequency;
    bool big_endian;
    bool lost; /* written once, by the heartbeat's thread */
    char urls[2][TEXT_MAX];
    struct stream *stream; /* guarded by lifecycle */
    struct messages *messages;
};

/* Where a buffer is. */
enum place { UNQUEUED, IN_INPUT, IN_LIBRARY, IN_OUTPUT };

struct part {
    size_t offset, size, data_type;
    uint64_t format, component;
    size_t width, height, x, y, x_padding;
};

/* What is told of a frame; taken down when it is delivered, as the library's own buffer is gone then. */
struct frame {
    bool valid, incomplete, larger, image, chunks;
    size_t payload_type, filled, size;
    uint64_t id, timestamp_ns;
    uint64_t format;
    size_t width, height, x, y, x_padding, y_padding;
    uint32_t part_count;
    struct part *parts; /* of a multi-part frame */
};

struct buffer {
    TAILQ_ENTRY(buffer) all, queue;
    void *handle;
    uint8_t *memory;
    size_t size;
    void *user;
    bool owned; /* the memory is ours */
    bool new_data;
    enum place place;
    struct frame frame;
};
TAILQ_HEAD(buffers, buffer);

struct stream {
    struct module module;
    struct buffers all, input, output;
    size_t announced, in_input, in_library, in_output;
    pthread_cond_t output_ready; /* a buffer in output, or a reason to stop waiting for one */
    pthread_cond_t frame_ended;
    struct _ArvStream *arv; /* guarded by lifecycle, while the library's thread runs */
    bool grabbing;          /* guarded by lifecycle and module.lock */
    bool feeding;           /* buffers are handed to the library */
    bool deliver_aborted;
    size_t filling;         /* frames that have begun */
    size_t idle_in_library; /* buffers the library has but no frame yet */
    uint64_t to_deliver;    /* of the acquisition's count; UINT64_MAX without */
    uint64_t delivered, started, underruns, lost_frames, incomplete_frames, handed_over;
    uint64_t last_id, last_underruns, nameless;
};

GC_ERROR close_system(struct system *system);
void close_interface(struct interface *interface);
void close_device(struct device *device);
void close_stream(struct stream *stream);

/* The camera of this id, address, serial number or user name in the interface's list; NULL if there is none. */
const struct found *find_camera(struct interface *interface, const char *id);
/* As the Get*Info functions, for the registers of the descriptions too. */
GC_ERROR system_info(int32_t cmd, struct value *value);
GC_ERROR network_info(const struct network *network, int32_t cmd, struct value *value);
GC_ERROR camera_info(struct interface *interface, const struct found *found, int32_t cmd, struct value *value);
GC_ERROR device_info(struct device *device, int32_t cmd, struct value *value);
GC_ERROR stream_info(struct stream *stream, int32_t cmd, struct value *value);
GC_ERROR update_interfaces(struct system *system, bool8_t *changed);
GC_ERROR update_devices(struct interface *interface, bool8_t *changed, uint64_t timeout_ms);

/* buffers.c, frames.c: all with the stream's lock held, but where it says else ------------------------------------------------- */

struct buffer *find_buffer(struct stream *stream, const void *handle);
void move_buffer(struct stream *stream, struct buffer *buffer, enum place place, bool first);
/* The oldest buffer of the output queue becomes the consumer's. */
struct buffer *next_output(struct stream *stream);
/* Frees it; not in any queue any more. */
void free_buffer(struct stream *stream, struct buffer *buffer);
/* Take down what the library tells of a frame. */
void describe_frame(struct buffer *buffer, struct _ArvBuffer *arv);
/* Where the marks of chunks are, from the end: the whole buffer, or the part of a multi-part frame that is for them. */
bool chunk_range(const struct buffer *buffer, size_t *begin, size_t *end);
uint32_t count_chunks(const struct buffer *buffer, SINGLE_CHUNK_DATA *chunks, uint32_t max, bool *broken);

/* buffer_info.c, with the stream's lock held ------------------------------------------------------------------------- */

#define PART_CHUNKS 0x000A /* GigE Vision's data type of a part that GenTL has none for */

GC_ERROR buffer_info(const struct stream *stream, const struct buffer *buffer, int32_t cmd, struct value *value);
GC_ERROR part_info(const struct buffer *buffer, uint32_t index, int32_t cmd, struct value *value);

/* acquisition.c, with lifecycle held --------------------------------------------------------------------------------- */

GC_ERROR stop_acquisition(struct stream *stream, int32_t flags);

/* messages.c -------------------------------------------------------------------------------------------------------- */

/* Open the camera's message channel to a socket of our own; its events are posted to the device. */
GC_ERROR open_messages(struct device *device);
void close_messages(struct device *device);

/* descriptions.c, registers.c ------------------------------------------------------------------------------------------------------- */

/* The register memory of a module of ours: its description, and the features in it. */
GC_ERROR read_registers(struct module *module, uint64_t address, void *buffer, size_t size);
GC_ERROR write_registers(struct module *module, uint64_t address, const void *buffer, size_t size);
/* `local:Name.xml;ADDRESS;LENGTH?SchemaVersion=1.1.0` */
void description_url(struct module *module, char url[TEXT_MAX]);
const char *description_of(struct module *module, size_t *length);

/* device.c ---------------------------------------------------------------------------------------------------------- */

GC_ERROR read_remote(struct device *device, uint64_t address, void *buffer, size_t size);
GC_ERROR write_remote(struct device *device, uint64_t address, const void *buffer, size_t size);

#endif
