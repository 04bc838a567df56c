/* The descriptions of our modules, as GenICam XML, written once from the tables of features. */
#include <stdio.h>
#include <string.h>

#include "features.h"

#define DESCRIPTION_MAX 65536

static void write_head(FILE *out, const struct description *of) {
    fprintf(out,
            "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
            "<RegisterDescription ModelName=\"%s\" VendorName=\"tiscam_emu\" ToolTip=\"%s\" StandardNameSpace=\"None\" "
            "SchemaMajorVersion=\"1\" SchemaMinorVersion=\"1\" SchemaSubMinorVersion=\"0\" MajorVersion=\"1\" "
            "MinorVersion=\"0\" SubMinorVersion=\"0\" ProductGuid=\"5D1B6E0A-4C52-4E0B-9C3F-7A6E1F0C2D%02X\" "
            "VersionGuid=\"8F2A4C77-10D3-4B8E-A1E5-3C9D5B7E6F%02X\" xmlns=\"http://www.genicam.org/GenApi/Version_1_1\" "
            "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:schemaLocation=\"http://www.genicam.org/GenApi/"
            "Version_1_1 http://www.genicam.org/GenApi/GenApiSchema_Version_1_1.xsd\">\n",
            of->name, of->tip, (unsigned)of->kind, (unsigned)of->kind);
}

static bool begins_category(const struct description *of, size_t index) {
    const char *category = of->features[index].category;
    return category && (!index || strcmp(category, of->features[index - 1].category));
}

static void write_categories(FILE *out, const struct description *of) {
    fprintf(out, "<Category Name=\"Root\" NameSpace=\"Standard\"><ToolTip>All.</ToolTip>");
    for (size_t index = 0; index < of->count; index++)
        if (begins_category(of, index)) fprintf(out, "<pFeature>%s</pFeature>", of->features[index].category);
    for (size_t index = 0; index < of->count && of->features[index].category; index++) {
        if (begins_category(of, index))
            fprintf(out, "</Category>\n<Category Name=\"%s\" NameSpace=\"Standard\">", of->features[index].category);
        fprintf(out, "<pFeature>%s</pFeature>", of->features[index].name);
    }
    fprintf(out, "</Category>\n");
}

static void write_selected(FILE *out, const struct description *of) {
    for (size_t index = 0; index < of->count; index++)
        if (is_selected(&of->features[index])) fprintf(out, "<pSelected>%s</pSelected>", of->features[index].name);
}

static void write_register(FILE *out, const struct description *of, size_t index, const char *suffix) {
    static const char *const REPRESENTATIONS[] = {[ADDRESS] = "IPV4Address", [MAC] = "MACAddress"};
    const struct feature *feature = &of->features[index];
    bool text = feature->look == TEXT;
    const char *tag = text ? "StringReg" : "IntReg";
    const char *mode = feature->look == COMMAND ? "WO" : feature->look == SELECTOR ? "RW" : "RO";
    bool plain = !*suffix && feature->look != HIDDEN;
    fprintf(out, "<%s Name=\"%s%s\" NameSpace=\"%s\">", tag, feature->name, suffix, plain ? "Standard" : "Custom");
    if (plain) fprintf(out, "<ToolTip>%s</ToolTip>", feature->tip);
    if (feature->look == NOTICE) fprintf(out, "<EventID>%X</EventID>", (unsigned)feature->what);
    if (plain && is_selected(feature)) fprintf(out, "<pIsAvailable>ChildCount</pIsAvailable>");
    fprintf(out, "<Address>0x%X</Address><Length>%u</Length><AccessMode>%s</AccessMode><pPort>%s</pPort>"
                 "<Cachable>NoCache</Cachable>",
            FIRST_REGISTER + REGISTER_STEP * (unsigned)index, text ? REGISTER_STEP : NUMBER_LENGTH, mode, of->port);
    if (!text) fprintf(out, "<Sign>Unsigned</Sign><Endianess>LittleEndian</Endianess>");
    if (feature->look == ADDRESS || feature->look == MAC)
        fprintf(out, "<Representation>%s</Representation>", REPRESENTATIONS[feature->look]);
    fprintf(out, "</%s>\n", tag);
}

static void write_choices(FILE *out, const struct feature *feature) {
    const char *at = feature->choices;
    for (unsigned value = 0; *at; value++) {
        size_t length = strcspn(at, " ");
        fprintf(out, "<EnumEntry Name=\"%.*s\" NameSpace=\"Standard\"><Value>%u</Value></EnumEntry>", (int)length, at,
                value);
        at += length + (at[length] == ' ');
    }
}

/* A feature that is more than a register has its register beside it. */
static void write_feature(FILE *out, const struct description *of, size_t index) {
    static const char *const TAGS[] = {
        [FLAG] = "Boolean", [CHOICE] = "Enumeration", [SELECTOR] = "Integer", [COMMAND] = "Command"};
    const struct feature *feature = &of->features[index];
    enum look look = feature->look;
    if (look != FLAG && look != CHOICE && look != SELECTOR && look != COMMAND) {
        write_register(out, of, index, "");
        return;
    }
    fprintf(out, "<%s Name=\"%s\" NameSpace=\"Standard\"><ToolTip>%s</ToolTip>", TAGS[look], feature->name,
            feature->tip);
    if (is_selected(feature)) fprintf(out, "<pIsAvailable>ChildCount</pIsAvailable>");
    if (look == CHOICE) write_choices(out, feature);
    fprintf(out, "<pValue>%sReg</pValue>", feature->name);
    if (look == COMMAND) fprintf(out, "<CommandValue>1</CommandValue>");
    if (look == FLAG) fprintf(out, "<OnValue>1</OnValue><OffValue>0</OffValue>");
    if (look == SELECTOR) {
        fprintf(out, "<Min>0</Min><pMax>ChildMax</pMax>");
        write_selected(out, of);
    }
    fprintf(out, "</%s>\n", TAGS[look]);
    write_register(out, of, index, "Reg");
}

static char texts[DESCRIPTION_COUNT][DESCRIPTION_MAX];
static size_t lengths[DESCRIPTION_COUNT];

static void write_descriptions(void) {
    for (size_t which = 0; which < DESCRIPTION_COUNT; which++) {
        const struct description *of = &DESCRIPTIONS[which];
        FILE *out = fmemopen(texts[which], DESCRIPTION_MAX, "w");
        if (!out) continue;
        write_head(out, of);
        write_categories(out, of);
        for (size_t index = 0; index < of->count; index++) write_feature(out, of, index);
        fprintf(out, "<Port Name=\"%s\" NameSpace=\"Standard\"><ToolTip>Registers.</ToolTip></Port>\n", of->port);
        fprintf(out, "</RegisterDescription>\n");
        fflush(out);
        lengths[which] = strlen(texts[which]);
        fclose(out);
    }
}

const char *description_of(struct module *module, size_t *length) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, write_descriptions);
    *length = lengths[description_index(module)];
    return texts[description_index(module)];
}

void description_url(struct module *module, char url[TEXT_MAX]) {
    size_t length;
    description_of(module, &length);
    snprintf(url, TEXT_MAX, "local:%s.xml;%X;%zX?SchemaVersion=1.1.0", DESCRIPTIONS[description_index(module)].name,
             DESCRIPTION_AT, length);
}
