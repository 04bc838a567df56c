/* The camera's message channel: a socket and a thread of ours, because libaravis 0.8 has none. */
#include <arpa/inet.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "aravis.h"
#include "core.h"

enum { MESSAGE_CHANNELS = 0x0900, MCP = 0x0B00, MCDA = 0x0B10, MCTT = 0x0B14, MCRC = 0x0B18 };
enum { ACKNOWLEDGED_WITHIN_MS = 200, RETRIES = 3 };
enum { HEADER = 8, EVENT_CMD = 0x00C0, EVENTDATA_CMD = 0x00C2, ACKNOWLEDGE = 0x01 };

struct messages {
    pthread_t thread;
    int fd, end;
};

static bool acknowledge(int fd, const uint8_t *data, const struct sockaddr_in *from) {
    uint8_t ack[HEADER] = {0, 0, data[2], (uint8_t)(data[3] + 1), 0, 0, data[6], data[7]};
    return sendto(fd, ack, sizeof ack, 0, (const struct sockaddr *)from, sizeof *from) == sizeof ack;
}

static void *listen_to(void *of) {
    struct device *device = of;
    struct messages *messages = device->messages;
    uint8_t data[GVCP_DATAGRAM_MAX];
    uint32_t last = 0; /* command and request id: one that comes again was not heard to be acknowledged */
    struct pollfd ready[] = {{.fd = messages->fd, .events = POLLIN}, {.fd = messages->end, .events = POLLIN}};
    while (poll(ready, 2, -1) >= 0 && !ready[1].revents) {
        struct sockaddr_in from;
        socklen_t from_size = sizeof from;
        ssize_t size = recvfrom(messages->fd, data, sizeof data, 0, (struct sockaddr *)&from, &from_size);
        if (size < HEADER || data[0] != 0x42 || from.sin_addr.s_addr != device->found.address.s_addr) continue;
        uint16_t command = (uint16_t)(data[2] << 8 | data[3]);
        if (command != EVENT_CMD && command != EVENTDATA_CMD) continue;
        if (data[1] & ACKNOWLEDGE) acknowledge(messages->fd, data, &from);
        uint32_t this = (uint32_t)command << 16 | (uint32_t)(data[6] << 8 | data[7]);
        if (this != last) post_event(&device->module, EVENT_REMOTE_DEVICE, 0, data, (size_t)size);
        last = this;
    }
    return NULL;
}

static bool tell_camera(struct device *device, uint32_t host, uint32_t port) {
    if (host) { /* cameras that have no choice of times refuse these two */
        lib.arv_device_write_register(device->arv, MCTT, ACKNOWLEDGED_WITHIN_MS, NULL);
        lib.arv_device_write_register(device->arv, MCRC, RETRIES, NULL);
        if (!lib.arv_device_write_register(device->arv, MCDA, host, NULL)) return false;
    }
    return lib.arv_device_write_register(device->arv, MCP, port, NULL);
}

static int open_socket(const struct network *network, uint16_t *port) {
    struct sockaddr_in local = {.sin_family = AF_INET, .sin_addr = network->address};
    socklen_t size = sizeof local;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return -1;
    if (bind(fd, (struct sockaddr *)&local, sizeof local) || getsockname(fd, (struct sockaddr *)&local, &size)) {
        close(fd);
        return -1;
    }
    *port = ntohs(local.sin_port);
    return fd;
}

GC_ERROR open_messages(struct device *device) {
    const struct network *network = &((struct interface *)device->module.parent)->network;
    guint32 channels = 0;
    uint16_t port = 0;
    if (device->access == DEVICE_ACCESS_READONLY) return fail(GC_ERR_ACCESS_DENIED, "the camera is open read-only");
    if (__atomic_load_n(&device->lost, __ATOMIC_SEQ_CST)) return fail(GC_ERR_IO, "the camera is lost");
    if (!lib.arv_device_read_register(device->arv, MESSAGE_CHANNELS, &channels, NULL) || !channels)
        return fail(GC_ERR_NOT_IMPLEMENTED, "the camera has no message channel");
    struct messages *messages = calloc(1, sizeof *messages);
    if (!messages) return fail(GC_ERR_OUT_OF_MEMORY, "no memory for messages");
    messages->fd = open_socket(network, &port);
    messages->end = eventfd(0, EFD_CLOEXEC);
    device->messages = messages;
    if (messages->fd >= 0 && messages->end >= 0 && tell_camera(device, ntohl(network->address.s_addr), port) &&
        !pthread_create(&messages->thread, NULL, listen_to, device))
        return GC_ERR_SUCCESS;
    if (messages->fd >= 0) close(messages->fd);
    if (messages->end >= 0) close(messages->end);
    free(messages);
    device->messages = NULL;
    return fail(GC_ERR_IO, "the camera's message channel cannot be opened");
}

void close_messages(struct device *device) {
    struct messages *messages = device->messages;
    uint64_t one = 1;
    if (!messages) return;
    if (!__atomic_load_n(&device->lost, __ATOMIC_SEQ_CST)) tell_camera(device, 0, 0);
    if (write(messages->end, &one, sizeof one) == sizeof one) pthread_join(messages->thread, NULL);
    close(messages->fd);
    close(messages->end);
    free(messages);
    device->messages = NULL;
}
