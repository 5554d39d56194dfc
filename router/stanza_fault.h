/* stanza_fault.h - which fault of a stream stands behind an error of expat. */
#ifndef STANZADRILL_STANZA_FAULT_H
#define STANZADRILL_STANZA_FAULT_H

#include <expat.h>

#include "router.h"

/* stanza_fault_of - the fault behind an error that is not about memory, right after the parser reported it. */
enum stanza_fault stanza_fault_of(XML_Parser parser, enum XML_Error error);

#endif
