/* The words that scripts share with XMPP. */
#include "reader.h"

const char *const script_fate_words[] = {"deliver", "route", "hand",  "store",  "bounce", "answer",
                                         "push",    "drop",  "close", "handle", NULL};

/* RFC 6120 8.3.3. */
const char *const script_stanza_conditions[] = {"bad-request",
                                                "conflict",
                                                "feature-not-implemented",
                                                "forbidden",
                                                "gone",
                                                "internal-server-error",
                                                "item-not-found",
                                                "jid-malformed",
                                                "not-acceptable",
                                                "not-allowed",
                                                "not-authorized",
                                                "policy-violation",
                                                "recipient-unavailable",
                                                "redirect",
                                                "registration-required",
                                                "remote-server-not-found",
                                                "remote-server-timeout",
                                                "resource-constraint",
                                                "service-unavailable",
                                                "subscription-required",
                                                "undefined-condition",
                                                "unexpected-request",
                                                NULL};

/* RFC 6120 4.9.3. */
const char *const script_stream_conditions[] = {"bad-format",
                                                "bad-namespace-prefix",
                                                "conflict",
                                                "connection-timeout",
                                                "host-gone",
                                                "host-unknown",
                                                "improper-addressing",
                                                "internal-server-error",
                                                "invalid-from",
                                                "invalid-namespace",
                                                "invalid-xml",
                                                "not-authorized",
                                                "not-well-formed",
                                                "policy-violation",
                                                "remote-connection-failed",
                                                "reset",
                                                "resource-constraint",
                                                "restricted-xml",
                                                "see-other-host",
                                                "system-shutdown",
                                                "undefined-condition",
                                                "unsupported-encoding",
                                                "unsupported-feature",
                                                "unsupported-stanza-type",
                                                "unsupported-version",
                                                NULL};

const char *script_find_word(struct text word, const char *const *words) {
    for (; *words != NULL; words++) {
        if (script_is(word, *words)) {
            return *words;
        }
    }
    return NULL;
}
