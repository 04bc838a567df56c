/* The register memory of our modules: their descriptions, and a register for each feature. */
#include <string.h>

#include "features.h"

static GC_ERROR own_info(struct module *module, int32_t cmd, struct value *value) {
    switch (module->kind) {
    case SYSTEM: return system_info(cmd, value);
    case INTERFACE: return network_info(&((struct interface *)module)->network, cmd, value);
    case DEVICE: return device_info((struct device *)module, cmd, value);
    default: return stream_info((struct stream *)module, cmd, value);
    }
}

static size_t child_count(struct module *module) {
    size_t count = 1;
    pthread_mutex_lock(&module->lock);
    if (module->kind == SYSTEM) count = ((struct system *)module)->network_count;
    if (module->kind == INTERFACE) count = ((struct interface *)module)->found_count;
    pthread_mutex_unlock(&module->lock);
    return count;
}

/* Copies of what the selector chooses; false if there is nothing. */
static bool selected_network(struct system *system, struct network *network) {
    pthread_mutex_lock(&system->module.lock);
    bool there = system->module.selected < system->network_count;
    if (there) *network = system->networks[system->module.selected];
    pthread_mutex_unlock(&system->module.lock);
    return there;
}

static bool selected_camera(struct interface *interface, struct found *found) {
    pthread_mutex_lock(&interface->module.lock);
    bool there = interface->module.selected < interface->found_count;
    if (there) *found = interface->found[interface->module.selected];
    pthread_mutex_unlock(&interface->module.lock);
    return there;
}

static GC_ERROR child_info(struct module *module, int32_t cmd, struct value *value) {
    struct network network;
    struct found found;
    if (module->kind == DEVICE) {
        set_text(value, STREAM_ID);
        return GC_ERR_SUCCESS;
    }
    if (module->kind == SYSTEM && selected_network((struct system *)module, &network))
        return network_info(&network, cmd, value);
    if (module->kind == INTERFACE && selected_camera((struct interface *)module, &found))
        return camera_info((struct interface *)module, &found, cmd, value);
    return fail(GC_ERR_NOT_AVAILABLE, "there is nothing to select");
}

static uint64_t mac_number(const uint8_t mac[6]) {
    uint64_t number = 0;
    for (int index = 0; index < 6; index++) number = number << 8 | mac[index];
    return number;
}

/* The addresses of a network interface or of a camera: which of them, counted from the MAC address. */
static uint64_t network_number(const struct network *network, int which) {
    const uint64_t numbers[] = {mac_number(network->mac), ntohl(network->address.s_addr), ntohl(network->mask.s_addr), 0};
    return numbers[which];
}

static uint64_t camera_number(const struct found *found, int which) {
    const uint64_t numbers[] = {mac_number(found->mac), ntohl(found->address.s_addr), ntohl(found->mask.s_addr),
                                ntohl(found->gateway.s_addr)};
    return numbers[which];
}

static uint64_t address_number(struct module *module, enum number what) {
    struct network network;
    struct found found;
    if (what < CHILD_MAC)
        return module->kind == DEVICE ? camera_number(&((struct device *)module)->found, (int)(what - OWN_MAC))
                                      : network_number(&((struct interface *)module)->network, (int)(what - OWN_MAC));
    int which = (int)(what - CHILD_MAC);
    if (module->kind == SYSTEM)
        return selected_network((struct system *)module, &network) ? network_number(&network, which) : 0;
    return selected_camera((struct interface *)module, &found) ? camera_number(&found, which) : 0;
}

static uint64_t stream_number(struct stream *stream, enum number what) {
    pthread_mutex_lock(&stream->module.lock);
    uint64_t number = what == LOST_FRAMES ? stream->lost_frames + stream->underruns : stream->incomplete_frames;
    pthread_mutex_unlock(&stream->module.lock);
    return number;
}

static uint64_t number_of(struct module *module, enum number what) {
    size_t count = child_count(module);
    switch (what) {
    case CHILD_COUNT: return count;
    case CHILD_MAX: return count ? count - 1 : 0;
    case SELECTED: return module->selected;
    case LOST_FRAMES:
    case INCOMPLETE_FRAMES: return stream_number((struct stream *)module, what);
    default: return address_number(module, what);
    }
}

static GC_ERROR read_feature(struct module *module, const struct feature *feature, struct value *value) {
    switch (feature->from) {
    case OWN: return own_info(module, feature->what, value);
    case CHILD: return child_info(module, feature->what, value);
    case FIXED: set_number(value, INFO_DATATYPE_UINT64, (uint64_t)feature->what); return GC_ERR_SUCCESS;
    default: break;
    }
    if (feature->look == COMMAND) return fail(GC_ERR_ACCESS_DENIED, "%s is a command", feature->name);
    set_number(value, INFO_DATATYPE_UINT64, number_of(module, (enum number)feature->what));
    return GC_ERR_SUCCESS;
}

/* The feature whose register holds all of these bytes. */
static const struct feature *feature_at(struct module *module, uint64_t address, size_t size, size_t *offset) {
    const struct description *of = &DESCRIPTIONS[description_index(module)];
    if (address < FIRST_REGISTER || (address - FIRST_REGISTER) / REGISTER_STEP >= of->count) return NULL;
    const struct feature *feature = &of->features[(address - FIRST_REGISTER) / REGISTER_STEP];
    size_t length = feature->look == TEXT ? REGISTER_STEP : NUMBER_LENGTH;
    *offset = (address - FIRST_REGISTER) % REGISTER_STEP;
    return *offset < length && size <= length - *offset ? feature : NULL;
}

GC_ERROR read_registers(struct module *module, uint64_t address, void *buffer, size_t size) {
    size_t length, offset;
    const char *description = description_of(module, &length);
    size_t room = (length + 3) & ~(size_t)3; /* readers may round up to whole words: the text ends with zeros */
    if (address >= DESCRIPTION_AT && address < DESCRIPTION_AT + room && size <= DESCRIPTION_AT + room - address) {
        memcpy(buffer, description + (address - DESCRIPTION_AT), size);
        return GC_ERR_SUCCESS;
    }
    struct value value;
    const struct feature *feature = feature_at(module, address, size, &offset);
    if (!feature) return fail(GC_ERR_INVALID_ADDRESS, "there is no register of %zu bytes at 0x%lx", size, (long)address);
    GC_ERROR error = read_feature(module, feature, &value);
    if (error) return error;
    uint8_t memory[REGISTER_STEP] = {0};
    memcpy(memory, value.bytes, value.length < sizeof memory ? value.length : sizeof memory);
    memcpy(buffer, memory + offset, size);
    return GC_ERR_SUCCESS;
}

static GC_ERROR select_child(struct module *module, uint64_t number) {
    if (number && number >= child_count(module)) return fail(GC_ERR_INVALID_VALUE, "there is nothing of that number");
    pthread_mutex_lock(&module->lock);
    module->selected = number;
    pthread_mutex_unlock(&module->lock);
    return GC_ERR_SUCCESS;
}

GC_ERROR write_registers(struct module *module, uint64_t address, const void *buffer, size_t size) {
    size_t offset;
    uint64_t number = 0;
    const struct feature *feature = feature_at(module, address, size, &offset);
    if (!feature) return fail(GC_ERR_INVALID_ADDRESS, "there is no register of %zu bytes at 0x%lx", size, (long)address);
    if (feature->look != COMMAND && feature->look != SELECTOR)
        return fail(GC_ERR_ACCESS_DENIED, "%s cannot be written", feature->name);
    if (size != NUMBER_LENGTH) return fail(GC_ERR_INVALID_PARAMETER, "%s is written as a whole", feature->name);
    memcpy(&number, buffer, size);
    if (feature->look == SELECTOR) return select_child(module, number);
    if (module->kind == SYSTEM) return update_interfaces((struct system *)module, NULL);
    return update_devices((struct interface *)module, NULL, GENTL_INFINITE);
}
