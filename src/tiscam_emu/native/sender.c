/* Packets that lie in memory, sent in bursts at their times: the pacing of gvsp/pacing.py, without the interpreter. */
#define _GNU_SOURCE /* sendmmsg, ppoll */
#include "core.h"

#ifdef __linux__
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define MOST 128           /* packets handed over at once */
#define UDP_SEGMENT_ 103   /* <linux/udp.h> */
#define RUN_PACKETS 64     /* what the segmentation offload of a UDP socket takes at once */
#define RUN_BYTES 65507

struct place { uint32_t first, size; };
struct pace { double free_ns, earliest_ns, byte_ns, packet_ns, forgiven_ns, late_share, gap_share; };

static double now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

/* Sleep until `until_ns`, or until `wake` can be read, which is told. */
static int woken_before(int wake, double until_ns)
{
    struct pollfd waker = {wake, POLLIN, 0};
    const double left_ns = until_ns - now_ns();
    const long long whole = left_ns > 0 ? (long long)left_ns : 0;
    struct timespec left = {(time_t)(whole / 1000000000), (long)(whole % 1000000000)};
    return ppoll(&waker, 1, &left, NULL) != 0; /* an interruption wakes, too */
}

/* How many packets from `at` on make one message: one, or as many as the system cuts apart again. */
static Py_ssize_t run_length(const struct place *at, Py_ssize_t count, int offload)
{
    uint32_t full = at[0].size, bytes = full;
    Py_ssize_t run = 1;
    while (offload && run < count && run < RUN_PACKETS && at[run - 1].size == full && at[run].size <= full
           && at[run].first == at[run - 1].first + full && bytes + at[run].size <= RUN_BYTES)
        bytes += at[run++].size;
    return run;
}

/* Hand `count` packets to the socket; returned is how many it took. */
static Py_ssize_t hand_over(int fd, char *memory, const struct place *at, Py_ssize_t count, int offload)
{
    struct mmsghdr messages[MOST];
    struct iovec pieces[MOST];
    union { struct cmsghdr head; char room[CMSG_SPACE(sizeof(uint16_t))]; } cuts[MOST];
    Py_ssize_t lengths[MOST], taken = 0;
    unsigned made = 0, done = 0;
    memset(messages, 0, sizeof *messages * (size_t)count);
    for (Py_ssize_t first = 0; first < count; first += lengths[made++]) {
        Py_ssize_t run = lengths[made] = run_length(at + first, count - first, offload);
        const struct place *last = at + first + run - 1;
        uint16_t cut = (uint16_t)at[first].size;
        struct msghdr *header = &messages[made].msg_hdr;
        pieces[made] = (struct iovec){memory + at[first].first, last->first + last->size - at[first].first};
        header->msg_iov = &pieces[made];
        header->msg_iovlen = 1;
        if (run > 1) {
            header->msg_control = &cuts[made];
            header->msg_controllen = sizeof cuts[made].room;
            cuts[made].head = (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof cut), .cmsg_level = IPPROTO_UDP,
                                               .cmsg_type = UDP_SEGMENT_};
            memcpy(CMSG_DATA(&cuts[made].head), &cut, sizeof cut);
        }
    }
    while (done < made) {
        int sent = sendmmsg(fd, messages + done, made - done, 0);
        if (sent < 0) /* a connected socket may report what became of an earlier datagram, instead of sending this */
            sent = sendmmsg(fd, messages + done, made - done, 0);
        if (sent < 0)
            return taken;
        for (; sent > 0; sent--)
            taken += lengths[done++];
    }
    return taken;
}

/* send(fd, wake, memory, places, first, end, burst, last, last_ns, offload, pace):
   how many were sent, when the last, what they take the link, when it is free, when a burst may follow, errno */
static PyObject *send_paced(PyObject *self, PyObject *args)
{
    int fd, wake, offload, error = 0;
    Py_buffer memory, places;
    Py_ssize_t first, end, burst, last;
    double last_ns, now = 0, link_ns = 0;
    struct pace pace;
    (void)self;
    if (!PyArg_ParseTuple(args, "iiy*y*nnnndp(ddddddd)", &fd, &wake, &memory, &places, &first, &end, &burst, &last,
                          &last_ns, &offload, &pace.free_ns, &pace.earliest_ns, &pace.byte_ns, &pace.packet_ns,
                          &pace.forgiven_ns, &pace.late_share, &pace.gap_share))
        return NULL;
    const struct place *at = places.buf;
    int fits = first >= 0 && burst > 0 && core_holds(&places, end * (Py_ssize_t)sizeof *at, "places");
    for (Py_ssize_t k = first; fits && k < end; k++)
        fits = at[k].size > 0 && at[k].size <= UINT16_MAX
               && core_holds(&memory, (Py_ssize_t)at[k].first + at[k].size, "memory");
    Py_ssize_t next = first;
    if (fits) {
        Py_BEGIN_ALLOW_THREADS
        while (next < end && !error) {
            double due = pace.free_ns > pace.earliest_ns ? pace.free_ns : pace.earliest_ns;
            if (next == last && last_ns > due)
                due = last_ns;
            if (woken_before(wake, due))
                break;
            now = now_ns();
            Py_ssize_t until = next + (burst < MOST ? burst : MOST);
            until = until < end ? until : end;
            if (until > last && next < last && now < last_ns)
                until = last;
            Py_ssize_t sent = hand_over(fd, memory.buf, at + next, until - next, offload);
            error = next + sent < until ? errno : 0;
            double taken_ns = (double)sent * pace.packet_ns;
            for (until = next + sent; next < until; next++)
                taken_ns += at[next].size * pace.byte_ns;
            double slot = now - taken_ns * pace.late_share, idle = now - pace.forgiven_ns;
            pace.earliest_ns = (slot > pace.earliest_ns ? slot : pace.earliest_ns) + taken_ns * pace.gap_share;
            pace.free_ns = (idle > pace.free_ns ? idle : pace.free_ns) + taken_ns;
            link_ns += taken_ns;
        }
        Py_END_ALLOW_THREADS
    }
    PyBuffer_Release(&memory);
    PyBuffer_Release(&places);
    if (!fits)
        return PyErr_Occurred() ? NULL : PyErr_Format(PyExc_ValueError, "packets %zd to %zd: no such burst", first, end);
    return Py_BuildValue("nddddi", next - first, now, link_ns, pace.free_ns, pace.earliest_ns, error);
}

PyMethodDef sender_functions[] = {{"send_paced", send_paced, METH_VARARGS, NULL}, {NULL, NULL, 0, NULL}};
#else
PyMethodDef sender_functions[] = {{NULL, NULL, 0, NULL}};
#endif
