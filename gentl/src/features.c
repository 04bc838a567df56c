/* The tables of features. */
#include "features.h"

#include <string.h>

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
    {"EventInterfaceListChanged", NOTICE, FIXED, EVENT_ID_INTERFACE_LIST_CHANGED, "EventControl",
     "Other interfaces were found than before.", NULL},
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
    {"EventDeviceListChanged", NOTICE, FIXED, EVENT_ID_DEVICE_LIST_CHANGED, "EventControl",
     "Other cameras were found than before.", NULL},
    {"EventDeviceLost", NOTICE, FIXED, EVENT_ID_DEVICE_LOST, "EventControl", "An open camera was lost.", NULL},
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
    {"EventDeviceLost", NOTICE, FIXED, EVENT_ID_DEVICE_LOST, "EventControl", "The camera was lost.", NULL},
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

const struct description DESCRIPTIONS[DESCRIPTION_COUNT] = {
    TABLE(SYSTEM, "GigEVisionSystem", "TLPort", "The producer.", SYSTEM_FEATURES),
    TABLE(INTERFACE, "GigEVisionInterface", "InterfacePort", "A network interface.", INTERFACE_FEATURES),
    TABLE(DEVICE, "GigEVisionDevice", "DevicePort", "The near end of a camera.", DEVICE_FEATURES),
    TABLE(STREAM, "GigEVisionStream", "StreamPort", "A stream of frames.", STREAM_FEATURES),
};

size_t description_index(const struct module *module) {
    size_t index = 0;
    while (DESCRIPTIONS[index].kind != module->kind) index++;
    return index;
}

bool is_selected(const struct feature *feature) {
    return feature->from == CHILD || (feature->from == NUMBER && feature->what >= CHILD_MAC &&
                                      feature->what <= CHILD_GATEWAY);
}
