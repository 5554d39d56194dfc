/* requests.c - subscription requests at initial presence: those that waited are shown, those unanswered sent again
 * (6121 3.1.2, 3.1.3). */
#include "state.h"

static struct slice only_status(struct router *r, struct slice body) {
    struct slice all = {NULL, 0};
    size_t at = 0;
    for (struct element child; element_next(body, &at, &child);)
        if (slice_is(child.name, text_slice("status"))) {
            const struct slice parts[] = {all, child.raw};
            all = write_join(r, parts, 2);
        }
    return all;
}

static void deliver_kept(struct router *r, struct session *session, const struct kept *kept, int rule) {
    struct stanza st;
    kept_stanza(kept, &st);
    struct input in = {.st = &st, .host = jid_slice(session->account->host->jid)};
    if (rule == RULE_pres_init_pending_subs && depart(r, in.host, ALTERNATIVE_pres_init_pending_subs_status_only)) {
        st.start = write_start(r, "presence", "subscribe", (struct slice){NULL, 0});
        st.body = only_status(r, st.body);
    }
    in.from = router_text_copy(r, kept->from);
    in.to = router_text_copy(r, kept->to);
    const struct decision d = {.rule = rule};
    deliver(r, &in, &d, session);
}

void deliver_requests(struct router *r, struct session *session) {
    struct account *account = session->account;
    const bool waits =
        session->priority < 0 && departs(r, ALTERNATIVE_pres_init_pending_subs_non_negative) != NULL;
    for (uint32_t i = 0; i < account->contact_count; i++)
        if (account->contacts[i].request != NULL &&
            !(waits && depart(r, jid_slice(account->host->jid), ALTERNATIVE_pres_init_pending_subs_non_negative)))
            deliver_kept(r, session, account->contacts[i].request, RULE_pres_init_pending_subs);
    for (struct kept *kept; (kept = kept_shift(&account->notices)) != NULL; kept_free(r, kept))
        deliver_kept(r, session, kept, RULE_pres_init_notices);
}

void resend_requests(struct router *r, struct account *account) {
    const struct slice host = jid_slice(account->host->jid), none = {NULL, 0};
    for (uint32_t i = 0; i < account->contact_count && knob_is(r, KNOB_sub_resend, 0); i++) {
        struct contact *c = &account->contacts[i];
        if (!state_asks(c->state) || (jid_is_local(c->jid) &&
                                      !depart(r, host, ALTERNATIVE_pres_init_resend_out_local_too)))
            continue;
        mark(r, host, RULE_pres_init_resend_out);
        mark(r, host, RULE_sub_req_out_resend);
        if (depart(r, host, ALTERNATIVE_pres_init_resend_out_push))
            roster_push(r, account, c);
        generated(r, STANZA_SUBSCRIBE, STATE_BY_SERVER, host, jid_slice(account->jid), jid_slice(c->jid),
                  write_start(r, "presence", "subscribe", none), none);
    }
}
