/* The optional compiled core: pure kernels over buffers and the paced sender, for Python's stable ABI from 3.11 on. */
#ifndef TISCAM_EMU_CORE_H
#define TISCAM_EMU_CORE_H

#define PY_SSIZE_T_CLEAN
#define Py_LIMITED_API 0x030B0000
#include <Python.h>

/* Compiled for the processors of the last ten years as well as for all; the loader takes what fits. */
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__)
#define FOR_EVERY_PROCESSOR __attribute__((target_clones("avx2", "default")))
#else
#define FOR_EVERY_PROCESSOR
#endif

/* One table of functions for each file of kernels. */
extern PyMethodDef draw_functions[], moments_functions[], light_functions[], sender_functions[];

/* Whether `buffer` holds `bytes`; else an error is set that names it. */
int core_holds(const Py_buffer *buffer, Py_ssize_t bytes, const char *name);

#endif
