# What ejabberd 23.01 does.
# The knobs and departures below were measured by `stanzadrill calibrate --target ejabberd`.
# Where nothing is said here, it does what rfc6121 says. A comment begins with what RFC 6120 or RFC 6121 ask for where
# ejabberd departs from them; a knob alone is a choice that they leave. This is a beginning: calibration still finds
# differences that nothing here expresses.
base rfc6121

# ---- choices ----

knob pres.self-to = full                # own resources: 'to' is their full JID (measured)
knob err.payload = on                   # an error carries what the stanza held (measured)
knob from.mismatch = invalid-from       # a false 'from' ends the stream (measured)
knob addr.canon-to = canonical          # 'to' goes on in its prepared form (measured)
knob pres.probe-offline = silent        # SHOULD say unavailable; nothing (measured)
knob sub.preapproval = off              # approval ahead of a request is not known (measured)
knob roster.versioning = off
knob iq.presence-check = off            # SHOULD NOT deliver an iq to a full JID for strangers; ejabberd does not ask
knob iq.bad-children = pass
knob msg.nouser = error
knob msg.nouser-headline = error
knob roster.order = push-first          # the push comes before the result (measured)
knob roster.self-item = accept          # an item for oneself is taken (measured)
knob sub.self = drop                    # a request to oneself is lost (measured)
knob pres.probe-full-nomatch = silent   # a probe to a resource that is gone is not answered (measured)
knob gen.account-from = bare            # what the server says for the account comes from its bare JID (measured)
knob err.malformed-from = echo          # an error for a bad address comes from it, as written (measured)
knob elem.unknown = ignore              # what is no stanza is passed over (measured)
knob off.chatstate = bounce             # chat states alone are not stored but answered by an error (measured)
knob pres.probe-full-detail = full      # SHOULD tell of mere availability; here all is told (measured)
knob sub.full-nomatch = to-bare         # MUST drop; subscribed, unsubscribe, unsubscribed count as for the bare JID
knob policy.silent = error              # groupchat and headline to a full JID that is gone are bounced (measured)

# ---- messages ----

# MUST drop or bounce a normal message to a full JID that is not connected; here it counts as sent to the bare JID.
departs msg.full.normal.nomatch does as-bare as ejabberd.full-to-bare
# An error is allowed as well; a headline to a full JID that is gone is lost (measured).
departs msg.full.headline.nomatch does drop as ejabberd.headline-lost

# ---- presence ----

# MUST send the presence as it was; what is shown later has a delay with the time it came in (measured).
departs pres.init.store does add-delay as ejabberd.stored-delay

# ---- subscriptions ----

# MUST route first, then push; here the push is first, as far as calibration has shown.
departs sub.req.out.push does push-first as ejabberd.push-first
departs sub.unsub.out does push-first as ejabberd.push-first
departs sub.app.out.order does push-first as ejabberd.push-first

# ---- the domain ----

# An error would be service-unavailable; here it is item-not-found (measured).
departs dom.msg does bounce item-not-found as ejabberd.domain-message

# ---- roster ----

# MUST be jid-malformed (measured).
departs roster.set.bad-jid does bad-request as ejabberd.roster-bad-jid
