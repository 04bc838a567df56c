#include "core.h"

int core_holds(const Py_buffer *buffer, Py_ssize_t bytes, const char *name)
{
    if (bytes >= 0 && buffer->len >= bytes)
        return 1;
    PyErr_Format(PyExc_ValueError, "%s: %zd bytes, needed are %zd", name, buffer->len, bytes);
    return 0;
}

static PyMethodDef *const tables[] = {draw_functions, moments_functions, light_functions, sender_functions};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT, "_core", "The optional compiled core.", -1, NULL, NULL, NULL, NULL, NULL,
};

PyMODINIT_FUNC PyInit__core(void)
{
    PyObject *made = PyModule_Create(&module);
    if (made == NULL)
        return NULL;
    for (size_t at = 0; at < sizeof tables / sizeof *tables; at++)
        if (PyModule_AddFunctions(made, tables[at]) < 0) {
            Py_DECREF(made);
            return NULL;
        }
    return made;
}
