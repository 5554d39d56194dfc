/* deeds.c - which actions a departure may give to a row: those that have what they work on wherever the row decides. */
#include "rules.h"

enum {
    OF_ACCOUNT = 1 << STAGE_BARE | 1 << STAGE_FULL_MATCH | 1 << STAGE_FULL_NOMATCH | 1 << STAGE_PROBED_BARE |
                 1 << STAGE_PROBED_FULL | 1 << STAGE_OCCUPANT_GONE,
    OF_NOBODY = 1 << STAGE_NOUSER_BARE | 1 << STAGE_NOUSER_FULL,
    SUBSCRIPTION_KINDS = 1 << STANZA_SUBSCRIBE | 1 << STANZA_SUBSCRIBED | 1 << STANZA_UNSUBSCRIBE | 1 << STANZA_UNSUBSCRIBED,
    ASKING_KINDS = SUBSCRIPTION_KINDS | 1 << STANZA_PROBE,
    IQ_KINDS = 1 << STANZA_GET | 1 << STANZA_SET | 1 << STANZA_RESULT | 1 << STANZA_IQ_ERROR,
    /* Faults of a stanza that still is one, and has a sender and a recipient. */
    PASSABLE = 1 << FAULT_PREFIXED | 1 << FAULT_OTHER_CONTENT | 1 << FAULT_TOO_LARGE | 1 << FAULT_IQ_NO_ID |
               1 << FAULT_IQ_CHILDREN | 1 << FAULT_IQ_CHILD_NS | 1 << FAULT_IQ_RESULT_CHILDREN |
               1 << FAULT_IQ_ERROR_CHILD | 1 << FAULT_PRESENCE_PRIORITY | 1 << FAULT_PRESENCE_ERROR_CHILD |
               1 << FAULT_FROM_MISMATCH | 1 << FAULT_COMPONENT_FROM
};

static bool within(uint32_t bits, uint32_t allowed) {
    return (bits & ~allowed) == 0;
}

bool deed_fits(const struct row *row, uint32_t kinds, enum verb verb) {
    const bool account = within(row->stages, OF_ACCOUNT);
    kinds &= row->kinds;
    for (int i = 0; i < ROW_ACTIONS_MAX; i++)
        if (verb != DO_NOTHING && (row->actions[i] & 0xff) == (int)verb)
            return true;
    switch (verb) {
    case DO_DROP:
    case DO_HANDLE:
    case DO_BOUNCE:
    case DO_CLOSE: return true;
    case DO_BOUNCE_MAPPED: return within(row->stages, 1 << STAGE_UNROUTED);
    case DO_PASS: return within(row->stages, 1 << STAGE_ENTRY) && within(row->states, PASSABLE);
    case DO_STORE: /* only messages are given out again as they were */
        return account && within(kinds, (1 << STANZA_AVAILABLE) - 1);
    case DO_BY_TRUST:
    case DO_DELIVER_RESOURCE:
    case DO_DELIVER_MOST:
    case DO_DELIVER_ALL:
    case DO_DELIVER_AVAILABLE:
    case DO_DELIVER_CONNECTED: return account;
    /* A row of the bare JID would send the stanza to itself without end. */
    case DO_AS_BARE: return within(row->stages, OF_ACCOUNT & ~(1 << STAGE_BARE)) && (kinds & IQ_KINDS) == 0;
    case DO_SUBSCRIPTION: return account && within(kinds, SUBSCRIPTION_KINDS);
    /* Only who asks is answered, so that two servers never answer each other without end. */
    case DO_ANSWER_UNAVAILABLE:
    case DO_ANSWER_UNSUBSCRIBED: return within(row->stages, OF_ACCOUNT | OF_NOBODY) && within(kinds, ASKING_KINDS);
    default: return false;
    }
}
