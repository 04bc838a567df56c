/* A receiver of GVSP that keeps up with any sender:
 *
 *     sink [WARM_UP_S]
 *
 * Prints the UDP port it has taken, receives until its standard input ends, and prints what arrived later than
 * WARM_UP_S (1 by default) after the first packet, as one line of JSON. A frame counts if its trailer came and as many
 * packets as the trailer's number says. Linux; headers of 8 bytes (GigE Vision 1.x).
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BATCH = 64, LARGEST = 16384 + 64, BUFFERED = 256 << 20, HEADER = 8, LEADER = 1, TRAILER = 2, PAYLOAD = 3 };

static uint8_t packets[BATCH][LARGEST]; /* not of a power of two, or all would share the same lines of the cache */

static double now_s(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec + now.tv_nsec / 1e9;
}

struct tally {
    unsigned block, in_block;
    uint64_t block_bytes, bytes, frames, broken;
    double began_s, counted_from_s, last_s;
};

/* Frames begin at leaders; what is counted begins with the first leader after the warm-up. */
static void take(struct tally *all, const uint8_t *packet, size_t size, double warm_up_s, double at_s) {
    if (size < HEADER)
        return;
    unsigned block = packet[2] << 8 | packet[3], format = packet[4] & 0x7f;
    unsigned number = packet[5] << 16 | packet[6] << 8 | packet[7];
    if (all->began_s == 0)
        all->began_s = at_s;
    if (format == LEADER) {
        all->block = block;
        all->in_block = 0;
        all->block_bytes = 0;
        if (all->counted_from_s == 0 && at_s - all->began_s >= warm_up_s)
            all->counted_from_s = at_s;
    } else if (format == PAYLOAD && block == all->block) {
        all->in_block++;
        all->block_bytes += size - HEADER;
    } else if (format == TRAILER && all->counted_from_s != 0) {
        if (block == all->block && all->in_block + 1 == number) {
            all->frames++;
            all->bytes += all->block_bytes;
        } else {
            all->broken++;
        }
        all->last_s = at_s;
    }
}

int main(int count, char **words) {
    double warm_up_s = count > 1 ? atof(words[1]) : 1.0;
    int sock = socket(AF_INET, SOCK_DGRAM, 0), room = BUFFERED;
    struct sockaddr_in where = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof where;
    if (setsockopt(sock, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room))
        setsockopt(sock, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    if (bind(sock, (struct sockaddr *)&where, length) || getsockname(sock, (struct sockaddr *)&where, &length))
        return perror("sink"), 1;
    printf("%d\n", ntohs(where.sin_port));
    fflush(stdout);

    struct iovec parts[BATCH];
    struct mmsghdr messages[BATCH];
    memset(messages, 0, sizeof messages);
    for (int at = 0; at < BATCH; at++) {
        parts[at] = (struct iovec){packets[at], LARGEST};
        messages[at].msg_hdr = (struct msghdr){.msg_iov = &parts[at], .msg_iovlen = 1};
    }
    struct tally all = {0};
    struct pollfd waiting[] = {{.fd = sock, .events = POLLIN}, {.fd = STDIN_FILENO, .events = POLLIN}};
    while (!waiting[1].revents) {
        if (poll(waiting, 2, -1) < 0)
            return perror("sink"), 1;
        int got = recvmmsg(sock, messages, BATCH, MSG_DONTWAIT, NULL);
        double at_s = now_s();
        for (int at = 0; at < got; at++)
            take(&all, packets[at], messages[at].msg_len, warm_up_s, at_s);
    }
    printf("{\"frames\": %llu, \"broken_frames\": %llu, \"bytes\": %llu, \"seconds\": %.6f}\n",
           (unsigned long long)all.frames, (unsigned long long)all.broken, (unsigned long long)all.bytes,
           all.frames ? all.last_s - all.counted_from_s : 0.0);
    return 0;
}
