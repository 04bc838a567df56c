#include "rows.h"

/* Light codes to fixed-point mean and sigma of every component, row by row; `sensor/fast/moments.py` is the same in
   numpy and says what all this means. */

enum { MARGIN = 16, DITHERS = 1 << 14, APART = 40503, BY_COLOUR = 3, BY_PLANE = 9 };

struct recipe { /* as RECIPE in Python; arrays by place in the mosaic's quad: two of the first line, two of the second */
    float light_e, most_e, share, full, clipped, reach, most_sigma, table_scale, table_base;
    int32_t colours, mixes, planes, group, green[2], same[2];
    float gain[4], base[4], low[4], top[4];
    float black_at[4][3], cap_at[4][3], capped[4][3];
    float mix[3][4], mean[4][3][3], variance[4][3][3], offset[4][3];
    int32_t divisor[3], toned[3], count[3], place[3][4], only[3];
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
    const Py_ssize_t at = (row & 1) * 2;
    const float gain[2] = {r->gain[at], r->gain[at + 1]}, base[2] = {r->base[at], r->base[at + 1]},
                low[2] = {r->low[at], r->low[at + 1]}, top[2] = {r->top[at], r->top[at + 1]},
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
    BY_TWO(x, k, columns) out[x] = smaller(larger(out[x] * gain[k] + base[k], low[k]), top[k]);
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

/* Rows of colours times weights, summed; `odd` are those of every second pixel. */
INLINE void weighted(Py_ssize_t columns, float *const in[3], const float *even, const float *odd, float *restrict out)
{
    const float *restrict red = in[0], *restrict green = in[1], *restrict blue = in[2];
    const float r[2] = {even[0], odd[0]}, g[2] = {even[1], odd[1]}, b[2] = {even[2], odd[2]};
    BY_TWO(x, k, columns) out[x] = red[x] * r[k] + green[x] * g[k] + blue[x] * b[k];
}

/* Means of one, two or four neighbours; the last one is repeated to make up a group. */
INLINE void averaged(float *restrict in, Py_ssize_t columns, int divisor, float *restrict out)
{
    EACH(x, MARGIN) in[columns + x] = in[columns - 1];
    const Py_ssize_t count = (columns + MARGIN) / divisor;
    if (divisor == 1)
        memcpy(out, in, (size_t)count * sizeof *out);
    else if (divisor == 2)
        EACH(x, count) out[x] = (in[2 * x] + in[2 * x + 1]) * 0.5f;
    else
        EACH(x, count) out[x] = (in[4 * x] + in[4 * x + 1] + in[4 * x + 2] + in[4 * x + 3]) * 0.25f;
}

/* Of a row: means and what variance grows with, times weights; the latter is counted from black, and has an end. */
struct source { const float *dn, *signal, *mean, *variance, *black, *cap, *capped; };

INLINE float above(float dn, float black, float cap, float capped) { return dn < cap ? larger(dn - black, 0.0f) : capped; }

#define BOTH(from, next) {(from)[0], (from)[next]} /* numbers of a place and of the next one */

/* Variances of all colours of a row, summed. */
INLINE void summed(const struct recipe *r, int quad, int plane, Py_ssize_t columns, float *const in[3], float *restrict out)
{
    const float *restrict red = in[0], *restrict green = in[1], *restrict blue = in[2], *even = r->variance[quad][plane],
                *odd = r->variance[quad + 1][plane], *black = r->black_at[quad], *cap = r->cap_at[quad], *end = r->capped[quad];
    const float w[3][2] = {{even[0], odd[0]}, {even[1], odd[1]}, {even[2], odd[2]}};
    const float b[3] = {black[0], black[1], black[2]}, c[3] = {cap[0], cap[1], cap[2]}, e[3] = {end[0], end[1], end[2]};
    BY_TWO(x, k, columns)
        out[x] = above(red[x], b[0], c[0], e[0]) * w[0][k] + above(green[x], b[1], c[1], e[1]) * w[1][k] +
                 above(blue[x], b[2], c[2], e[2]) * w[2][k];
}

/* Means and variances to fixed point. */
INLINE void encode(const struct block *b, int plane, Py_ssize_t row, Py_ssize_t count, const struct source *from,
                   float *restrict spread, int *restrict at, int16_t *restrict mean, int16_t *restrict sigma)
{
    const struct recipe *r = b->recipe;
    const uint32_t seed = (uint32_t)((b->row + row) * 8 + plane * 2) * APART + (uint32_t)(b->column / r->divisor[plane]);
    const float *restrict dither = b->dithers + seed % DITHERS, *restrict other = b->dithers + (seed + APART) % DITHERS;
    const float *restrict dn = from->dn, *restrict signal = from->signal;
    const float full = r->full, reach = r->reach, most = r->most_sigma;
    const float weight[2] = BOTH(from->mean, BY_PLANE), grows[2] = BOTH(from->variance, BY_PLANE),
                offset[2] = BOTH(&r->offset[(row + b->top) % 2 * 2][plane], BY_COLOUR), cap[2] = BOTH(from->cap, BY_COLOUR),
                black[2] = BOTH(from->black, BY_COLOUR), capped[2] = BOTH(from->capped, BY_COLOUR);
    if (r->toned[plane]) {
        const float scale = r->table_scale, base = r->table_base, last = (float)(b->table - 1);
        BY_TWO(x, k, count) {
            const float place = floorf((dn[x] * weight[k] + offset[k]) * scale + base + dither[x]);
            at[x] = (int)smaller(larger(place, 0.0f), last);
            spread[x] = sqrtf(above(signal[x], black[k], cap[k], capped[k]) * grows[k]);
        }
        EACH(x, count) mean[x] = b->toned[at[x]], spread[x] *= b->slopes[at[x]];
        EACH(x, count) sigma[x] = (int16_t)(int)(smaller(spread[x], most) + other[x]);
        return;
    }
    BY_TWO(x, k, count) {
        const float s = smaller(sqrtf(above(signal[x], black[k], cap[k], capped[k]) * grows[k]), most);
        const float m = smaller(dn[x] * weight[k] + offset[k], full + reach * s);
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
        EACH(x, b->line / 3) out[3 * x] = one[x], out[3 * x + 1] = two[x], out[3 * x + 2] = three[x];
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
    static const float ones[10] = {1, [BY_PLANE] = 1}, none[4], never[4] = {INFINITY, [BY_COLOUR] = INFINITY};
    float *mosaic[3], *colours[3], *mixed[3], *const dn = rows + MARGIN, *const variance = dn + room,
          *const spare = dn + 2 * room;
    int16_t *means[3], *sigmas[3];
    for (int k = 0; k < 3; k++) {
        float *const own = dn + (3 + 4 * k) * room;
        mosaic[k] = own, colours[k] = own + room, mixed[k] = own + 2 * room;
        means[k] = (int16_t *)(own + 3 * room), sigmas[k] = means[k] + room;
    }
    int *const at = (int *)(dn + 15 * room);
    int16_t *const line = (int16_t *)(at + room);
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
        for (int k = 0; r->mixes && k < 3; k++) {
            const float shift = r->mix[k][3];
            weighted(b->columns, colours, r->mix[k], r->mix[k], mixed[k]);
            EACH(x, b->columns) mixed[k][x] = smaller(larger(mixed[k][x] + shift, 0.0f), r->clipped);
        }
        for (int p = 0; p < r->planes; p++) {
            const Py_ssize_t count = (b->line + r->group - 1) / r->group * r->count[p];
            const int k = r->only[p];
            struct source from = {dn, variance, ones, ones, none, never, none};
            if (k >= 0)
                from = (struct source){colours[k] + b->left, colours[k] + b->left, &r->mean[quad][p][k], &r->variance[quad][p][k],
                                       &r->black_at[quad][k], &r->cap_at[quad][k], &r->capped[quad][k]};
            else {
                weighted(b->columns, r->mixes ? mixed : colours, r->mean[quad][p], r->mean[next][p], spare);
                averaged(spare + b->left, b->right - b->left, r->divisor[p], dn);
                summed(r, quad, p, b->columns, colours, spare);
                averaged(spare + b->left, b->right - b->left, r->divisor[p], variance);
            }
            encode(b, p, y - b->top, count, &from, spare, at, means[p], sigmas[p]);
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
        fits = (r->divisor[k] == 1 || r->divisor[k] == 2 || r->divisor[k] == 4) && r->count[k] > 0 && r->count[k] <= 4 &&
               r->only[k] < r->colours && groups * r->count[k] <= (b->right - b->left - 1) / r->divisor[k] + 4;
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
    float *rows = calloc((size_t)(18 * room + MARGIN), sizeof *rows);
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
