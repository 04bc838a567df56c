#include "rows.h"

/* Light codes to fixed-point mean and sigma of every component, row by row; `sensor/fast/moments.py` is the same in
   numpy and says what all this means. */

enum { MARGIN = 16, DITHERS = 1 << 14, APART = 40503 };

struct recipe { /* as RECIPE in Python; arrays by place in the mosaic's quad: two of the first line, two of the second */
    float light_e, most_e, share, full, clipped, reach, most_sigma, table_scale, table_base;
    int32_t colours, mixes, planes, group, green[2], same[2];
    float gain[4], base[4], low[4], top[4];
    float black_at[4][3], cap_at[4][3], capped[4][3];
    float mix[3][4], mean[4][3][3], variance[4][3][3], offset[4][3];
    int32_t divisor[3], toned[3], count[3], place[3][4];
};

struct block {
    const struct recipe *recipe;
    const uint16_t *codes; /* of the first row; the next layer's lie `layer` further */
    const float *offsets, *dithers, *slopes;
    const int16_t *toned;
    Py_ssize_t layers, layer, rows, columns, top, bottom, left, right, line, row, column, table;
    int16_t *mean;
    uint8_t *sigma;
};

/* One row of the mosaic, borders mirrored. */
INLINE void mosaic_row(const struct block *b, Py_ssize_t row, float *out)
{
    const struct recipe *r = b->recipe;
    const Py_ssize_t even = (row & 1) * 2, odd = even + 1;
    const float gain_even = r->gain[even], gain_odd = r->gain[odd], base_even = r->base[even], base_odd = r->base[odd],
                low_even = r->low[even], low_odd = r->low[odd], top_even = r->top[even], top_odd = r->top[odd],
                light_e = r->light_e, most_e = r->most_e, share = r->share;
    const Py_ssize_t columns = b->columns;
    const float *total = b->offsets + row * columns;
    for (Py_ssize_t layer = 0; layer < b->layers; layer++, total = out) {
        const uint16_t *restrict codes = b->codes + layer * b->layer + row * columns;
        EACH(x, columns) {
            const float code = codes[x];
            out[x] = total[x] + smaller(code * code * light_e, most_e) * share;
        }
    }
    EACH(x, columns) {
        const float mean = out[x] * of(x, gain_even, gain_odd) + of(x, base_even, base_odd);
        out[x] = smaller(larger(mean, of(x, low_even, low_odd)), of(x, top_even, top_odd));
    }
    out[-1] = out[columns > 1];
    out[columns] = out[columns > 1 ? columns - 2 : 0];
}

/* Demosaicing of one row: its own colour but green, green, and the colour of the rows beside it. */
INLINE void demosaiced(Py_ssize_t columns, int green, const float *restrict up, const float *restrict own,
                       const float *restrict down, float *restrict same, float *restrict between, float *restrict other)
{
    EACH(x, columns) {
        const float beside = (own[x - 1] + own[x + 1]) * 0.5f, above = (up[x] + down[x]) * 0.5f;
        const float before = (up[x - 1] + down[x - 1]) * 0.5f, behind = (up[x + 1] + down[x + 1]) * 0.5f;
        same[x] = (x & 1) == green ? beside : own[x];
        between[x] = (x & 1) == green ? own[x] : (beside + above) * 0.5f;
        other[x] = (x & 1) == green ? above : (before + behind) * 0.5f;
    }
}

/* What variance grows with. */
INLINE void above_black(Py_ssize_t columns, const float *black, const float *cap, const float *capped,
                        const float *restrict dn, float *restrict out)
{
    const float black_even = black[0], black_odd = black[3], cap_even = cap[0], cap_odd = cap[3],
                capped_even = capped[0], capped_odd = capped[3];
    EACH(x, columns) {
        const float signal = larger(dn[x] - of(x, black_even, black_odd), 0.0f);
        out[x] = dn[x] < of(x, cap_even, cap_odd) ? signal : of(x, capped_even, capped_odd);
    }
}

/* Rows times weights, summed; `odd` are those of every second pixel. Often there is but one. */
INLINE void weighted(Py_ssize_t columns, const float *even, const float *odd, float *const in[3], float *restrict out)
{
    int only = -1;
    for (int k = 0; k < 3; k++)
        if (even[k] != 0.0f || odd[k] != 0.0f)
            only = only == -1 ? k : 3;
    if (only < 3) {
        const int k = only < 0 ? 0 : only;
        const float *restrict one = in[k], even_one = even[k], odd_one = odd[k];
        EACH(x, columns) out[x] = one[x] * of(x, even_one, odd_one);
        return;
    }
    const float *restrict one = in[0], *restrict two = in[1], *restrict three = in[2];
    const float e0 = even[0], o0 = odd[0], e1 = even[1], o1 = odd[1], e2 = even[2], o2 = odd[2];
    EACH(x, columns) out[x] = one[x] * of(x, e0, o0) + two[x] * of(x, e1, o1) + three[x] * of(x, e2, o2);
}

/* Means of `divisor` neighbours each; the last ones are repeated to make up a group. */
INLINE void averaged(float *row, Py_ssize_t columns, int divisor)
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

/* Mean and variance, which is used up, to fixed point. */
INLINE void encode(const struct block *b, int plane, Py_ssize_t row, Py_ssize_t count, const float *restrict dn,
                   float *restrict variance, int *restrict at, int16_t *restrict mean, int16_t *restrict sigma)
{
    const struct recipe *r = b->recipe;
    const uint32_t seed = (uint32_t)((b->row + row) * 8 + plane * 2) * APART + (uint32_t)(b->column / r->divisor[plane]);
    const float *restrict dither = b->dithers + seed % DITHERS, *restrict other = b->dithers + (seed + APART) % DITHERS;
    const float full = r->full, reach = r->reach, most = r->most_sigma;
    const float *offset = r->offset[(row + b->top) % 2 * 2], even = offset[plane], odd = offset[3 + plane];
    if (r->toned[plane]) {
        const float scale = r->table_scale, base = r->table_base, last = (float)(b->table - 1);
        EACH(x, count) at[x] = (int)smaller(larger(floorf((dn[x] + of(x, even, odd)) * scale + base + dither[x]), 0.0f), last);
        EACH(x, count) {
            mean[x] = b->toned[at[x]];
            variance[x] = sqrtf(variance[x]) * b->slopes[at[x]];
        }
        EACH(x, count) sigma[x] = (int16_t)(int)(smaller(variance[x], most) + other[x]);
        return;
    }
    EACH(x, count) {
        const float s = smaller(sqrtf(variance[x]), most), m = smaller(dn[x] + of(x, even, odd), full + reach * s);
        mean[x] = (int16_t)(int)floorf(larger(m, -(reach * s)) + dither[x]);
        sigma[x] = (int16_t)(int)(s + other[x]);
    }
}

/* Planes to groups of components; a line's last group may lack some. */
INLINE void lay_out(const struct block *b, int16_t *const planes[3], int16_t *restrict out)
{
    const struct recipe *r = b->recipe;
    if (r->group == 1) {
        memcpy(out, planes[0], (size_t)b->line * sizeof *out);
    } else if (r->group == 3) {
        const int16_t *restrict in[3];
        for (int plane = 0; plane < 3; plane++)
            in[r->place[plane][0]] = planes[plane];
        const int16_t *restrict one = in[0], *restrict two = in[1], *restrict three = in[2];
        EACH(x, b->line / 3) {
            out[3 * x] = one[x];
            out[3 * x + 1] = two[x];
            out[3 * x + 2] = three[x];
        }
    } else {
        for (int plane = 0; plane < r->planes; plane++)
            for (int k = 0, each = r->count[plane]; k < each; k++) {
                const int16_t *restrict in = planes[plane] + k;
                for (Py_ssize_t at = r->place[plane][k]; at < b->line; at += r->group, in += each)
                    out[at] = *in;
            }
    }
}

FOR_EVERY_PROCESSOR
static void moments_of(const struct block *b, float *rows, Py_ssize_t room)
{
    const struct recipe *r = b->recipe;
    const int wants = r->colours == 3;
    float *mosaic[3], *colours[3], *signal[3], *mixed[3], *dn, *variance;
    int16_t *means[3], *sigmas[3];
    float **const all[] = {mosaic, colours, signal, mixed};
    for (int k = 0; k < 12; k++)
        all[k / 3][k % 3] = rows + MARGIN + k * room;
    dn = mixed[2] + room, variance = dn + room;
    for (int k = 0; k < 3; k++)
        means[k] = (int16_t *)(variance + (k + 1) * room), sigmas[k] = means[k] + room;
    int *at = (int *)(variance + 4 * room);
    int16_t *line = (int16_t *)(at + room);
    Py_ssize_t done = b->top - 2;
    for (Py_ssize_t y = b->top; y < b->bottom; y++) {
        const Py_ssize_t before = y ? y - 1 : b->rows > 1, after = y + 1 < b->rows ? y + 1 : y ? y - 1 : 0;
        const int quad = (y & 1) * 2, next = quad + 1;
        for (Py_ssize_t row = wants && y ? y - 1 : y; row <= (wants && y + 1 < b->rows ? y + 1 : y); row++)
            if (row > done)
                mosaic_row(b, done = row, mosaic[row % 3]);
        if (wants)
            demosaiced(b->columns, r->green[quad / 2], mosaic[before % 3], mosaic[y % 3], mosaic[after % 3],
                       colours[r->same[quad / 2]], colours[1], colours[2 - r->same[quad / 2]]);
        else
            colours[0] = mosaic[y % 3];
        for (int k = 0; k < r->colours; k++)
            above_black(b->columns, &r->black_at[quad][k], &r->cap_at[quad][k], &r->capped[quad][k], colours[k], signal[k]);
        for (int k = 0; r->mixes && k < 3; k++) {
            const float shift = r->mix[k][3];
            weighted(b->columns, r->mix[k], r->mix[k], colours, mixed[k]);
            EACH(x, b->columns) mixed[k][x] = smaller(larger(mixed[k][x] + shift, 0.0f), r->clipped);
        }
        for (int p = 0; p < r->planes; p++) {
            const Py_ssize_t count = (b->line + r->group - 1) / r->group * r->count[p];
            weighted(b->columns, r->mean[quad][p], r->mean[next][p], r->mixes ? mixed : colours, dn);
            weighted(b->columns, r->variance[quad][p], r->variance[next][p], signal, variance);
            averaged(dn + b->left, b->right - b->left, r->divisor[p]);
            averaged(variance + b->left, b->right - b->left, r->divisor[p]);
            encode(b, p, y - b->top, count, dn + b->left, variance + b->left, at, means[p], sigmas[p]);
        }
        lay_out(b, means, b->mean + (y - b->top) * b->line);
        lay_out(b, sigmas, line);
        uint8_t *restrict sigma = b->sigma + (y - b->top) * b->line;
        EACH(x, b->line) sigma[x] = (uint8_t)line[x];
    }
}

static int sound(const struct block *b, Py_ssize_t layers, Py_ssize_t height, Py_ssize_t first)
{
    const struct recipe *r = b->recipe;
    const Py_ssize_t most = 1 << 16, groups = r->group > 0 ? (b->line + r->group - 1) / r->group : most;
    int fits = layers > 0 && layers < most && height < most && b->columns > 0 && b->columns < most && first >= 0 &&
               b->rows > 0 && first + b->rows <= height && 0 <= b->top && b->top < b->bottom && b->bottom <= b->rows &&
               0 <= b->left && b->left < b->right && b->right <= b->columns && b->row >= 0 && b->column >= 0 &&
               b->line > 0 && (r->colours == 1 || r->colours == 3) && r->planes > 0 && r->planes <= 3 &&
               r->same[0] >= 0 && r->same[0] <= 2 && r->same[1] >= 0 && r->same[1] <= 2;
    for (int k = 0; fits && k < r->planes; k++) {
        fits = r->divisor[k] > 0 && r->divisor[k] <= 4 && r->count[k] > 0 && r->count[k] <= 4 &&
               groups * r->count[k] <= (b->right - b->left - 1) / r->divisor[k] + 4;
        for (int i = 0; fits && i < r->count[k]; i++)
            fits = r->place[k][i] >= 0 && r->place[k][i] < r->group;
    }
    return fits;
}

static PyObject *moments(PyObject *self, PyObject *args)
{
    (void)self;
    enum { RECIPE, CODES, OFFSETS, DITHERS_, TONED, SLOPES, MEAN, SIGMA, ALL };
    Py_buffer in[ALL];
    Py_ssize_t layers, height, first;
    struct block b;
    if (!PyArg_ParseTuple(args, "y*y*y*y*y*y*w*w*nnn(nn)(nnnn)(nn)n:moments", &in[0], &in[1], &in[2], &in[3], &in[4],
                          &in[5], &in[6], &in[7], &layers, &height, &first, &b.rows, &b.columns, &b.top, &b.bottom,
                          &b.left, &b.right, &b.row, &b.column, &b.line))
        return NULL;
    b.recipe = in[RECIPE].buf;
    if (in[RECIPE].len != sizeof *b.recipe || !sound(&b, layers, height, first)) {
        PyErr_SetString(PyExc_ValueError, "moments: sizes that do not go together");
        return released(in, ALL, NULL);
    }
    const Py_ssize_t out = (b.bottom - b.top) * b.line, room = b.columns + 3 * MARGIN;
    if (!core_holds(&in[CODES], layers * height * b.columns * 2, "codes") ||
        !core_holds(&in[OFFSETS], b.rows * b.columns * 4, "offsets") ||
        !core_holds(&in[DITHERS_], (DITHERS + b.columns + MARGIN) * 4, "dithers") ||
        !core_holds(&in[SLOPES], 4, "slopes") || !core_holds(&in[TONED], in[SLOPES].len / 2, "toned") ||
        !core_holds(&in[MEAN], 2 * out, "mean") || !core_holds(&in[SIGMA], out, "sigma"))
        return released(in, ALL, NULL);
    float *rows = calloc((size_t)(20 * room + MARGIN), sizeof *rows);
    if (rows == NULL)
        return released(in, ALL, PyErr_NoMemory());
    b.codes = (const uint16_t *)in[CODES].buf + first * b.columns;
    b.layers = layers, b.layer = height * b.columns, b.table = in[SLOPES].len / 4;
    b.offsets = in[OFFSETS].buf, b.dithers = in[DITHERS_].buf, b.toned = in[TONED].buf, b.slopes = in[SLOPES].buf;
    b.mean = in[MEAN].buf, b.sigma = in[SIGMA].buf;
    Py_BEGIN_ALLOW_THREADS
    moments_of(&b, rows, room);
    Py_END_ALLOW_THREADS
    free(rows);
    return released(in, ALL, Py_NewRef(Py_None));
}

PyMethodDef moments_functions[] = {{"moments", moments, METH_VARARGS, NULL}, {NULL, NULL, 0, NULL}};
