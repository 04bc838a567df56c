/* Handles are numbers with a generation, never pointers: a stale one is known for what it is. */
#include <stdlib.h>

#include "core.h"

#define INDEX_BITS 20
#define INDEX_MASK ((1u << INDEX_BITS) - 1)

struct slot {
    enum kind kind;
    uint64_t generation;
    void *object;
};

pthread_mutex_t lifecycle = PTHREAD_MUTEX_INITIALIZER;
bool initialized = false;

static pthread_mutex_t table_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t unused = PTHREAD_COND_INITIALIZER;
static struct slot *slots;
static size_t slot_count;

static struct slot *slot_of(const void *handle) {
    uintptr_t number = (uintptr_t)handle;
    size_t index = number & INDEX_MASK;
    if (index >= slot_count || !slots[index].object || slots[index].generation != number >> INDEX_BITS) return NULL;
    return &slots[index];
}

static size_t free_index(void) {
    for (size_t index = 1; index < slot_count; index++) /* never 0: no handle is NULL */
        if (!slots[index].object) return index;
    size_t count = slot_count ? 2 * slot_count : 64;
    struct slot *larger = count <= INDEX_MASK ? realloc(slots, count * sizeof *slots) : NULL;
    if (!larger) return 0;
    size_t first = slot_count ? slot_count : 1;
    for (size_t index = slot_count; index < count; index++) larger[index] = (struct slot){.generation = 0};
    slots = larger;
    slot_count = count;
    return first;
}

void *new_handle(enum kind kind, void *of) {
    void *handle = NULL;
    pthread_mutex_lock(&table_lock);
    size_t index = free_index();
    if (index) {
        struct slot *slot = &slots[index];
        *slot = (struct slot){kind, slot->generation + 1, of};
        handle = (void *)(uintptr_t)(slot->generation << INDEX_BITS | index);
    }
    pthread_mutex_unlock(&table_lock);
    return handle;
}

void drop_handle(const void *handle) {
    pthread_mutex_lock(&table_lock);
    struct slot *slot = slot_of(handle);
    if (slot) slot->object = NULL;
    pthread_mutex_unlock(&table_lock);
}

enum kind kind_of(const void *handle) {
    pthread_mutex_lock(&table_lock);
    struct slot *slot = slot_of(handle);
    enum kind kind = slot ? slot->kind : NOTHING;
    pthread_mutex_unlock(&table_lock);
    return kind;
}

void enlist(struct module *module, enum kind kind, struct module *parent) {
    module->kind = kind;
    module->parent = parent;
    pthread_mutex_init(&module->lock, NULL);
    module->handle = new_handle(kind, module);
}

void *hold(const void *handle, unsigned kinds, GC_ERROR *error) {
    struct module *module = NULL;
    pthread_mutex_lock(&table_lock);
    bool ready = initialized;
    struct slot *slot = slot_of(handle);
    if (ready && slot && slot->kind & kinds & ~BUFFER) {
        module = slot->object;
        module->users++;
    }
    pthread_mutex_unlock(&table_lock);
    if (!ready)
        *error = fail(GC_ERR_NOT_INITIALIZED, "GCInitLib has not been called");
    else if (!module)
        *error = fail(GC_ERR_INVALID_HANDLE, "%p is no handle of this kind, or not any more", handle);
    return module;
}

void let_go(void *of) {
    struct module *module = of;
    pthread_mutex_lock(&table_lock);
    if (--module->users == 0) pthread_cond_broadcast(&unused);
    pthread_mutex_unlock(&table_lock);
}

void retire(struct module *module) {
    pthread_mutex_lock(&table_lock);
    struct slot *slot = slot_of(module->handle);
    if (slot) slot->object = NULL;
    while (module->users) pthread_cond_wait(&unused, &table_lock);
    pthread_mutex_unlock(&table_lock);
}

void forget(struct module *module) {
    pthread_mutex_destroy(&module->lock);
    free(module);
}

static void set_initialized(bool value) {
    pthread_mutex_lock(&table_lock);
    initialized = value;
    pthread_mutex_unlock(&table_lock);
}

void allow_handles(void) { set_initialized(true); }
void refuse_handles(void) { set_initialized(false); }
