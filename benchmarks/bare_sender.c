/* What sending costs without a camera: one ready-made frame, in packets of GVSP, paced in bursts.
 *
 *     bare_sender PORT PACKET_SIZE PAYLOAD_BYTES FPS SECONDS LINK_BYTES_PER_S
 *
 * Sends to 127.0.0.1 as a camera at this link does: frames begin in even intervals, their packets leave in bursts of
 * about 48 kB at absolute times. Prints processor time and bytes of payload as one line of JSON. Linux.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>

enum { BURST_BYTES = 48000, MOST_IN_BURST = 64, IP_UDP = 28, HEADER = 8, LEADER = 1, TRAILER = 2, PAYLOAD = 3 };

static int64_t clock_ns(clockid_t which) {
    struct timespec now;
    clock_gettime(which, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static void sleep_until(int64_t at_ns) {
    struct timespec at = {at_ns / 1000000000LL, at_ns % 1000000000LL};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
}

int main(int count, char **words) {
    if (count != 7)
        return fputs("bare_sender: six numbers, see the source\n", stderr), 2;
    int port = atoi(words[1]), row = atoi(words[2]) - IP_UDP, payload = atoi(words[3]);
    double fps = atof(words[4]), seconds = atof(words[5]), link = atof(words[6]);
    int data = row - HEADER, packets = (payload + data - 1) / data + 2;
    uint8_t *memory = calloc(packets, row);
    struct iovec *parts = calloc(packets, sizeof *parts);
    struct mmsghdr *messages = calloc(packets, sizeof *messages);
    for (int at = 0; at < packets; at++) {
        uint8_t *packet = memory + (size_t)at * row;
        int end = at == 0 || at == packets - 1;
        packet[4] = at == 0 ? LEADER : end ? TRAILER : PAYLOAD;
        packet[5] = at >> 16, packet[6] = at >> 8, packet[7] = at;
        parts[at] = (struct iovec){packet, end ? 44 : at == packets - 2 ? HEADER + payload - (packets - 3) * data : row};
        messages[at].msg_hdr = (struct msghdr){.msg_iov = &parts[at], .msg_iovlen = 1};
    }
    int sock = socket(AF_INET, SOCK_DGRAM, 0), room = 8 << 20;
    struct sockaddr_in to = {AF_INET, htons(port), {htonl(INADDR_LOOPBACK)}, {0}};
    setsockopt(sock, SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
    if (connect(sock, (struct sockaddr *)&to, sizeof to))
        return perror("bare_sender"), 1;
    prctl(PR_SET_TIMERSLACK, 1);

    int in_burst = BURST_BYTES / row < MOST_IN_BURST ? BURST_BYTES / row : MOST_IN_BURST;
    int64_t began = clock_ns(CLOCK_MONOTONIC), used = clock_ns(CLOCK_PROCESS_CPUTIME_ID), due = began;
    int frames = (int)(fps * seconds);
    for (int frame = 0; frame < frames; frame++) {
        unsigned block = frame % 65535 + 1;
        for (int at = 0; at < packets; at++) {
            memory[(size_t)at * row + 2] = block >> 8;
            memory[(size_t)at * row + 3] = block;
        }
        int64_t first = began + (int64_t)(frame * 1e9 / fps);
        due = first > due ? first : due;
        for (int at = 0; at < packets;) {
            int some = packets - at < in_burst ? packets - at : in_burst;
            sleep_until(due);
            int sent = sendmmsg(sock, messages + at, some, 0);
            at += sent > 0 ? sent : some; /* what cannot be sent is lost, as on a wire */
            due += (int64_t)((double)some * (row + IP_UDP) / link * 1e9);
        }
    }
    used = clock_ns(CLOCK_PROCESS_CPUTIME_ID) - used;
    printf("{\"cpu_s\": %.6f, \"bytes\": %lld}\n", used / 1e9, (long long)frames * payload);
    return 0;
}
