/* What sending costs without a camera: one ready-made frame, in packets of GVSP, paced in bursts.
 *
 *     bare_sender PORT PACKET_SIZE PAYLOAD_BYTES FPS SECONDS LINK_BYTES_PER_S OFFLOAD
 *
 * Sends to 127.0.0.1 as a camera at this link does: frames begin in even intervals, their packets leave in bursts of
 * about 48 kB at absolute times; with OFFLOAD 1 the packets of a burst are one message, which the kernel cuts. Prints processor time and bytes of payload as one line of JSON. Linux.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/udp.h>
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
    if (count != 8)
        return fputs("bare_sender: seven numbers, see the source\n", stderr), 2;
    int port = atoi(words[1]), row = atoi(words[2]) - IP_UDP, payload = atoi(words[3]);
    double fps = atof(words[4]), seconds = atof(words[5]), link = atof(words[6]);
    int offload = atoi(words[7]);
    int data = row - HEADER, packets = (payload + data - 1) / data + 2, made = 0;
    int in_burst = BURST_BYTES / row < MOST_IN_BURST ? BURST_BYTES / row : MOST_IN_BURST;
    uint8_t *memory = calloc(packets, row);
    struct iovec *parts = calloc(packets, sizeof *parts);
    struct mmsghdr *messages = calloc(packets, sizeof *messages);
    int *packets_in = calloc(packets, sizeof *packets_in);
    for (int at = 0; at < packets; at += packets_in[made++]) {
        int end = at == 0 || at == packets - 1, left = packets - 1 - at;
        int some = packets_in[made] = !offload || end ? 1 : left < in_burst ? left : in_burst;
        int last = end ? 44 : at + some == packets - 1 ? HEADER + payload - (packets - 3) * data : row;
        parts[made] = (struct iovec){memory + (size_t)at * row, (size_t)(some - 1) * row + last};
        messages[made].msg_hdr = (struct msghdr){.msg_iov = &parts[made], .msg_iovlen = 1};
        for (int k = at; k < at + some; k++) {
            uint8_t *packet = memory + (size_t)k * row;
            packet[4] = at == 0 ? LEADER : end ? TRAILER : PAYLOAD;
            packet[5] = k >> 16, packet[6] = k >> 8, packet[7] = k;
        }
    }
    int sock = socket(AF_INET, SOCK_DGRAM, 0), room = 8 << 20;
    struct sockaddr_in to = {AF_INET, htons(port), {htonl(INADDR_LOOPBACK)}, {0}};
    setsockopt(sock, SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
    if (connect(sock, (struct sockaddr *)&to, sizeof to) ||
        (offload && setsockopt(sock, IPPROTO_UDP, UDP_SEGMENT, &row, sizeof row)))
        return perror("bare_sender"), 1;
    prctl(PR_SET_TIMERSLACK, 1);

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
        for (int at = 0; at < made;) {
            int some = 0, taken = 0;
            while (at + some < made && taken < in_burst)
                taken += packets_in[at + some++];
            sleep_until(due);
            int sent = sendmmsg(sock, messages + at, some, 0);
            at += sent > 0 ? sent : some; /* what cannot be sent is lost, as on a wire */
            due += (int64_t)((double)taken * (row + IP_UDP) / link * 1e9);
        }
    }
    used = clock_ns(CLOCK_PROCESS_CPUTIME_ID) - used;
    printf("{\"cpu_s\": %.6f, \"bytes\": %lld}\n", used / 1e9, (long long)frames * payload);
    return 0;
}
