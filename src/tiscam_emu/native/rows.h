/* Plain loops over rows, which the compiler makes vectors of. */
#ifndef TISCAM_EMU_ROWS_H
#define TISCAM_EMU_ROWS_H

#include "core.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define INLINE static inline __attribute__((always_inline))
#define EACH(x, count) for (int x = 0, all_of_##x = (int)(count); x < all_of_##x; x++)

/* A number that alternates along a row. */
INLINE float of(int x, float even, float odd) { return x & 1 ? odd : even; }
INLINE float larger(float one, float other) { return one > other ? one : other; }
INLINE float smaller(float one, float other) { return one < other ? one : other; }

INLINE PyObject *released(Py_buffer *buffers, size_t count, PyObject *result)
{
    for (size_t at = 0; at < count; at++)
        PyBuffer_Release(&buffers[at]);
    return result;
}

#endif
