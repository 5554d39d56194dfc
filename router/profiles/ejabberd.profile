# What ejabberd 23.01 does.
# The knobs and departures below were measured by `stanzadrill calibrate --target ejabberd`.
# Where nothing is said here, it does what rfc6121 says. A comment begins with what RFC 6120 or RFC 6121 ask for where
# ejabberd departs from them; a knob alone is a choice that they leave.
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

# ---- messages ----

# MUST drop or bounce a normal message to a full JID that is not connected; here it counts as sent to the bare JID.
departs msg.full.normal.nomatch does as-bare as ejabberd.full-to-bare

# ---- presence ----

# MUST send the presence as it was; what is shown later has a delay with the time it came in (measured).
departs pres.init.store does add-delay as ejabberd.stored-delay
# The examples of 6121 4.5.2 show the sender's own copy; it gets none (measured).
departs pres.unavail.self does drop as ejabberd.no-own-unavailable
