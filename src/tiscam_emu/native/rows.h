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
/* The same two by two, `k` being 0 and 1: the compiler makes vectors of numbers that alternate. Up to one more is done. */
#define BY_TWO(x, k, count)                                                                                            \
    for (int x##_ = 0, all_of_##x = (int)(count); x##_ < all_of_##x; x##_ += 2)                                        \
        for (int k = 0, x = x##_; k < 2; k++, x++)

INLINE float larger(float one, float other) { return one > other ? one : other; }
INLINE float smaller(float one, float other) { return one < other ? one : other; }

INLINE PyObject *released(Py_buffer *buffers, size_t count, PyObject *result)
{
    for (size_t at = 0; at < count; at++)
        PyBuffer_Release(&buffers[at]);
    return result;
}

#endif
