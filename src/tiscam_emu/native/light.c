#include "rows.h"

/* What a lens makes of a picture, and what sensor pixels get of it; `sensor/optics/projection.py` is the same in numpy
   and says what all this means. */

enum { CHANNELS = 3 };

struct taps { /* of places on one axis: each is `count` weighted values from `first` on; weights are (count, places) */
    const int32_t *first;
    const float *weights;
    Py_ssize_t places, count;
};

struct projection {
    const float *colours, *filters, *gain;
    const int32_t *kinds; /* by line, even or odd, and place, even or odd; without codes by output plane, twice each */
    Py_ssize_t rows, columns, before, behind, room, filter_count, planes;
    int straight; /* neighbours see neighbours along a line */
    struct taps down, along;
    float brightest, scale;
    uint16_t *codes;
    float *plain;
};

/* A line's three colours, one by one. */
INLINE void apart(const float *restrict colours, Py_ssize_t columns, float *restrict one, float *restrict two,
                  float *restrict three)
{
    EACH(x, columns) one[x] = colours[3 * x], two[x] = colours[3 * x + 1], three[x] = colours[3 * x + 2];
}

/* Three colours through one filter, and what borders are repeated with. */
INLINE void filtered(const struct projection *p, const float *restrict red, const float *restrict green,
                     const float *restrict blue, const float *filter, float *restrict out)
{
    const float r = filter[0], g = filter[1], b = filter[2];
    EACH(x, p->columns) out[x] = red[x] * r + green[x] * g + blue[x] * b;
    EACH(x, p->before) out[-1 - x] = out[0];
    EACH(x, p->behind) out[p->columns + x] = out[p->columns - 1];
}

/* Rows of one kind, weighted and summed. */
INLINE void down(const struct projection *p, Py_ssize_t y, const float *rows, float *restrict sum)
{
    const Py_ssize_t room = p->room;
    memset(sum, 0, (size_t)room * sizeof *sum);
    for (Py_ssize_t k = 0; k < p->down.count; k++) {
        const Py_ssize_t from = p->down.first[y] + k, last = p->rows - 1;
        const float *restrict row = rows + (from < 0 ? 0 : from < last ? from : last) * room;
        const float weight = p->down.weights[k * p->down.places + y];
        EACH(x, room) sum[x] += row[x] * weight;
    }
}

/* One line's places: even ones see one channel and odd ones another; both may change places at every second pixel. */
INLINE void across(const struct projection *p, float *even, float *odd, float *restrict out)
{
    const struct taps *taps = &p->along;
    const Py_ssize_t n = taps->places, begin = p->before + taps->first[0];
    memset(out, 0, (size_t)n * sizeof *out);
    for (Py_ssize_t x = 1; p->straight && even != odd && x < p->room; x += 2) {
        const float moved = even[x];
        even[x] = odd[x], odd[x] = moved;
    }
    for (Py_ssize_t k = 0; k < taps->count; k++) {
        const float *restrict weights = taps->weights + k * n, *restrict row = ((begin + k) & 1 ? odd : even) + begin + k;
        if (p->straight)
            EACH(x, n) out[x] += row[x] * weights[x];
        else
            EACH(x, n) out[x] += (x & 1 ? odd : even)[p->before + taps->first[x] + k] * weights[x];
    }
}

FOR_EVERY_PROCESSOR
static void project_all(const struct projection *p, float *rows, float *even, float *odd, float *total, float *colours)
{
    const Py_ssize_t n = p->along.places, columns = p->columns, all = p->rows * p->room;
    for (Py_ssize_t y = 0; y < p->rows; y++) {
        apart(p->colours + y * columns * 3, columns, colours, colours + columns, colours + 2 * columns);
        for (Py_ssize_t c = 0; c < p->filter_count; c++)
            filtered(p, colours, colours + columns, colours + 2 * columns, p->filters + c * 3,
                     rows + c * all + y * p->room + p->before);
    }
    const Py_ssize_t step = p->codes == NULL ? 1 : p->planes; /* codes are of one plane in each row */
    for (Py_ssize_t y = 0; y < p->down.places; y++)
        for (Py_ssize_t plane = y % step; plane < p->planes; plane += step) {
            const int32_t *kinds = p->kinds + plane * 2;
            down(p, y, rows + kinds[0] * all, even);
            if (kinds[1] != kinds[0])
                down(p, y, rows + kinds[1] * all, odd);
            across(p, even, kinds[1] != kinds[0] ? odd : even, p->codes ? total : p->plain + (plane * p->down.places + y) * n);
            if (p->codes == NULL)
                continue;
            uint16_t *restrict codes = p->codes + y * n;
            const float *restrict gain = p->gain + y * n;
            const float brightest = p->brightest, scale = p->scale;
            EACH(x, n)
                codes[x] = (uint16_t)(int)(sqrtf(smaller(larger(total[x] * gain[x], 0.0f), brightest)) * scale + 0.5f);
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
    enum { COLOURS, FILTERS, KINDS, DOWN, DOWN_WEIGHTS, ALONG, ALONG_WEIGHTS, GAIN, OUT, ALL };
    Py_buffer in[ALL];
    Py_ssize_t codes;
    struct projection p;
    if (!PyArg_ParseTuple(args, "y*y*y*y*y*y*y*y*w*nnnff:project", &in[0], &in[1], &in[2], &in[3], &in[4], &in[5], &in[6],
                          &in[7], &in[8], &p.rows, &p.columns, &codes, &p.brightest, &p.scale))
        return NULL;
    if (!holds_taps(&in[DOWN], &in[DOWN_WEIGHTS], &p.down, "rows") ||
        !holds_taps(&in[ALONG], &in[ALONG_WEIGHTS], &p.along, "columns"))
        return released(in, ALL, NULL);
    const Py_ssize_t n = p.along.places, m = p.down.places, most = 1 << 20;
    p.colours = in[COLOURS].buf, p.filters = in[FILTERS].buf, p.kinds = in[KINDS].buf, p.gain = in[GAIN].buf;
    p.filter_count = in[FILTERS].len / 12, p.planes = in[KINDS].len / 8;
    p.codes = codes ? in[OUT].buf : NULL, p.plain = in[OUT].buf;
    p.before = p.behind = 0, p.straight = 1;
    int sound = p.rows > 0 && p.columns > 0 && p.rows < most && p.columns < most && p.filter_count > 0 && p.planes > 0 &&
                p.planes <= CHANNELS && p.filter_count <= CHANNELS;
    for (Py_ssize_t at = 0; sound && at < p.planes * 2; at++)
        sound = p.kinds[at] >= 0 && p.kinds[at] < p.filter_count;
    for (Py_ssize_t x = 0; sound && x < n; x++) {
        const Py_ssize_t before = -p.along.first[x], behind = p.along.first[x] + p.along.count - p.columns;
        p.before = before > p.before ? before : p.before;
        p.behind = behind > p.behind ? behind : p.behind;
        p.straight &= p.along.first[x] == p.along.first[0] + x;
    }
    const Py_ssize_t room = p.room = p.before + p.columns + p.behind;
    if (!sound || room > 4 * most) {
        PyErr_SetString(PyExc_ValueError, "project: sizes that do not go together");
        return released(in, ALL, NULL);
    }
    if (!core_holds(&in[COLOURS], p.rows * p.columns * 12, "colours") || !core_holds(&in[GAIN], codes ? n * m * 4 : 0, "gain") ||
        !core_holds(&in[OUT], codes ? n * m * 2 : p.planes * n * m * 4, "out"))
        return released(in, ALL, NULL);
    float *memory = malloc((size_t)((p.filter_count * p.rows + 2) * room + n + 3 * p.columns) * sizeof *memory);
    if (memory == NULL)
        return released(in, ALL, PyErr_NoMemory());
    float *even = memory + p.filter_count * p.rows * room, *odd = even + room;
    Py_BEGIN_ALLOW_THREADS
    project_all(&p, memory, even, odd, odd + room, odd + room + n);
    Py_END_ALLOW_THREADS
    free(memory);
    return released(in, ALL, Py_NewRef(Py_None));
}

/* A part of an 8-bit texture as light: by a table of 256 values, times a factor for each row and column. */
static PyObject *decode(PyObject *self, PyObject *args)
{
    (void)self;
    enum { TEXTURE, TABLE, DOWN, ALONG, OUT, ALL };
    Py_buffer in[ALL];
    Py_ssize_t width, top, left;
    if (!PyArg_ParseTuple(args, "y*y*y*y*w*nnn:decode", &in[0], &in[1], &in[2], &in[3], &in[4], &width, &top, &left))
        return NULL;
    const Py_ssize_t rows = in[DOWN].len / 4, columns = in[ALONG].len / 4, most = 1 << 20;
    if (top < 0 || left < 0 || width < left + columns || width > most || top > most) {
        PyErr_SetString(PyExc_ValueError, "decode: sizes that do not go together");
        return released(in, ALL, NULL);
    }
    if (!core_holds(&in[TEXTURE], (top + rows) * width * 3, "texture") || !core_holds(&in[TABLE], 256 * 4, "table") ||
        !core_holds(&in[OUT], rows * columns * 12, "out"))
        return released(in, ALL, NULL);
    Py_BEGIN_ALLOW_THREADS
    const float *restrict values = in[TABLE].buf, *restrict factors = in[ALONG].buf;
    for (Py_ssize_t y = 0; y < rows; y++) {
        const uint8_t *restrict texture = (const uint8_t *)in[TEXTURE].buf + ((top + y) * width + left) * 3;
        const float factor = ((const float *)in[DOWN].buf)[y];
        float *restrict line = (float *)in[OUT].buf + y * columns * 3;
        EACH(x, columns)
            for (int c = 0; c < 3; c++)
                line[3 * x + c] = values[texture[3 * x + c]] * factor * factors[x];
    }
    Py_END_ALLOW_THREADS
    return released(in, ALL, Py_NewRef(Py_None));
}

PyMethodDef light_functions[] = {
    {"project", project, METH_VARARGS, NULL}, {"decode", decode, METH_VARARGS, NULL}, {NULL, NULL, 0, NULL}};
