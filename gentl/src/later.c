/* Functions of GenTL 1.6, which this producer does not have: consumers that look for them complain when they are not
   there at all. */
#include "core.h"

#define LATER(name)                                                                                                    \
    GC_API name(void);                                                                                                 \
    GC_API name(void) { return fail(GC_ERR_NOT_IMPLEMENTED, #name " is of GenTL 1.6"); }

LATER(DSAnnounceCompositeBuffer)
LATER(DSGetBufferSegmentInfo)
LATER(DSGetFlowInfo)
LATER(DSGetNumBufferSegments)
LATER(DSGetNumFlows)
