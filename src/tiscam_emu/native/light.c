#include "core.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

/* What a lens makes of a picture, and what sensor pixels get of it; `sensor/optics/projection.py` is the same in numpy
   and says what all this means. */

enum { CHANNELS = 3 };

struct taps { /* of places on one axis: each is `count` weighted values from `first` on; weights are (count, places) */
    const int32_t *first;
    const float *weights;
    Py_ssize_t places, count;
};

#define INLINE static inline __attribute__((always_inline))
#define EACH(x, count) for (int x = 0, all_of_##x = (int)(count); x < all_of_##x; x++)

INLINE float of(int x, float even, float odd)
{
    return x & 1 ? odd : even;
}

static Py_ssize_t clamped(Py_ssize_t at, Py_ssize_t size)
{
    return at < 0 ? 0 : at < size ? at : size - 1;
}

/* Three colours through one filter, and what borders are repeated with. */
INLINE void filtered(const float *restrict colours, Py_ssize_t columns, Py_ssize_t before, Py_ssize_t behind,
                     const float *filter, float *restrict out)
{
    const float red = filter[0], green = filter[1], blue = filter[2];
    EACH(x, columns) out[x] = colours[3 * x] * red + colours[3 * x + 1] * green + colours[3 * x + 2] * blue;
    for (Py_ssize_t x = 1; x <= before; x++)
        out[-x] = out[0];
    for (Py_ssize_t x = 0; x < behind; x++)
        out[columns + x] = out[columns - 1];
}

/* One line's places: of one channel at even ones and another at odd ones. */
INLINE void across(const struct taps *taps, const float *even, const float *odd, float *restrict out)
{
    const Py_ssize_t n = taps->places, begin = taps->first[0];
    int straight = 1;
    for (Py_ssize_t x = 0; x < n && straight; x++)
        straight = taps->first[x] == begin + x;
    for (Py_ssize_t k = 0; k < taps->count; k++) {
        const float *restrict weights = taps->weights + k * n, *restrict one = even + k, *restrict two = odd + k;
        const int32_t *restrict first = taps->first;
        if (straight && k == 0)
            EACH(x, n) out[x] = of(x, one[begin + x], two[begin + x]) * weights[x];
        else if (straight)
            EACH(x, n) out[x] += of(x, one[begin + x], two[begin + x]) * weights[x];
        else if (k == 0)
            EACH(x, n) out[x] = of(x, one[first[x]], two[first[x]]) * weights[x];
        else
            EACH(x, n) out[x] += of(x, one[first[x]], two[first[x]]) * weights[x];
    }
}

struct projection {
    const float *colours, *filters, *gain;
    const int32_t *channels; /* by line, even or odd, and place, even or odd; without codes by output plane, twice each */
    Py_ssize_t rows, columns, before, behind, filter_count, planes;
    struct taps down, along;
    float brightest, scale;
    uint16_t *codes;
    float *plain;
};

FOR_EVERY_PROCESSOR
static void project_all(const struct projection *p, float *lines, float *row, float *total)
{
    const Py_ssize_t n = p->along.places, room = p->before + p->columns + p->behind;
    for (Py_ssize_t y = 0; y < p->rows; y++) {
        for (Py_ssize_t c = 0; c < p->filter_count; c++)
            filtered(p->colours + y * p->columns * 3, p->columns, p->before, p->behind, p->filters + c * 3,
                     row + c * room + p->before);
        for (Py_ssize_t plane = 0; plane < p->planes; plane++) {
            const float *even = row + p->channels[plane * 2] * room + p->before;
            const float *odd = row + p->channels[plane * 2 + 1] * room + p->before;
            across(&p->along, even, odd, lines + (y * p->planes + plane) * n);
        }
    }
    for (Py_ssize_t y = 0; y < p->down.places; y++)
        for (Py_ssize_t plane = p->codes == NULL ? 0 : y % p->planes; plane < p->planes; plane += p->codes == NULL ? 1 : p->planes) {
            float *restrict sum = p->codes == NULL ? p->plain + (plane * p->down.places + y) * n : total;
            for (Py_ssize_t k = 0; k < p->down.count; k++) {
                const Py_ssize_t from = clamped(p->down.first[y] + k, p->rows);
                const float *restrict line = lines + (from * p->planes + plane) * n;
                const float weight = p->down.weights[k * p->down.places + y];
                if (k == 0)
                    EACH(x, n) sum[x] = line[x] * weight;
                else
                    EACH(x, n) sum[x] += line[x] * weight;
            }
            if (p->codes == NULL)
                continue;
            uint16_t *restrict codes = p->codes + y * n;
            const float *restrict gain = p->gain + y * n;
            const float brightest = p->brightest, scale = p->scale;
            EACH(x, n) {
                float light = sum[x] * gain[x];
                light = light > 0.0f ? light : 0.0f;
                light = light < brightest ? light : brightest;
                codes[x] = (uint16_t)(int)(sqrtf(light) * scale + 0.5f);
            }
        }
}

static int holds_taps(const Py_buffer *first, const Py_buffer *weights, struct taps *taps, const char *name)
{
    taps->first = first->buf, taps->weights = weights->buf, taps->places = first->len / 4;
    taps->count = taps->places ? weights->len / 4 / taps->places : 0;
    if (taps->count > 0 && taps->count < 1024 && taps->places < 1 << 20)
        return 1;
    PyErr_Format(PyExc_ValueError, "project: %s: %zd places, %zd bytes of weights", name, taps->places, weights->len);
    return 0;
}

static PyObject *project(PyObject *self, PyObject *args)
{
    (void)self;
    Py_buffer colours, filters, channels, down_first, down_weights, first, weights, gain, out;
    Py_ssize_t codes;
    struct projection p;
    if (!PyArg_ParseTuple(args, "y*y*y*y*y*y*y*y*w*nnnff:project", &colours, &filters, &channels, &down_first,
                          &down_weights, &first, &weights, &gain, &out, &p.rows, &p.columns, &codes, &p.brightest, &p.scale))
        return NULL;
    PyObject *done = NULL;
    float *memory = NULL;
    if (holds_taps(&down_first, &down_weights, &p.down, "rows") && holds_taps(&first, &weights, &p.along, "columns")) {
        const Py_ssize_t n = p.along.places, m = p.down.places, most = 1 << 20;
        p.colours = colours.buf, p.filters = filters.buf, p.channels = channels.buf, p.gain = gain.buf;
        p.filter_count = filters.len / 12, p.planes = channels.len / 8;
        p.codes = codes ? out.buf : NULL, p.plain = out.buf;
        p.before = p.behind = 0;
        int sound = p.rows > 0 && p.columns > 0 && p.rows < most && p.columns < most && p.filter_count > 0 && p.planes > 0 &&
                    p.planes <= CHANNELS && p.filter_count <= CHANNELS;
        for (Py_ssize_t at = 0; sound && at < p.planes * 2; at++)
            sound = p.channels[at] >= 0 && p.channels[at] < p.filter_count;
        for (Py_ssize_t x = 0; sound && x < n; x++) {
            const Py_ssize_t end = p.along.first[x] + p.along.count - p.columns;
            p.before = -p.along.first[x] > p.before ? -p.along.first[x] : p.before;
            p.behind = end > p.behind ? end : p.behind;
        }
        const Py_ssize_t room = p.before + p.columns + p.behind;
        if (!sound || room > 4 * most)
            PyErr_SetString(PyExc_ValueError, "project: sizes that do not go together");
        else if (core_holds(&colours, p.rows * p.columns * 12, "colours") && core_holds(&gain, codes ? n * m * 4 : 0, "gain") &&
                 core_holds(&out, codes ? n * m * 2 : p.planes * n * m * 4, "out")) {
            memory = malloc((size_t)(p.filter_count * room + (p.rows * p.planes + 1) * n) * sizeof *memory);
            if (memory == NULL) {
                PyErr_NoMemory();
            } else {
                float *total = memory + p.filter_count * room;
                Py_BEGIN_ALLOW_THREADS
                project_all(&p, total + n, memory, total);
                Py_END_ALLOW_THREADS
                done = Py_NewRef(Py_None);
            }
            free(memory);
        }
    }
    Py_buffer *const buffers[] = {&colours, &filters, &channels, &down_first, &down_weights, &first, &weights, &gain, &out};
    for (size_t at = 0; at < sizeof buffers / sizeof *buffers; at++)
        PyBuffer_Release(buffers[at]);
    return done;
}

/* A part of an 8-bit texture as light: by a table of 256 values, times a factor for each row and column. */
static PyObject *decode(PyObject *self, PyObject *args)
{
    (void)self;
    Py_buffer texture, table, down, along, out;
    Py_ssize_t width, top, left;
    if (!PyArg_ParseTuple(args, "y*y*y*y*w*nnn:decode", &texture, &table, &down, &along, &out, &width, &top, &left))
        return NULL;
    const Py_ssize_t rows = down.len / 4, columns = along.len / 4;
    PyObject *done = NULL;
    if (top < 0 || left < 0 || width < left + columns || width > 1 << 20 || top > 1 << 20)
        PyErr_SetString(PyExc_ValueError, "decode: sizes that do not go together");
    else if (core_holds(&texture, (top + rows) * width * 3, "texture") && core_holds(&table, 256 * 4, "table") &&
             core_holds(&out, rows * columns * 12, "out")) {
        Py_BEGIN_ALLOW_THREADS
        const float *restrict values = table.buf, *restrict factors = along.buf;
        for (Py_ssize_t y = 0; y < rows; y++) {
            const uint8_t *restrict in = (const uint8_t *)texture.buf + ((top + y) * width + left) * 3;
            const float factor = ((const float *)down.buf)[y];
            float *restrict line = (float *)out.buf + y * columns * 3;
            EACH(x, columns)
                for (int c = 0; c < 3; c++)
                    line[3 * x + c] = values[in[3 * x + c]] * factor * factors[x];
        }
        Py_END_ALLOW_THREADS
        done = Py_NewRef(Py_None);
    }
    Py_buffer *const buffers[] = {&texture, &table, &down, &along, &out};
    for (size_t at = 0; at < sizeof buffers / sizeof *buffers; at++)
        PyBuffer_Release(buffers[at]);
    return done;
}

PyMethodDef light_functions[] = {
    {"project", project, METH_VARARGS, NULL}, {"decode", decode, METH_VARARGS, NULL}, {NULL, NULL, 0, NULL}};
