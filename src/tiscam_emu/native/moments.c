#include "core.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

/* Light codes to fixed-point mean and sigma of every component, row by row; `sensor/fast/moments.py` is the same in
   numpy and says what all this means. Weights repeat every two pixels: rows are gone over in strips of STRIP of them. */

enum { STRIP = 16, MARGIN = 16, DITHERS = 1 << 14, APART = 40503 };

struct recipe { /* as RECIPE in Python; arrays by place in the mosaic's quad: two of the first line, two of the second */
    float light_e, dark_e, full_well_e, share, black_dn, full_dn, max_z, max_sigma_dn;
    float mean_unit, rounding, sigma_unit, table_scale, table_base;
    int32_t colours, mixes, planes, group, green[2];
    float gain[4], low_dn[4], top_dn[4];
    float black_at[4][3], cap_at[4][3], capped[4][3];
    float mix[4][3][4], mean[4][3][4], variance[4][3][3];
    int32_t divisor[3], toned[3], count[3], place[3][4];
};

struct block {
    const struct recipe *recipe;
    const uint16_t *codes; /* of the first row; the next layer's lie `layer` further */
    const float *offsets, *dithers, *slopes;
    const int16_t *toned;
    Py_ssize_t layers, layer, rows, columns, top, bottom, left, right, line, row, column, table;
    int16_t *mean, *sigma;
};

#define INLINE static inline __attribute__((always_inline))
#define STRIPS(x, count) for (Py_ssize_t x = 0; x < (count); x += STRIP)
#define EACH(i) for (int i = 0; i < STRIP; i++)

INLINE void repeat(float *restrict strip, const float *of_quad, int stride)
{
    EACH(i) strip[i] = of_quad[(i & 1) * stride];
}

INLINE void expected_dn(const struct block *b, Py_ssize_t row, Py_ssize_t x, int count, const float *gain,
                        const float *low, const float *top, float *restrict out)
{
    const struct recipe *r = b->recipe;
    float total[STRIP];
    for (int i = 0; i < count; i++)
        total[i] = b->offsets[row * b->columns + x + i];
    for (Py_ssize_t layer = 0; layer < b->layers; layer++) {
        const uint16_t *codes = b->codes + layer * b->layer + row * b->columns + x;
        for (int i = 0; i < count; i++) {
            float electrons = codes[i];
            electrons = electrons * electrons * r->light_e + r->dark_e;
            electrons = electrons < r->full_well_e ? electrons : r->full_well_e;
            total[i] += electrons * r->share;
        }
    }
    for (int i = 0; i < count; i++) {
        float dn = total[i] * gain[i] + r->black_dn;
        dn = dn > low[i] ? dn : low[i];
        out[i] = dn < top[i] ? dn : top[i];
    }
}

/* One row of the mosaic in DN, borders mirrored. */
INLINE void mosaic_row(const struct block *b, Py_ssize_t row, float *restrict out)
{
    const struct recipe *r = b->recipe;
    const int quad = (row & 1) * 2;
    const Py_ssize_t whole = b->columns / STRIP * STRIP;
    float gain[STRIP], low[STRIP], top[STRIP];
    repeat(gain, r->gain + quad, 1), repeat(low, r->low_dn + quad, 1), repeat(top, r->top_dn + quad, 1);
    STRIPS(x, whole)
        expected_dn(b, row, x, STRIP, gain, low, top, out + x);
    expected_dn(b, row, whole, (int)(b->columns - whole), gain, low, top, out + whole);
    out[-1] = out[b->columns > 1];
    out[b->columns] = out[b->columns > 1 ? b->columns - 2 : 0];
}

/* The colours that a pixel lacks: beside and above it on lines of its own colour, else across and diagonally. */
INLINE void neighbours(Py_ssize_t columns, int green, const float *up, const float *own, const float *down,
                       float *restrict first, float *restrict second)
{
    STRIPS(x, columns)
        EACH(i) {
            const Py_ssize_t at = x + i;
            const float beside = (own[at - 1] + own[at + 1]) * 0.5f, above = (up[at] + down[at]) * 0.5f;
            const float cross = (beside + above) * 0.5f;
            const float before = (up[at - 1] + down[at - 1]) * 0.5f, behind = (up[at + 1] + down[at + 1]) * 0.5f;
            const float diagonal = (before + behind) * 0.5f;
            first[at] = (i & 1) == green ? beside : cross;
            second[at] = (i & 1) == green ? above : diagonal;
        }
}

INLINE void above_black(const struct block *b, int quad, int colour, const float *restrict dn, float *restrict out)
{
    const struct recipe *r = b->recipe;
    float black[STRIP], cap[STRIP], capped[STRIP];
    repeat(black, &r->black_at[quad][colour], 3), repeat(cap, &r->cap_at[quad][colour], 3);
    repeat(capped, &r->capped[quad][colour], 3);
    STRIPS(x, b->columns)
        EACH(i) {
            float signal = dn[x + i] - black[i];
            signal = signal > 0.0f ? signal : 0.0f;
            out[x + i] = dn[x + i] < cap[i] ? signal : capped[i];
        }
}

/* One or three rows weighted and summed. */
INLINE void weighted(Py_ssize_t columns, int colours, const float *weights, int stride, int constant, float *const in[3],
                     float *restrict out)
{
    float w[4][STRIP];
    for (int k = 0; k < 3; k++)
        repeat(w[k], weights + k, stride);
    if (constant)
        repeat(w[3], weights + 3, stride);
    else
        EACH(i) w[3][i] = 0.0f;
    const float *restrict a = in[0], *restrict c = in[1], *restrict d = in[2];
    if (colours == 1)
        STRIPS(x, columns)
            EACH(i) out[x + i] = a[x + i] * w[0][i] + w[3][i];
    else
        STRIPS(x, columns)
            EACH(i) out[x + i] = a[x + i] * w[0][i] + c[x + i] * w[1][i] + d[x + i] * w[2][i] + w[3][i];
}

/* Means of `divisor` neighbours each; the last ones are repeated to make up a group. */
INLINE void averaged(float *restrict row, Py_ssize_t columns, int divisor)
{
    const float share = 1.0f / (float)divisor;
    for (Py_ssize_t x = columns; x < columns + MARGIN; x++)
        row[x] = row[columns - 1];
    for (Py_ssize_t x = 0; divisor > 1 && x * divisor < columns; x++) {
        float total = row[x * divisor];
        for (int k = 1; k < divisor; k++)
            total += row[x * divisor + k];
        row[x] = total * share;
    }
}

/* Mean and variance to fixed point, at the plane's places in every group of components. */
INLINE void encode(const struct block *b, int plane, Py_ssize_t row, const float *dn, const float *variance)
{
    const struct recipe *r = b->recipe;
    const int divisor = r->divisor[plane], each = r->count[plane], toned = r->toned[plane];
    const Py_ssize_t count = (b->line + r->group - 1) / r->group * each, line = (row - b->top) * b->line;
    const uint32_t seed = (uint32_t)((b->row + row - b->top) * 8 + plane * 2) * APART + (uint32_t)(b->column / divisor);
    const float *dither = b->dithers + seed % DITHERS, *other = b->dithers + (seed + APART) % DITHERS;
    const float scale = toned ? r->table_scale : r->mean_unit, base = toned ? r->table_base : r->rounding;
    const float most = toned ? INFINITY : r->max_sigma_dn; /* the table may bring larger ones down */
    const int32_t last = (int32_t)b->table - 1;
    STRIPS(x, count) {
        float sigma[STRIP];
        int32_t mean[STRIP], sigmas[STRIP];
        EACH(i) {
            const float drawn = sqrtf(variance[x + i]), m = dn[x + i], s = drawn < most ? drawn : most;
            const int over = !toned & (m - r->max_z * s > r->full_dn), under = !toned & (m + r->max_z * s < 0.0f);
            sigma[i] = over | under ? 0.0f : s;
            mean[i] = (int32_t)floorf((over ? r->full_dn : under ? 0.0f : m) * scale + base + dither[x + i]);
        }
        if (toned)
            EACH(i) {
                const int32_t at = mean[i] < 0 ? 0 : mean[i] < last ? mean[i] : last;
                mean[i] = b->toned[at];
                sigma[i] *= b->slopes[at];
            }
        EACH(i) {
            const float s = sigma[i] < r->max_sigma_dn ? sigma[i] : r->max_sigma_dn;
            sigmas[i] = (int32_t)(s * r->sigma_unit + other[x + i]);
        }
        if (r->group == 1 && x + STRIP <= b->line)
            EACH(i) {
                b->mean[line + x + i] = (int16_t)mean[i];
                b->sigma[line + x + i] = (int16_t)sigmas[i];
            }
        else
            EACH(i) {
                const Py_ssize_t at = (x + i) / each * r->group + r->place[plane][(x + i) % each];
                if (at < b->line) {
                    b->mean[line + at] = (int16_t)mean[i];
                    b->sigma[line + at] = (int16_t)sigmas[i];
                }
            }
    }
}

FOR_EVERY_PROCESSOR
static void moments_of(const struct block *b, float *rows, Py_ssize_t room)
{
    const struct recipe *r = b->recipe;
    float *mosaic[3], *colours[3], *signal[3], *mixed[3], *dn, *variance;
    float **const all[] = {mosaic, colours, signal, mixed};
    for (int k = 0; k < 12; k++)
        all[k / 3][k % 3] = rows + MARGIN + k * room;
    dn = mixed[2] + room, variance = dn + room;
    Py_ssize_t done = b->top - 2;
    for (Py_ssize_t y = b->top; y < b->bottom; y++) {
        const Py_ssize_t up = y ? y - 1 : b->rows > 1, down = y + 1 < b->rows ? y + 1 : y ? y - 1 : 0;
        const int quad = (y & 1) * 2, wants = r->colours == 3;
        for (Py_ssize_t row = wants ? (y ? y - 1 : 0) : y; row <= (wants && y + 1 < b->rows ? y + 1 : y); row++)
            if (row > done) {
                mosaic_row(b, row, mosaic[row % 3]);
                done = row;
            }
        colours[0] = mosaic[y % 3];
        if (wants)
            neighbours(b->columns, r->green[quad / 2], mosaic[up % 3], colours[0], mosaic[down % 3], colours[1], colours[2]);
        for (int k = 0; k < r->colours; k++)
            above_black(b, quad, k, colours[k], signal[k]);
        for (int k = 0; r->mixes && k < 3; k++) {
            weighted(b->columns, 3, &r->mix[quad][k][0], 12, 1, colours, mixed[k]);
            for (Py_ssize_t x = 0; x < b->columns; x++)
                mixed[k][x] = mixed[k][x] < 0.0f ? 0.0f : mixed[k][x] < r->full_dn ? mixed[k][x] : r->full_dn;
        }
        for (int plane = 0; plane < r->planes; plane++) {
            weighted(b->columns, r->colours, &r->mean[quad][plane][0], 12, 1, r->mixes ? mixed : colours, dn);
            weighted(b->columns, r->colours, &r->variance[quad][plane][0], 9, 0, signal, variance);
            averaged(dn + b->left, b->right - b->left, r->divisor[plane]);
            averaged(variance + b->left, b->right - b->left, r->divisor[plane]);
            encode(b, plane, y, dn + b->left, variance + b->left);
        }
    }
}

static PyObject *moments(PyObject *self, PyObject *args)
{
    (void)self;
    Py_buffer recipe, codes, offsets, dithers, toned, slopes, mean, sigma;
    Py_ssize_t layers, height, first;
    struct block b;
    if (!PyArg_ParseTuple(args, "y*y*y*y*y*y*w*w*nnn(nn)(nnnn)(nn)n:moments", &recipe, &codes, &offsets, &dithers, &toned,
                          &slopes, &mean, &sigma, &layers, &height, &first, &b.rows, &b.columns, &b.top, &b.bottom,
                          &b.left, &b.right, &b.row, &b.column, &b.line))
        return NULL;
    const struct recipe *r = b.recipe = recipe.buf;
    const Py_ssize_t many = 1 << 16, out = (b.bottom - b.top) * b.line * 2;
    PyObject *done = NULL;
    float *rows = NULL;
    int sound = recipe.len == sizeof *r && layers > 0 && layers < many && height > 0 && height < many && b.rows > 0 &&
                b.columns > 0 && b.columns < many && first >= 0 && first + b.rows <= height && 0 <= b.top &&
                b.top < b.bottom && b.bottom <= b.rows && 0 <= b.left && b.left < b.right && b.right <= b.columns &&
                b.row >= 0 && b.column >= 0 && b.line > 0 && b.line <= 4 * many && (r->colours == 1 || r->colours == 3) &&
                r->planes > 0 && r->planes <= 3 && r->group > 0;
    for (int k = 0; sound && k < r->planes; k++) {
        sound = r->divisor[k] > 0 && r->divisor[k] <= 4 && r->count[k] > 0 && r->count[k] <= 4 &&
                (b.line + r->group - 1) / r->group * r->count[k] <= (b.right - b.left - 1) / r->divisor[k] + 4;
        for (int i = 0; sound && i < r->count[k]; i++)
            sound = r->place[k][i] >= 0 && r->place[k][i] < r->group;
    }
    if (!sound)
        PyErr_SetString(PyExc_ValueError, "moments: sizes that do not go together");
    else if (core_holds(&codes, layers * height * b.columns * 2, "codes") &&
             core_holds(&offsets, b.rows * b.columns * 4, "offsets") &&
             core_holds(&dithers, (DITHERS + b.columns + 2 * STRIP) * 4, "dithers") &&
             core_holds(&slopes, 4, "slopes") && core_holds(&toned, slopes.len / 2, "toned") &&
             core_holds(&mean, out, "mean") && core_holds(&sigma, out, "sigma")) {
        const Py_ssize_t room = (b.columns + STRIP - 1) / STRIP * STRIP + 3 * MARGIN;
        b.codes = (const uint16_t *)codes.buf + first * b.columns;
        b.layers = layers, b.layer = height * b.columns, b.table = slopes.len / 4;
        b.offsets = offsets.buf, b.dithers = dithers.buf, b.toned = toned.buf, b.slopes = slopes.buf;
        b.mean = mean.buf, b.sigma = sigma.buf;
        rows = calloc((size_t)(14 * room + MARGIN), sizeof *rows);
        if (rows == NULL) {
            PyErr_NoMemory();
        } else {
            Py_BEGIN_ALLOW_THREADS
            moments_of(&b, rows, room);
            Py_END_ALLOW_THREADS
            done = Py_NewRef(Py_None);
        }
        free(rows);
    }
    Py_buffer *const buffers[] = {&recipe, &codes, &offsets, &dithers, &toned, &slopes, &mean, &sigma};
    for (size_t at = 0; at < sizeof buffers / sizeof *buffers; at++)
        PyBuffer_Release(buffers[at]);
    return done;
}

PyMethodDef moments_functions[] = {{"moments", moments, METH_VARARGS, NULL}, {NULL, NULL, 0, NULL}};
