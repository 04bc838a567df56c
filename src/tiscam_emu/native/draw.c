#include "core.h"

PyMethodDef draw_functions[] = {{NULL, NULL, 0, NULL}};
