#include "rows.h"

/* Drawing: noise is scaled, added to the mean, clipped and packed in one pass over a piece of a frame, straight into
   the rows of packets. What `NumpyDrawing` does in sensor/fast/drawing.py, to the byte. */

enum { CHUNK = 2048, ROOM = 2 * CHUNK };

/* How results of the loop become bytes; the order of `PACKINGS` in sensor/fast/drawing.py. */
enum packing { BYTES, WORDS, P10, P12, PACKED10, PACKED12, PACKINGS };

static const struct { int values, bytes, whole; } groups[PACKINGS] = {
    [BYTES] = {1, 1, 0}, [WORDS] = {1, 2, 0}, [P10] = {4, 5, 0}, [P12] = {2, 3, 0}, [PACKED10] = {2, 3, 1}, [PACKED12] = {2, 3, 1},
};

/* Bytes of so many values, of which the last group may be cut off, if it is not always whole. */
static Py_ssize_t packed_bytes(int packing, Py_ssize_t values)
{
    Py_ssize_t size = groups[packing].values, bytes = groups[packing].bytes, rest = values % size;
    Py_ssize_t last = groups[packing].whole ? (rest ? bytes : 0) : (rest * bytes + size - 1) / size;
    return values / size * bytes + last;
}

struct scale { int16_t sign, top, mask, up; int shift, down; };

/* To words that are packed later, or to bytes at once. */
#define VALUES(NAME, TYPE, UP)                                                                                         \
    FOR_EVERY_PROCESSOR static void NAME(struct scale by, const int16_t *restrict mean, const uint8_t *restrict sigma, \
                                         const int8_t *restrict noise, TYPE *restrict out, Py_ssize_t count)           \
    {                                                                                                                  \
        const int shift = by.shift & 15, down = by.down & 15;                                                          \
        EACH(at, count) {                                                                                              \
            int16_t value = (int16_t)(mean[at] + ((int16_t)(sigma[at] * noise[at] * by.sign) >> shift));               \
            value = value > by.top ? by.top : value;                                                                   \
            value = value < 0 ? 0 : value;                                                                             \
            out[at] = (TYPE)(((value >> down) & by.mask) UP);                                                          \
        }                                                                                                              \
    }
VALUES(words_of, uint16_t, *by.up)
VALUES(bytes_of, uint8_t, )

/* Clipped values, looked up in tables that take turns, component by component. */
static void look_up(const uint16_t *tables, Py_ssize_t entries, int period, Py_ssize_t first, uint16_t *values,
                    Py_ssize_t count)
{
    for (int turn = 0; turn < period; turn++) {
        const uint16_t *table = tables + (first + turn) % period * entries;
        for (Py_ssize_t at = turn; at < count; at += period)
            values[at] = table[values[at]];
    }
}

/* Little-endian bytes of one group's bits. */
#define GROUPS(SIZE, WIDE, BITS)                                                                                       \
    for (; count > 0; count -= SIZE, values += SIZE, out += WIDE) {                                                    \
        const uint64_t bits = BITS;                                                                                    \
        for (int byte = 0; byte < WIDE; byte++)                                                                        \
            out[byte] = (uint8_t)(bits >> 8 * byte);                                                                   \
    }

/* As bytes; what a last group lacks are zeros behind the values, and all of its bytes are written. */
FOR_EVERY_PROCESSOR static void pack(int packing, const uint16_t *restrict values, Py_ssize_t count, uint8_t *restrict out)
{
    switch (packing) {
    case BYTES: GROUPS(1, 1, values[0]) break;
    case WORDS: GROUPS(1, 2, values[0]) break;
    case P10: GROUPS(4, 5, values[0] | values[1] << 10 | (uint64_t)values[2] << 20 | (uint64_t)values[3] << 30) break;
    case P12: GROUPS(2, 3, (uint64_t)(values[0] | values[1] << 12)) break;
    case PACKED10:
        GROUPS(2, 3, (uint64_t)(values[0] >> 2 | (values[0] & 3) << 8 | (values[1] & 3) << 12 | values[1] >> 2 << 16))
        break;
    case PACKED12:
        GROUPS(2, 3, (uint64_t)(values[0] >> 4 | (values[0] & 15) << 8 | (values[1] & 15) << 12 | values[1] >> 4 << 16))
        break;
    }
}

struct rows { uint8_t *flat; Py_ssize_t row_bytes, header_bytes; };

static Py_ssize_t place(const struct rows *rows, Py_ssize_t byte)
{
    return byte + (byte / (rows->row_bytes - rows->header_bytes) + 1) * rows->header_bytes;
}

INLINE Py_ssize_t smaller_of(Py_ssize_t one, Py_ssize_t other) { return one < other ? one : other; }

static void lay_out(const struct rows *rows, Py_ssize_t first, const uint8_t *bytes, Py_ssize_t count)
{
    const Py_ssize_t size = rows->row_bytes - rows->header_bytes;
    while (count > 0) {
        const Py_ssize_t part = smaller_of(size - first % size, count);
        memcpy(rows->flat + place(rows, first), bytes, (size_t)part);
        first += part, bytes += part, count -= part;
    }
}

/* Components `first` to before `end`, which mean and sigma begin with. The noise of each block of a frame begins at half
   of its start, and has the other sign if that is odd. Returned is the byte behind the last one that was written. */
static PyObject *draw(PyObject *self, PyObject *args)
{
    Py_buffer in[6], *mean = in, *sigma = in + 1, *noise = in + 2, *starts = in + 3, *tables = in + 4, *flat = in + 5;
    struct rows rows;
    Py_ssize_t size, block, first, end, written = 0;
    int shift, top, down, mask, up, period, packing;
    if (!PyArg_ParseTuple(args, "y*y*y*ny*n(iiiii)y*iinnw*nn:draw", mean, sigma, noise, &size, starts, &block, &shift,
                          &top, &down, &mask, &up, tables, &period, &packing, &first, &end, flat, &rows.row_bytes,
                          &rows.header_bytes))
        return NULL;
    struct scale by = {1, (int16_t)top, (int16_t)mask, (int16_t)(1 << (up & 15)), shift, down};
    const Py_ssize_t count = end - first, entries = (Py_ssize_t)top + 1, data = rows.row_bytes - rows.header_bytes;
    const uintptr_t odd = ((uintptr_t)mean->buf | (uintptr_t)tables->buf) % 2 | (uintptr_t)starts->buf % 8;
    int fine = packing >= 0 && packing < PACKINGS && top >= 0 && top <= INT16_MAX && period >= 0 && period <= 16 &&
               first >= 0 && first <= end && end <= INT32_MAX && first % 4 == 0 && rows.header_bytes >= 0 &&
               rows.header_bytes <= UINT16_MAX && rows.row_bytes > rows.header_bytes && size > 0 && size <= INT32_MAX &&
               block > 0 && block <= INT32_MAX && block % 4 == 0 && !odd;
    if (!fine)
        PyErr_SetString(PyExc_ValueError, "draw: an argument is out of range");
    rows.flat = flat->buf;
    if (fine) {
        written = packed_bytes(packing, end);
        fine = core_holds(mean, 2 * count, "mean") && core_holds(sigma, count, "sigma") &&
               core_holds(noise, size + block, "noise") &&
               core_holds(starts, 8 * ((end + block - 1) / block), "starts") &&
               core_holds(tables, 2 * period * entries, "tables") &&
               (!count || core_holds(flat, place(&rows, written - 1) + 1, "rows"));
    }
    if (fine) {
        Py_BEGIN_ALLOW_THREADS
        const int straight = packing == BYTES && period == 0;
        for (Py_ssize_t at = first, part; at < end; at += part) {
            const Py_ssize_t in_block = at % block, left = smaller_of(end - at, block - in_block);
            const uint64_t start = ((const uint64_t *)starts->buf)[at / block], block_at = (uint64_t)(at - in_block);
            const int16_t *means = (const int16_t *)mean->buf + (at - first);
            const uint8_t *sigmas = (const uint8_t *)sigma->buf + (at - first);
            const int8_t *units = (const int8_t *)noise->buf + (start / 2 + block_at) % (uint64_t)size + in_block;
            by.sign = start % 2 ? -1 : 1;
            part = smaller_of(left, straight ? data - at % data : CHUNK);
            if (straight) {
                bytes_of(by, means, sigmas, units, rows.flat + place(&rows, at), part);
                continue;
            }
            uint16_t values[CHUNK + 4];
            uint8_t bytes[ROOM + 8];
            words_of(by, means, sigmas, units, values, part);
            memset(values + part, 0, 4 * sizeof *values);
            if (period > 0)
                look_up(tables->buf, entries, period, at, values, part);
            pack(packing, values, part, bytes);
            lay_out(&rows, packed_bytes(packing, at), bytes, packed_bytes(packing, part));
        }
        Py_END_ALLOW_THREADS
    }
    (void)self;
    return released(in, 6, fine ? PyLong_FromSsize_t(written) : NULL);
}

PyMethodDef draw_functions[] = {{"draw", draw, METH_VARARGS, NULL}, {NULL, NULL, 0, NULL}};
