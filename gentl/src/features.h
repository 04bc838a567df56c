/* The features of our own four modules: a table for each, from which both its GenICam description and its register
   memory follow. Names are those of the GenTL part of the SFNC. */
#ifndef GIGE_VISION_FEATURES_H
#define GIGE_VISION_FEATURES_H

#include <stddef.h>
#include <stdint.h>

#include "core.h"

#define FIRST_REGISTER 0x1000u
#define REGISTER_STEP 0x200u /* a text's register fills it, a number's is the first 8 bytes */
#define NUMBER_LENGTH 8u
#define DESCRIPTION_AT 0x100000u

enum look { TEXT, INTEGER, ADDRESS, MAC, FLAG, CHOICE, SELECTOR, COMMAND, NOTICE, HIDDEN };
/* NOTICE: a number that is the id of an event, and the node that the event is delivered to. */

/* Where a value comes from: an info command of the module or of the child its selector chooses, or a number. */
enum from { OWN, CHILD, NUMBER, FIXED };

enum number {
    CHILD_COUNT,
    CHILD_MAX,
    SELECTED,
    OWN_MAC,
    OWN_IP,
    OWN_MASK,
    OWN_GATEWAY,
    CHILD_MAC,
    CHILD_IP,
    CHILD_MASK,
    CHILD_GATEWAY,
    UPDATE,
    LOST_FRAMES,
    INCOMPLETE_FRAMES,
};

struct feature {
    const char *name;
    enum look look;
    enum from from;
    int32_t what;
    const char *category, *tip;
    const char *choices; /* of CHOICE: names in the order of their values, with spaces between */
};

struct description {
    enum kind kind;
    const char *name, *port, *tip;
    const struct feature *features;
    size_t count;
};

#define DESCRIPTION_COUNT 4
extern const struct description DESCRIPTIONS[DESCRIPTION_COUNT];

/* Which of them is a module's. */
size_t description_index(const struct module *module);
/* Its value is of the child that the selector chooses. */
bool is_selected(const struct feature *feature);

#endif
