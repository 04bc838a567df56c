/* The features of our own four modules: a table for each, from which both its GenICam description and its register
   memory follow. Names are those of the GenTL part of the SFNC. */
#include <stdio.h>
#include <string.h>

#include "core.h"

#define FIRST_REGISTER 0x1000u
#define REGISTER_STEP 0x200u /* a text's register fills it, a number's is the first 8 bytes */
#define NUMBER_LENGTH 8u
#define DESCRIPTION_AT 0x100000u
#define DESCRIPTION_MAX 65536

enum look { TEXT, INTEGER, ADDRESS, MAC, FLAG, CHOICE, SELECTOR, COMMAND, HIDDEN };

/* Where a value comes from: an info command of the module or of the child its selector chooses, or a number. */
enum from { OWN, CHILD, NUMBER, FIXED };

enum number {
    CHILD_COUNT,
    CHILD_MAX,
    SELECTED,
    OWN_MAC,
    OWN_IP,
    OWN_MASK,
    OWN_GATEWAY,
    CHILD_MAC,
    CHILD_IP,
    CHILD_MASK,
    CHILD_GATEWAY,
    UPDATE,
    LOST_FRAMES,
    INCOMPLETE_FRAMES,
};

struct feature {
    const char *name;
    enum look look;
    enum from from;
    int32_t what;
    const char *category, *tip;
    const char *choices; /* of CHOICE: names in the order of their values, with spaces between */
};

static const char CONNECTION[] = "GigEVision";
static const char ACCESS[] = "Unknown ReadWrite ReadOnly NoAccess Busy OpenReadWrite OpenReadOnly";

static const struct feature SYSTEM_FEATURES[] = {
    {"TLID", TEXT, OWN, TL_INFO_ID, "SystemInformation", "Identifier of the producer.", NULL},
    {"TLVendorName", TEXT, OWN, TL_INFO_VENDOR, "SystemInformation", "Who made the producer.", NULL},
    {"TLModelName", TEXT, OWN, TL_INFO_MODEL, "SystemInformation", "Name of the producer.", NULL},
    {"TLVersion", TEXT, OWN, TL_INFO_VERSION, "SystemInformation", "Version of the producer.", NULL},
    {"TLFileName", TEXT, OWN, TL_INFO_NAME, "SystemInformation", "File of the producer.", NULL},
    {"TLDisplayName", TEXT, OWN, TL_INFO_DISPLAYNAME, "SystemInformation", "Name to show.", NULL},
    {"TLPath", TEXT, OWN, TL_INFO_PATHNAME, "SystemInformation", "File of the producer with its folder.", NULL},
    {"TLType", CHOICE, FIXED, 0, "SystemInformation", "Technology of the transport layer.", CONNECTION},
    {"GenTLVersionMajor", INTEGER, OWN, TL_INFO_GENTL_VER_MAJOR, "SystemInformation", "Of the GenTL standard.", NULL},
    {"GenTLVersionMinor", INTEGER, OWN, TL_INFO_GENTL_VER_MINOR, "SystemInformation", "Of the GenTL standard.", NULL},
    {"GenTLSFNCVersionMajor", INTEGER, FIXED, 1, "SystemInformation", "Of the feature names.", NULL},
    {"GenTLSFNCVersionMinor", INTEGER, FIXED, 1, "SystemInformation", "Of the feature names.", NULL},
    {"GenTLSFNCVersionSubMinor", INTEGER, FIXED, 0, "SystemInformation", "Of the feature names.", NULL},
    {"InterfaceUpdateList", COMMAND, NUMBER, UPDATE, "InterfaceEnumeration", "Looks for interfaces.", NULL},
    {"InterfaceSelector", SELECTOR, NUMBER, SELECTED, "InterfaceEnumeration", "Chooses an interface.", NULL},
    {"InterfaceID", TEXT, CHILD, INTERFACE_INFO_ID, "InterfaceEnumeration", "Identifier of the interface.", NULL},
    {"InterfaceDisplayName", TEXT, CHILD, INTERFACE_INFO_DISPLAYNAME, "InterfaceEnumeration", "Name to show.", NULL},
    {"InterfaceType", CHOICE, FIXED, 0, "InterfaceEnumeration", "Technology of the interface.", CONNECTION},
    {"GevInterfaceMACAddress", MAC, NUMBER, CHILD_MAC, "InterfaceEnumeration", "MAC address of the interface.", NULL},
    {"GevInterfaceDefaultIPAddress", ADDRESS, NUMBER, CHILD_IP, "InterfaceEnumeration", "Its IPv4 address.", NULL},
    {"GevInterfaceDefaultSubnetMask", ADDRESS, NUMBER, CHILD_MASK, "InterfaceEnumeration", "Its subnet mask.", NULL},
    {"GevInterfaceDefaultGateway", ADDRESS, FIXED, 0, "InterfaceEnumeration", "Its gateway; 0: not told.", NULL},
    {"GevVersionMajor", INTEGER, FIXED, 2, "InterfaceEnumeration", "Of the GigE Vision standard.", NULL},
    {"GevVersionMinor", INTEGER, FIXED, 0, "InterfaceEnumeration", "Of the GigE Vision standard.", NULL},
    {"ChildCount", HIDDEN, NUMBER, CHILD_COUNT, NULL, NULL, NULL},
    {"ChildMax", HIDDEN, NUMBER, CHILD_MAX, NULL, NULL, NULL},
};

static const struct feature INTERFACE_FEATURES[] = {
    {"InterfaceID", TEXT, OWN, INTERFACE_INFO_ID, "InterfaceInformation", "Identifier of the interface.", NULL},
    {"InterfaceType", CHOICE, FIXED, 0, "InterfaceInformation", "Technology of the interface.", CONNECTION},
    {"InterfaceDisplayName", TEXT, OWN, INTERFACE_INFO_DISPLAYNAME, "InterfaceInformation", "Name to show.", NULL},
    {"GevInterfaceGateway", ADDRESS, FIXED, 0, "InterfaceInformation", "Its gateway; 0: not told.", NULL},
    {"GevInterfaceMACAddress", MAC, NUMBER, OWN_MAC, "InterfaceInformation", "MAC address of the interface.", NULL},
    {"GevInterfaceSubnetIPAddress", ADDRESS, NUMBER, OWN_IP, "InterfaceInformation", "Its IPv4 address.", NULL},
    {"GevInterfaceSubnetMask", ADDRESS, NUMBER, OWN_MASK, "InterfaceInformation", "Its subnet mask.", NULL},
    {"DeviceUpdateList", COMMAND, NUMBER, UPDATE, "DeviceEnumeration", "Looks for cameras.", NULL},
    {"DeviceSelector", SELECTOR, NUMBER, SELECTED, "DeviceEnumeration", "Chooses a camera.", NULL},
    {"DeviceID", TEXT, CHILD, DEVICE_INFO_ID, "DeviceEnumeration", "Identifier of the camera.", NULL},
    {"DeviceVendorName", TEXT, CHILD, DEVICE_INFO_VENDOR, "DeviceEnumeration", "Who made the camera.", NULL},
    {"DeviceModelName", TEXT, CHILD, DEVICE_INFO_MODEL, "DeviceEnumeration", "Its model.", NULL},
    {"DeviceDisplayName", TEXT, CHILD, DEVICE_INFO_DISPLAYNAME, "DeviceEnumeration", "Name to show.", NULL},
    {"DeviceSerialNumber", TEXT, CHILD, DEVICE_INFO_SERIAL_NUMBER, "DeviceEnumeration", "Its serial number.", NULL},
    {"DeviceUserID", TEXT, CHILD, DEVICE_INFO_USER_DEFINED_NAME, "DeviceEnumeration", "Its user's name.", NULL},
    {"DeviceVersion", TEXT, CHILD, DEVICE_INFO_VERSION, "DeviceEnumeration", "Version of the camera.", NULL},
    {"DeviceAccessStatus", CHOICE, CHILD, DEVICE_INFO_ACCESS_STATUS, "DeviceEnumeration",
     "What opening it would give.", ACCESS},
    {"GevDeviceIPAddress", ADDRESS, NUMBER, CHILD_IP, "DeviceEnumeration", "Its IPv4 address.", NULL},
    {"GevDeviceSubnetMask", ADDRESS, NUMBER, CHILD_MASK, "DeviceEnumeration", "Its subnet mask.", NULL},
    {"GevDeviceGateway", ADDRESS, NUMBER, CHILD_GATEWAY, "DeviceEnumeration", "Its gateway.", NULL},
    {"GevDeviceMACAddress", MAC, NUMBER, CHILD_MAC, "DeviceEnumeration", "Its MAC address.", NULL},
    {"ChildCount", HIDDEN, NUMBER, CHILD_COUNT, NULL, NULL, NULL},
    {"ChildMax", HIDDEN, NUMBER, CHILD_MAX, NULL, NULL, NULL},
};

static const struct feature DEVICE_FEATURES[] = {
    {"DeviceID", TEXT, OWN, DEVICE_INFO_ID, "DeviceInformation", "Identifier of the camera.", NULL},
    {"DeviceVendorName", TEXT, OWN, DEVICE_INFO_VENDOR, "DeviceInformation", "Who made the camera.", NULL},
    {"DeviceModelName", TEXT, OWN, DEVICE_INFO_MODEL, "DeviceInformation", "Its model.", NULL},
    {"DeviceType", CHOICE, FIXED, 0, "DeviceInformation", "Technology of the camera.", CONNECTION},
    {"DeviceDisplayName", TEXT, OWN, DEVICE_INFO_DISPLAYNAME, "DeviceInformation", "Name to show.", NULL},
    {"DeviceSerialNumber", TEXT, OWN, DEVICE_INFO_SERIAL_NUMBER, "DeviceInformation", "Its serial number.", NULL},
    {"DeviceUserID", TEXT, OWN, DEVICE_INFO_USER_DEFINED_NAME, "DeviceInformation", "Its user's name.", NULL},
    {"DeviceVersion", TEXT, OWN, DEVICE_INFO_VERSION, "DeviceInformation", "Version of the camera.", NULL},
    {"DeviceAccessStatus", CHOICE, OWN, DEVICE_INFO_ACCESS_STATUS, "DeviceInformation", "How it is open.", ACCESS},
    {"DeviceTimestampFrequency", INTEGER, OWN, DEVICE_INFO_TIMESTAMP_FREQUENCY, "DeviceInformation",
     "Ticks of its clock in a second.", NULL},
    {"GevDeviceIPAddress", ADDRESS, NUMBER, OWN_IP, "DeviceInformation", "Its IPv4 address.", NULL},
    {"GevDeviceSubnetMask", ADDRESS, NUMBER, OWN_MASK, "DeviceInformation", "Its subnet mask.", NULL},
    {"GevDeviceGateway", ADDRESS, NUMBER, OWN_GATEWAY, "DeviceInformation", "Its gateway.", NULL},
    {"GevDeviceMACAddress", MAC, NUMBER, OWN_MAC, "DeviceInformation", "Its MAC address.", NULL},
    {"StreamSelector", SELECTOR, NUMBER, SELECTED, "StreamEnumeration", "Chooses a stream.", NULL},
    {"StreamID", TEXT, CHILD, 0, "StreamEnumeration", "Identifier of the stream.", NULL},
    {"ChildCount", HIDDEN, NUMBER, CHILD_COUNT, NULL, NULL, NULL},
    {"ChildMax", HIDDEN, NUMBER, CHILD_MAX, NULL, NULL, NULL},
};

static const struct feature STREAM_FEATURES[] = {
    {"StreamID", TEXT, OWN, STREAM_INFO_ID, "StreamInformation", "Identifier of the stream.", NULL},
    {"StreamType", CHOICE, FIXED, 0, "StreamInformation", "Technology of the stream.", CONNECTION},
    {"StreamBufferHandlingMode", CHOICE, FIXED, 0, "BufferHandlingControl", "Which buffer comes first.", "OldestFirst"},
    {"StreamAcquisitionModeSelector", CHOICE, FIXED, 0, "BufferHandlingControl", "How buffers are used.", "Default"},
    {"StreamAnnouncedBufferCount", INTEGER, OWN, STREAM_INFO_NUM_ANNOUNCED, "BufferHandlingControl",
     "Buffers announced.", NULL},
    {"StreamAnnounceBufferMinimum", INTEGER, OWN, STREAM_INFO_BUF_ANNOUNCE_MIN, "BufferHandlingControl",
     "Buffers to announce at least.", NULL},
    {"StreamBufferAlignment", INTEGER, OWN, STREAM_INFO_BUF_ALIGNMENT, "BufferHandlingControl",
     "Alignment of announced buffers in bytes.", NULL},
    {"StreamDeliveredFrameCount", INTEGER, OWN, STREAM_INFO_NUM_DELIVERED, "StreamStatistics",
     "Buffers handed to the consumer since the acquisition's start.", NULL},
    {"StreamStartedFrameCount", INTEGER, OWN, STREAM_INFO_NUM_STARTED, "StreamStatistics", "Frames begun.", NULL},
    {"StreamLostFrameCount", INTEGER, NUMBER, LOST_FRAMES, "StreamStatistics",
     "Frames of which nothing came, or that found no buffer.", NULL},
    {"StreamIncompleteFrameCount", INTEGER, NUMBER, INCOMPLETE_FRAMES, "StreamStatistics",
     "Frames delivered with something missing.", NULL},
    {"StreamInputBufferCount", INTEGER, OWN, STREAM_INFO_NUM_QUEUED, "StreamStatistics",
     "Buffers that wait for a frame or are being filled.", NULL},
    {"StreamOutputBufferCount", INTEGER, OWN, STREAM_INFO_NUM_AWAIT_DELIVERY, "StreamStatistics",
     "Buffers that wait for the consumer.", NULL},
    {"StreamIsGrabbing", FLAG, OWN, STREAM_INFO_IS_GRABBING, "StreamStatistics", "The acquisition runs.", NULL},
};

#define TABLE(kind, name, port, tip, rows)                                                                             \
    { kind, name, port, tip, rows, sizeof rows / sizeof *rows }

static const struct description {
    enum kind kind;
    const char *name, *port, *tip;
    const struct feature *features;
    size_t count;
} DESCRIPTIONS[] = {
    TABLE(SYSTEM, "GigEVisionSystem", "TLPort", "The producer.", SYSTEM_FEATURES),
    TABLE(INTERFACE, "GigEVisionInterface", "InterfacePort", "A network interface.", INTERFACE_FEATURES),
    TABLE(DEVICE, "GigEVisionDevice", "DevicePort", "The near end of a camera.", DEVICE_FEATURES),
    TABLE(STREAM, "GigEVisionStream", "StreamPort", "A stream of frames.", STREAM_FEATURES),
};
enum { DESCRIPTION_COUNT = sizeof DESCRIPTIONS / sizeof *DESCRIPTIONS };

static size_t index_of(const struct module *module) {
    size_t index = 0;
    while (DESCRIPTIONS[index].kind != module->kind) index++;
    return index;
}

/* The description as text ------------------------------------------------------------------------------------------- */

static void write_head(FILE *out, const struct description *of) {
    fprintf(out,
            "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
            "<RegisterDescription ModelName=\"%s\" VendorName=\"tiscam_emu\" ToolTip=\"%s\" StandardNameSpace=\"None\" "
            "SchemaMajorVersion=\"1\" SchemaMinorVersion=\"1\" SchemaSubMinorVersion=\"0\" MajorVersion=\"1\" "
            "MinorVersion=\"0\" SubMinorVersion=\"0\" ProductGuid=\"5D1B6E0A-4C52-4E0B-9C3F-7A6E1F0C2D%02X\" "
            "VersionGuid=\"8F2A4C77-10D3-4B8E-A1E5-3C9D5B7E6F%02X\" xmlns=\"http://www.genicam.org/GenApi/Version_1_1\" "
            "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:schemaLocation=\"http://www.genicam.org/GenApi/"
            "Version_1_1 http://www.genicam.org/GenApi/GenApiSchema_Version_1_1.xsd\">\n",
            of->name, of->tip, (unsigned)of->kind, (unsigned)of->kind);
}

static bool begins_category(const struct description *of, size_t index) {
    const char *category = of->features[index].category;
    return category && (!index || strcmp(category, of->features[index - 1].category));
}

static void write_categories(FILE *out, const struct description *of) {
    fprintf(out, "<Category Name=\"Root\" NameSpace=\"Standard\"><ToolTip>All.</ToolTip>");
    for (size_t index = 0; index < of->count; index++)
        if (begins_category(of, index)) fprintf(out, "<pFeature>%s</pFeature>", of->features[index].category);
    for (size_t index = 0; index < of->count && of->features[index].category; index++) {
        if (begins_category(of, index))
            fprintf(out, "</Category>\n<Category Name=\"%s\" NameSpace=\"Standard\">", of->features[index].category);
        fprintf(out, "<pFeature>%s</pFeature>", of->features[index].name);
    }
    fprintf(out, "</Category>\n");
}

static bool is_selected(const struct feature *feature) {
    return feature->from == CHILD || (feature->from == NUMBER && feature->what >= CHILD_MAC &&
                                      feature->what <= CHILD_GATEWAY);
}

static void write_selected(FILE *out, const struct description *of) {
    for (size_t index = 0; index < of->count; index++)
        if (is_selected(&of->features[index])) fprintf(out, "<pSelected>%s</pSelected>", of->features[index].name);
}

static void write_register(FILE *out, const struct description *of, size_t index, const char *suffix) {
    static const char *const REPRESENTATIONS[] = {[ADDRESS] = "IPV4Address", [MAC] = "MACAddress"};
    const struct feature *feature = &of->features[index];
    bool text = feature->look == TEXT;
    const char *tag = text ? "StringReg" : "IntReg";
    const char *mode = feature->look == COMMAND ? "WO" : feature->look == SELECTOR ? "RW" : "RO";
    bool plain = !*suffix && feature->look != HIDDEN;
    fprintf(out, "<%s Name=\"%s%s\" NameSpace=\"%s\">", tag, feature->name, suffix, plain ? "Standard" : "Custom");
    if (plain) fprintf(out, "<ToolTip>%s</ToolTip>", feature->tip);
    if (plain && is_selected(feature)) fprintf(out, "<pIsAvailable>ChildCount</pIsAvailable>");
    fprintf(out, "<Address>0x%X</Address><Length>%u</Length><AccessMode>%s</AccessMode><pPort>%s</pPort>"
                 "<Cachable>NoCache</Cachable>",
            FIRST_REGISTER + REGISTER_STEP * (unsigned)index, text ? REGISTER_STEP : NUMBER_LENGTH, mode, of->port);
    if (!text) fprintf(out, "<Sign>Unsigned</Sign><Endianess>LittleEndian</Endianess>");
    if (feature->look == ADDRESS || feature->look == MAC)
        fprintf(out, "<Representation>%s</Representation>", REPRESENTATIONS[feature->look]);
    fprintf(out, "</%s>\n", tag);
}

static void write_choices(FILE *out, const struct feature *feature) {
    const char *at = feature->choices;
    for (unsigned value = 0; *at; value++) {
        size_t length = strcspn(at, " ");
        fprintf(out, "<EnumEntry Name=\"%.*s\" NameSpace=\"Standard\"><Value>%u</Value></EnumEntry>", (int)length, at,
                value);
        at += length + (at[length] == ' ');
    }
}

/* A feature that is more than a register has its register beside it. */
static void write_feature(FILE *out, const struct description *of, size_t index) {
    static const char *const TAGS[] = {
        [FLAG] = "Boolean", [CHOICE] = "Enumeration", [SELECTOR] = "Integer", [COMMAND] = "Command"};
    const struct feature *feature = &of->features[index];
    enum look look = feature->look;
    if (look != FLAG && look != CHOICE && look != SELECTOR && look != COMMAND) {
        write_register(out, of, index, "");
        return;
    }
    fprintf(out, "<%s Name=\"%s\" NameSpace=\"Standard\"><ToolTip>%s</ToolTip>", TAGS[look], feature->name,
            feature->tip);
    if (is_selected(feature)) fprintf(out, "<pIsAvailable>ChildCount</pIsAvailable>");
    if (look == CHOICE) write_choices(out, feature);
    fprintf(out, "<pValue>%sReg</pValue>", feature->name);
    if (look == COMMAND) fprintf(out, "<CommandValue>1</CommandValue>");
    if (look == FLAG) fprintf(out, "<OnValue>1</OnValue><OffValue>0</OffValue>");
    if (look == SELECTOR) {
        fprintf(out, "<Min>0</Min><pMax>ChildMax</pMax>");
        write_selected(out, of);
    }
    fprintf(out, "</%s>\n", TAGS[look]);
    write_register(out, of, index, "Reg");
}

static char texts[DESCRIPTION_COUNT][DESCRIPTION_MAX];
static size_t lengths[DESCRIPTION_COUNT];

static void write_descriptions(void) {
    for (size_t which = 0; which < DESCRIPTION_COUNT; which++) {
        const struct description *of = &DESCRIPTIONS[which];
        FILE *out = fmemopen(texts[which], DESCRIPTION_MAX, "w");
        if (!out) continue;
        write_head(out, of);
        write_categories(out, of);
        for (size_t index = 0; index < of->count; index++) write_feature(out, of, index);
        fprintf(out, "<Port Name=\"%s\" NameSpace=\"Standard\"><ToolTip>Registers.</ToolTip></Port>\n", of->port);
        fprintf(out, "</RegisterDescription>\n");
        fflush(out);
        lengths[which] = strlen(texts[which]);
        fclose(out);
    }
}

const char *description_of(struct module *module, size_t *length) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, write_descriptions);
    *length = lengths[index_of(module)];
    return texts[index_of(module)];
}

void description_url(struct module *module, char url[TEXT_MAX]) {
    size_t length;
    description_of(module, &length);
    snprintf(url, TEXT_MAX, "local:%s.xml;%X;%zX?SchemaVersion=1.1.0", DESCRIPTIONS[index_of(module)].name,
             DESCRIPTION_AT, length);
}

/* The registers ----------------------------------------------------------------------------------------------------- */

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
    const struct description *of = &DESCRIPTIONS[index_of(module)];
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
