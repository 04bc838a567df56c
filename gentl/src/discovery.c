/* Which interfaces there are, and which cameras answer there. GigE Vision's DISCOVERY over sockets of our own, because
   libaravis has one list for all interfaces. */
#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netpacket/packet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "core.h"

enum { DISCOVERY_ACK = 0x0003, READREG_ACK = 0x0081, HEADER = 8, IDENTITY = 0xF8 };
enum { BROADCAST_WAIT_MS = 1000, QUIET_LOOPBACK_MS = 250, PEEK_WAIT_MS = 300, PEEK_TRIES = 2 };

static const uint8_t DISCOVERY_BROADCAST[] = {0x42, 0x11, 0x00, 0x02, 0, 0, 0xFF, 0xFF};
static const uint8_t DISCOVERY_UNICAST[] = {0x42, 0x01, 0x00, 0x02, 0, 0, 0xFF, 0xFE};

static int64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static bool same_net(const struct network *network, struct in_addr address) {
    return !((network->address.s_addr ^ address.s_addr) & network->mask.s_addr);
}

static bool is_loopback(struct in_addr address) { return ntohl(address.s_addr) >> 24 == 127; }

static void name_network(struct network *networks, size_t count) {
    struct network *new = &networks[count];
    char address[INET_ADDRSTRLEN];
    snprintf(new->id, sizeof new->id, "%s", new->name);
    for (size_t index = 0; index < count; index++)
        if (!strcmp(networks[index].name, new->name)) { /* its second address */
            inet_ntop(AF_INET, &new->address, address, sizeof address);
            snprintf(new->id, sizeof new->id, "%s-%s", new->name, address);
        }
}

static void find_mac(const struct ifaddrs *all, struct network *network) {
    for (const struct ifaddrs *one = all; one; one = one->ifa_next)
        if (one->ifa_addr && one->ifa_addr->sa_family == AF_PACKET && !strcmp(one->ifa_name, network->name))
            memcpy(network->mac, ((struct sockaddr_ll *)one->ifa_addr)->sll_addr, 6);
}

size_t list_networks(struct network *networks, size_t max) {
    struct ifaddrs *all;
    size_t count = 0;
    if (getifaddrs(&all)) return 0;
    for (struct ifaddrs *one = all; one && count < max; one = one->ifa_next) {
        if (!one->ifa_addr || one->ifa_addr->sa_family != AF_INET || !one->ifa_netmask) continue;
        if (!(one->ifa_flags & IFF_UP)) continue;
        struct network *network = &networks[count];
        memset(network, 0, sizeof *network); /* lists are compared as bytes */
        network->index = if_nametoindex(one->ifa_name);
        network->loopback = one->ifa_flags & IFF_LOOPBACK;
        network->address = ((struct sockaddr_in *)one->ifa_addr)->sin_addr;
        network->mask = ((struct sockaddr_in *)one->ifa_netmask)->sin_addr;
        if (network->loopback && !is_loopback(network->address)) continue; /* an address of ours beside 127/8 */
        network->broadcast.s_addr = network->address.s_addr | ~network->mask.s_addr;
        snprintf(network->name, sizeof network->name, "%.31s", one->ifa_name);
        find_mac(all, network);
        name_network(networks, count++);
    }
    freeifaddrs(all);
    return count;
}

static int open_socket(const struct network *network) {
    struct sockaddr_in local = {.sin_family = AF_INET, .sin_addr = network->address};
    int on = 1, room = 1 << 20;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof on);
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    if (!bind(fd, (struct sockaddr *)&local, sizeof local)) return fd;
    close(fd);
    return -1;
}

/* To an address by this interface, whatever the routes say. */
static void send_by(int fd, const struct network *network, struct in_addr to, const uint8_t *data, size_t size) {
    struct sockaddr_in there = {.sin_family = AF_INET, .sin_port = htons(GVCP_PORT), .sin_addr = to};
    struct in_pktinfo by = {.ipi_ifindex = (int)network->index, .ipi_spec_dst = network->address};
    union {
        char bytes[CMSG_SPACE(sizeof(struct in_pktinfo))];
        struct cmsghdr aligned;
    } control = {{0}};
    struct iovec piece = {(void *)data, size};
    struct msghdr message = {&there, sizeof there, &piece, 1, control.bytes, sizeof control.bytes, 0};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    *header = (struct cmsghdr){CMSG_LEN(sizeof by), IPPROTO_IP, IP_PKTINFO};
    memcpy(CMSG_DATA(header), &by, sizeof by);
    if (sendmsg(fd, &message, 0) < 0) debug("%s: discovery: %s", network->id, strerror(errno));
}

static uint32_t word(const uint8_t *at) {
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static void copy_text(char *to, const uint8_t *from, size_t length) {
    memcpy(to, from, length);
    to[length] = 0;
}

/* The answer is an image of the first 0xF8 bytes of the bootstrap registers. */
static void parse(const uint8_t *at, struct found *camera) {
    memset(camera, 0, sizeof *camera); /* lists are compared as bytes */
    memcpy(camera->mac, at + 0x0A, 6);
    camera->address.s_addr = htonl(word(at + 0x24));
    camera->mask.s_addr = htonl(word(at + 0x34));
    camera->gateway.s_addr = htonl(word(at + 0x44));
    copy_text(camera->vendor, at + 0x48, 32);
    copy_text(camera->model, at + 0x68, 32);
    copy_text(camera->version, at + 0x88, 32);
    copy_text(camera->serial, at + 0xD8, 16);
    copy_text(camera->user_name, at + 0xE8, 16);
    const uint8_t *mac = camera->mac;
    snprintf(camera->id, sizeof camera->id, "%02x%02x%02x%02x%02x%02x", mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
}

static void keep(const struct found *camera, struct found *found, size_t *count, size_t max) {
    for (size_t index = 0; index < *count; index++)
        if (found[index].address.s_addr == camera->address.s_addr && !memcmp(found[index].mac, camera->mac, 6)) return;
    if (*count == max) return;
    struct found *new = &found[*count];
    *new = *camera;
    for (size_t index = 0; index < *count; index++)
        if (!strcmp(found[index].id, new->id)) { /* two cameras that say they have one MAC address */
            char address[INET_ADDRSTRLEN];
            inet_ntop(AF_INET, &new->address, address, sizeof address);
            snprintf(new->id + strlen(new->id), sizeof new->id - strlen(new->id), "-%s", address);
            break;
        }
    ++*count;
}

/* Answers until the time is over, or none came for `quiet_ms` after the first. */
static void collect(int fd, const struct network *network, int64_t until, int64_t quiet_ms, struct found *found,
                    size_t *count, size_t max) {
    uint8_t data[GVCP_DATAGRAM_MAX];
    int64_t quiet_until = until;
    for (;;) {
        int64_t end = quiet_until < until ? quiet_until : until, now = now_ms();
        struct pollfd ready = {.fd = fd, .events = POLLIN};
        if (now >= end || poll(&ready, 1, (int)(end - now)) <= 0) return;
        ssize_t size = recv(fd, data, sizeof data, 0);
        if (size < HEADER + IDENTITY || word(data) >> 16 || (word(data) & 0xFFFF) != DISCOVERY_ACK) continue;
        struct found camera;
        parse(data + HEADER, &camera);
        if (is_loopback(camera.address) != network->loopback) continue; /* a broadcast is heard on lo as well */
        keep(&camera, found, count, max);
        quiet_until = now_ms() + quiet_ms;
    }
}

/* The interface by which an address is reached: the one whose net it is in, else as the routes say. */
static bool reaches(const struct network *network, struct in_addr address) {
    if (network->loopback || is_loopback(address)) return network->loopback && is_loopback(address);
    if (same_net(network, address)) return true;
    struct network all[NETWORKS_MAX];
    for (size_t index = 0, count = list_networks(all, NETWORKS_MAX); index < count; index++)
        if (same_net(&all[index], address)) return false;
    struct sockaddr_in there = {.sin_family = AF_INET, .sin_port = htons(GVCP_PORT), .sin_addr = address}, here;
    socklen_t size = sizeof here;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool ours = fd >= 0 && !connect(fd, (struct sockaddr *)&there, sizeof there) &&
                !getsockname(fd, (struct sockaddr *)&here, &size) && here.sin_addr.s_addr == network->address.s_addr;
    if (fd >= 0) close(fd);
    return ours;
}

static void ask_named(int fd, const struct network *network) {
    const char *named = getenv("TISCAM_GENTL_ADDRESSES");
    char list[4096], *rest = list;
    if (!named) return;
    snprintf(list, sizeof list, "%s", named);
    for (char *one = strtok_r(list, ", ", &rest); one; one = strtok_r(NULL, ", ", &rest)) {
        struct in_addr address;
        if (inet_pton(AF_INET, one, &address) != 1)
            debug("TISCAM_GENTL_ADDRESSES: %s is no IPv4 address", one);
        else if (reaches(network, address))
            send_by(fd, network, address, DISCOVERY_UNICAST, sizeof DISCOVERY_UNICAST);
    }
}

static bool is_in(const struct found *camera, const struct found *found, size_t count) {
    for (size_t index = 0; index < count; index++)
        if (found[index].address.s_addr == camera->address.s_addr) return true;
    return false;
}

size_t discover(const struct network *network, const struct found *known, size_t known_count, uint64_t timeout_ms,
                struct found *found, size_t max) {
    size_t count = 0;
    int fd = open_socket(network);
    if (fd < 0) return 0;
    int64_t wait_ms = timeout_ms < BROADCAST_WAIT_MS ? (int64_t)timeout_ms : BROADCAST_WAIT_MS;
    int64_t quiet_ms = network->loopback ? QUIET_LOOPBACK_MS : wait_ms;
    if (network->broadcast.s_addr != network->address.s_addr)
        send_by(fd, network, network->broadcast, DISCOVERY_BROADCAST, sizeof DISCOVERY_BROADCAST);
    send_by(fd, network, (struct in_addr){INADDR_BROADCAST}, DISCOVERY_BROADCAST, sizeof DISCOVERY_BROADCAST);
    ask_named(fd, network);
    collect(fd, network, now_ms() + wait_ms, quiet_ms, found, &count, max);
    bool again = false; /* whom we know and have not heard is asked once more before we forget it */
    for (size_t index = 0; index < known_count; index++)
        if (!is_in(&known[index], found, count)) {
            send_by(fd, network, known[index].address, DISCOVERY_UNICAST, sizeof DISCOVERY_UNICAST);
            again = true;
        }
    if (again) collect(fd, network, now_ms() + PEEK_WAIT_MS, PEEK_WAIT_MS, found, &count, max);
    close(fd);
    return count;
}

enum peek peek_register(const struct network *network, struct in_addr camera, uint32_t address, uint32_t *value) {
    uint8_t ask[] = {0x42, 0x01, 0x00, 0x80, 0, 4, 0x50, 0x45, (uint8_t)(address >> 24), (uint8_t)(address >> 16),
                     (uint8_t)(address >> 8), (uint8_t)address};
    uint8_t data[GVCP_DATAGRAM_MAX];
    enum peek heard = SILENT;
    int fd = open_socket(network);
    for (int tries = 0; fd >= 0 && tries < PEEK_TRIES && heard == SILENT; tries++) {
        struct pollfd ready = {.fd = fd, .events = POLLIN};
        send_by(fd, network, camera, ask, sizeof ask);
        if (poll(&ready, 1, PEEK_WAIT_MS) <= 0) continue;
        ssize_t size = recv(fd, data, sizeof data, 0);
        if (size < HEADER || (word(data) & 0xFFFF) != READREG_ACK) continue;
        heard = size >= HEADER + 4 && !(word(data) >> 16) ? TOLD : REFUSED; /* the status is in front */
        if (heard == TOLD) *value = word(data + HEADER);
    }
    if (fd >= 0) close(fd);
    return heard;
}
