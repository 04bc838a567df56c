/* Random calls from several threads, with handles that are right, stale, of another kind, or nonsense:
       stress SECONDS SEED THREADS CAMERA-ADDRESS START-REGISTER
   Whatever the codes are, nothing may crash, hang or race; the sanitizers look on. Ends with counts on stdout. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../src/gentl.h"

enum { POOL = 64, THREADS_MAX = 16, MEMORY = 1 << 20, PATIENCE_S = 60 };

static void *pool[POOL]; /* guarded by lock */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static uint8_t memory[4][MEMORY];
static time_t end;
static const char *camera;
static uint64_t start_register; /* of its AcquisitionStart */
static unsigned long calls, successes, frames;

struct dice {
    unsigned seed;
};

static unsigned roll(struct dice *dice, unsigned sides) { return (unsigned)rand_r(&dice->seed) % sides; }

static void put(struct dice *dice, void *handle) {
    pthread_mutex_lock(&lock);
    pool[roll(dice, POOL)] = handle;
    pthread_mutex_unlock(&lock);
}

/* Mostly one of those that some call has given, some time ago. */
static void *get(struct dice *dice) {
    unsigned kind = roll(dice, 40);
    if (kind == 0) return NULL;
    if (kind == 1) return (void *)(uintptr_t)rand_r(&dice->seed);
    if (kind == 2) return memory;
    pthread_mutex_lock(&lock);
    void *handle = pool[roll(dice, POOL)];
    pthread_mutex_unlock(&lock);
    return handle;
}

static GC_ERROR any_text(struct dice *dice, void *handle, char *text, size_t *size) {
    switch (roll(dice, 5)) {
    case 0: return TLGetInterfaceID(handle, roll(dice, 3), text, size);
    case 1: return IFGetDeviceID(handle, roll(dice, 3), text, size);
    case 2: return DevGetDataStreamID(handle, roll(dice, 2), text, size);
    case 3: return GCGetPortURL(handle, text, size);
    default: {
        GC_ERROR code;
        return GCGetLastError(&code, text, size);
    }
    }
}

static GC_ERROR any_info(struct dice *dice, void *handle, void *out, size_t *size) {
    INFO_DATATYPE type;
    int32_t cmd = (int32_t)roll(dice, 34) - 1;
    switch (roll(dice, 13)) {
    case 0: return GCGetInfo(cmd, &type, out, size);
    case 1: return TLGetInfo(handle, cmd, &type, out, size);
    case 2: return TLGetInterfaceInfo(handle, "lo", cmd, &type, out, size);
    case 3: return IFGetInfo(handle, cmd, &type, out, size);
    case 4: return IFGetDeviceInfo(handle, camera, cmd, &type, out, size);
    case 5: return DevGetInfo(handle, cmd, &type, out, size);
    case 6: return DSGetInfo(handle, cmd, &type, out, size);
    case 7: return DSGetBufferInfo(handle, get(dice), cmd, &type, out, size);
    case 8: return DSGetBufferPartInfo(handle, get(dice), roll(dice, 3), cmd, &type, out, size);
    case 9: return GCGetPortInfo(handle, cmd, &type, out, size);
    case 10: return GCGetPortURLInfo(handle, roll(dice, 3), cmd, &type, out, size);
    case 11: return EventGetInfo(handle, cmd, &type, out, size);
    default: {
        uint8_t data[64];
        memset(data, (int)roll(dice, 256), sizeof data);
        return EventGetDataInfo(handle, data, roll(dice, sizeof data), cmd, &type, out, size);
    }
    }
}

static GC_ERROR any_port(struct dice *dice, void *handle) {
    static const uint64_t PLACES[] = {0, 0x0048, 0x0A00, 0x0938, 0x1000, 0x1200, 0x2A00, 0x2C00, 0x100000, UINT64_MAX};
    uint64_t address = PLACES[roll(dice, sizeof PLACES / sizeof *PLACES)];
    uint8_t data[600] = {0};
    size_t size = roll(dice, 3) ? 8 : roll(dice, sizeof data), count = 2;
    PORT_REGISTER_STACK_ENTRY entries[] = {{0x0048, data, 32}, {address, data, size}};
    uint32_t urls;
    switch (roll(dice, 5)) {
    case 0: return GCReadPortStacked(handle, entries, &count);
    case 1: return GCGetNumPortURLs(handle, &urls);
    case 2: return address == 0x0A00 ? GC_ERR_SUCCESS : GCWritePort(handle, address, data, &size);
    default: return GCReadPort(handle, address, data, &size);
    }
}

static GC_ERROR open_one(struct dice *dice) {
    const char *id = roll(dice, 50) ? "" : roll(dice, 3) ? camera : "127.9.9.9";
    void *handle = NULL, *from = get(dice);
    GC_ERROR error;
    switch (roll(dice, 9)) {
    case 0: error = TLOpen(&handle); break;
    case 1: error = TLOpenInterface(from, roll(dice, 5) ? "lo" : "none", &handle); break;
    case 2: error = IFOpenDevice(from, id, (int32_t)roll(dice, 6), &handle); break;
    case 3: error = DevGetPort(from, &handle); break;
    case 4: error = DevOpenDataStream(from, "Stream0", &handle); break;
    case 5: error = GCRegisterEvent(from, (EVENT_TYPE)roll(dice, 7) - 1, &handle); break;
    case 6: error = DSAllocAndAnnounceBuffer(from, 1 + roll(dice, MEMORY), NULL, &handle); break;
    case 7: error = DSAnnounceBuffer(from, memory[roll(dice, 4)], MEMORY, dice, &handle); break;
    default: error = DSGetBufferID(from, roll(dice, 4), &handle); break;
    }
    if (!error) put(dice, handle);
    return error;
}

/* Rarely, so that something is open most of the time. */
static GC_ERROR close_one(struct dice *dice) {
    void *handle = get(dice);
    switch (roll(dice, 400)) {
    case 0: return TLClose(handle);
    case 1: return IFClose(handle);
    case 2:
    case 3: return DevClose(handle);
    case 4:
    case 5: return DSClose(handle);
    case 6: return GCUnregisterEvent(handle, (EVENT_TYPE)roll(dice, 7) - 1);
    case 7: return DSRevokeBuffer(handle, get(dice), NULL, NULL);
    case 8: return roll(dice, 5) ? GC_ERR_SUCCESS : GCCloseLib();
    default: return GC_ERR_SUCCESS;
    }
}

static GC_ERROR find_any(struct dice *dice, void *handle) {
    bool8_t changed;
    void *parent;
    uint32_t count;
    switch (roll(dice, 8)) {
    case 0: return TLUpdateInterfaceList(handle, &changed, 10);
    case 1: return IFUpdateDeviceList(handle, &changed, roll(dice, 4) ? 10 : 300);
    case 2: return TLGetNumInterfaces(handle, &count);
    case 3: return IFGetNumDevices(handle, &count);
    case 4: return DevGetNumDataStreams(handle, &count);
    case 5: return IFGetParentTL(handle, &parent);
    case 6: return DevGetParentIF(handle, &parent);
    default: return DSGetParentDev(handle, &parent);
    }
}

static GC_ERROR stream_any(struct dice *dice, void *handle) {
    SINGLE_CHUNK_DATA chunks[4];
    uint32_t parts;
    size_t count = roll(dice, 5);
    switch (roll(dice, 300) % 100) { /* those that end a stream's work are rare */
    case 0: return DSStartAcquisition(handle, 0, roll(dice, 3) ? GENTL_INFINITE : roll(dice, 5));
    case 1: return DSStopAcquisition(handle, (int32_t)roll(dice, 3));
    case 2: return DSFlushQueue(handle, (int32_t)roll(dice, 7) - 1);
    case 3:
    case 4:
    case 5: return DSGetBufferChunkData(handle, get(dice), roll(dice, 2) ? chunks : NULL, &count);
    case 6:
    case 7:
    case 8: return DSGetNumBufferParts(handle, get(dice), &parts);
    default: return DSQueueBuffer(handle, get(dice));
    }
}

static GC_ERROR event_any(struct dice *dice, void *handle) {
    uint8_t data[1024];
    size_t size = roll(dice, 4) ? sizeof data : roll(dice, 40);
    switch (roll(dice, 100)) {
    case 0: return EventKill(handle);
    case 1: return EventFlush(handle);
    default: {
        GC_ERROR error = EventGetData(handle, data, &size, roll(dice, 30));
        if (!error && size == sizeof(EVENT_NEW_BUFFER_DATA)) __atomic_add_fetch(&frames, 1, __ATOMIC_RELAXED);
        return error;
    }
    }
}

static GC_ERROR any_call(struct dice *dice) {
    char out[600];
    size_t size = roll(dice, 4) ? sizeof out : roll(dice, 20);
    void *to = roll(dice, 6) ? out : NULL;
    switch (roll(dice, 12)) {
    case 0: return any_text(dice, get(dice), to, &size);
    case 1: return any_info(dice, get(dice), to, &size);
    case 2: return any_port(dice, get(dice));
    case 3: return close_one(dice);
    case 4: return find_any(dice, get(dice));
    case 5:
    case 6: return stream_any(dice, get(dice));
    case 7:
    case 8: return event_any(dice, get(dice));
    case 9: return roll(dice, 50) ? GC_ERR_SUCCESS : GCInitLib();
    default: return open_one(dice);
    }
}

/* A camera's stream, as its consumer has it. */
struct consumer {
    struct dice dice;
    void *system, *interface, *device, *remote, *stream, *event;
};

/* Open what is not open: others close it behind our back. */
static void build(struct consumer *mine) {
    void *buffer;
    bool8_t changed;
    GCInitLib();
    if (!TLOpen(&mine->system)) put(&mine->dice, mine->system);
    if (!TLOpenInterface(mine->system, "lo", &mine->interface)) put(&mine->dice, mine->interface);
    IFUpdateDeviceList(mine->interface, &changed, 300);
    if (!IFOpenDevice(mine->interface, camera, 3, &mine->device)) put(&mine->dice, mine->device);
    if (!DevGetPort(mine->device, &mine->remote)) put(&mine->dice, mine->remote);
    if (!DevOpenDataStream(mine->device, "Stream0", &mine->stream)) {
        put(&mine->dice, mine->stream);
        for (int count = 0; count < 4; count++)
            if (!DSAnnounceBuffer(mine->stream, memory[count], MEMORY, NULL, &buffer)) put(&mine->dice, buffer);
    }
    if (!GCRegisterEvent(mine->stream, EVENT_NEW_BUFFER, &mine->event)) put(&mine->dice, mine->event);
}

static void start(struct consumer *mine) {
    static const uint8_t START[] = {0, 0, 0, 1};
    size_t size = sizeof START;
    DSFlushQueue(mine->stream, ACQ_QUEUE_UNQUEUED_TO_INPUT);
    DSStartAcquisition(mine->stream, 0, GENTL_INFINITE);
    GCWritePort(mine->remote, start_register, START, &size);
}

/* Streams as a consumer would, again from the beginning when the others have taken it all away. */
static void *consume(void *of) {
    struct consumer mine = {.dice = {(unsigned)(uintptr_t)of}};
    while (time(NULL) < end) {
        EVENT_NEW_BUFFER_DATA data;
        size_t size = sizeof data;
        GC_ERROR error = EventGetData(mine.event, &data, &size, 100);
        if (!error) {
            __atomic_add_fetch(&frames, 1, __ATOMIC_RELAXED);
            DSQueueBuffer(mine.stream, data.BufferHandle);
            continue;
        }
        if (error == GC_ERR_INVALID_HANDLE || error == GC_ERR_NOT_INITIALIZED) build(&mine);
        start(&mine);
    }
    return NULL;
}

static void *run(void *of) {
    struct dice dice = {(unsigned)(uintptr_t)of};
    while (time(NULL) < end) {
        GC_ERROR error = any_call(&dice);
        __atomic_add_fetch(&calls, 1, __ATOMIC_RELAXED);
        if (!error) __atomic_add_fetch(&successes, 1, __ATOMIC_RELAXED);
    }
    return NULL;
}

int main(int argc, char **argv) {
    if (argc != 6) {
        fprintf(stderr, "usage: stress SECONDS SEED THREADS CAMERA-ADDRESS START-REGISTER\n");
        return 2;
    }
    camera = argv[4];
    start_register = strtoull(argv[5], NULL, 0);
    int count = atoi(argv[3]);
    unsigned seed = (unsigned)atoi(argv[2]) * THREADS_MAX;
    if (count < 1 || count > THREADS_MAX) return 2;
    pthread_t threads[THREADS_MAX];
    end = time(NULL) + atoi(argv[1]);
    alarm((unsigned)atoi(argv[1]) + PATIENCE_S); /* who hangs is killed */
    for (int index = 0; index < count; index++)
        pthread_create(&threads[index], NULL, index ? run : consume, (void *)(uintptr_t)(seed + (unsigned)index));
    for (int index = 0; index < count; index++) pthread_join(threads[index], NULL);
    GCCloseLib();
    printf("%lu calls, %lu successes, %lu frames\n", calls, successes, frames);
    return 0;
}
