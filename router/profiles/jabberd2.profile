# jabberd2: what jabberd2 2.7.0 does, as measured by `stanzadrill calibrate --target jabberd2`.
# Where nothing is said here, it does what rfc6121 says. A comment begins with what RFC 6120 or RFC 6121 ask for where
# jabberd2 departs from them; a knob alone is a choice that they leave.
base rfc6121

# ---- choices ----

knob err.payload = on                   # an error carries what the stanza carried
knob msg.nouser = error                 # no such account: an error, where an existing one would store in silence
knob msg.nouser-headline = error        # the same for a headline
knob iq.presence-check = off            # SHOULD NOT deliver an iq to a full JID for strangers; jabberd2 does not ask
knob pres.self-to = full                # own other resources: 'to' is their full JID
knob pres.nouser-probe = drop           # SHOULD be answered unsubscribed; nothing goes out
knob roster.versioning = off             # SHOULD offer versions; there is no ver (measured)
knob roster.order = push-first          # the push goes out before the result
knob off.chatstate = store              # SHOULD NOT store chat states alone
knob sub.resend = off                   # SHOULD send unanswered requests again; they are sent once
knob sub.full-nomatch = to-bare         # a gone resource makes no difference to subscriptions
knob off.delay-spoof = keep             # SHOULD strip a delay that claims to be from the server
knob sub.notice-store = on              # subscribed and the like wait for a session
knob sub.unsub-autoreply = off          # SHOULD answer unsubscribe by unsubscribed; nothing is answered
knob elem.unknown = ignore             # what is no stanza is ignored
knob iq.no-id = tolerate                # an iq without id goes on
knob iq.bad-children = pass             # children of an iq are not counted
knob pres.bad-type = drop               # SHOULD be refused with bad-request
knob pres.error-bare = drop             # what cannot be told to a resource is told to nobody
knob pres.bad-priority = clamp          # and what is no number counts as 0
knob dom.message = drop                 # a message to the domain is not answered

# ---- entry ----

# MUST close with not-well-formed; the condition has the name that RFC 3920 gave it.
departs in.xml.illformed does close xml-not-well-formed as jabberd2.xml
departs in.xml.nsillformed does close xml-not-well-formed as jabberd2.xml
departs in.xml.restricted does close xml-not-well-formed as jabberd2.xml
# SHOULD NOT take a prefix for the content namespace; it makes no difference.
departs in.xml.prefix does pass as jabberd2.prefix
# MUST answer jid-malformed; such an address counts as none.
departs in.to.malformed does as-absent as jabberd2.malformed
# MUST answer an iq of unknown type; nothing comes of it.
departs in.iq.type does drop as jabberd2.iq-type

# ---- messages ----

# MUST drop or bounce what is no chat to a full JID that is not connected; here it counts as sent to the bare JID.
departs msg.full.normal.nomatch does as-bare as jabberd2.full-to-bare
departs msg.full.groupchat.nomatch does as-bare as jabberd2.full-to-bare
departs msg.full.headline.nomatch does as-bare as jabberd2.full-to-bare
departs msg.full.error.nomatch does as-bare as jabberd2.full-to-bare
# MUST bounce groupchat to the bare JID; it is delivered like a chat message.
departs msg.bare.groupchat.one does deliver-most as jabberd2.bare-groupchat
departs msg.bare.groupchat.multi does deliver-most as jabberd2.bare-groupchat
# MUST drop an error to the bare JID; it is delivered like a chat message, or stored.
departs msg.bare.error.one does deliver-most as jabberd2.bare-error
departs msg.bare.error.multi does deliver-most as jabberd2.bare-error
departs msg.bare.error.none does store as jabberd2.bare-error
departs msg.bare.error.neg does store as jabberd2.bare-error

# MUST treat a message without 'to' as sent to the own account; it comes back to the resource that sent it.
departs noto.msg does to-sender as jabberd2.own-message

# ---- requests ----

# MUST be service-unavailable where nobody knows the request; it is feature-not-implemented.
departs dom.iq.unknown does bounce feature-not-implemented as jabberd2.iq-unknown
departs noto.iq.unknown does bounce feature-not-implemented as jabberd2.iq-unknown
# MUST come from nobody or the account; it comes from the resource that asked.
departs noto.iq.unknown does from-sender as jabberd2.own-iq-error
# An iq for a resource of the domain is the domain's; a message comes back with feature-not-implemented.
departs domres.any does iq-as-domain as jabberd2.domain-resource
departs domres.any for message/normal message/chat message/groupchat message/headline does bounce feature-not-implemented as jabberd2.domain-resource
# SHOULD refuse requests for somebody else's roster; they are taken for the own one.
departs roster.get.foreign does own as jabberd2.roster-whose

# MUST be service-unavailable where the account does not know the request; it is feature-not-implemented.
departs iq.bare.unknown does bounce feature-not-implemented as jabberd2.iq-unknown

# A ping to an account is refused like what nobody knows; disco#info tells strangers too.
departs iq.bare.known does no-ping as jabberd2.account-ping
departs iq.bare.known does tell-strangers as jabberd2.account-disco
# MUST NOT answer a result; one that finds no resource or no account comes back as an error.
departs iq.full.nomatch.reply for iq/result does bounce service-unavailable as jabberd2.result-bounced
departs iq.nouser.reply for iq/result does bounce service-unavailable as jabberd2.result-bounced

# SHOULD deliver what is stored where a priority becomes non-negative; what counts is the priority before.
departs off.deliver.when does by-last as jabberd2.queue

# ---- subscriptions ----

# MUST follow the states of Appendix A; there are none.
departs sub.key does loose as jabberd2.subscriptions

# ---- presence ----

# SHOULD say when the account was last there, if anything; it repeats the last available presence, as unavailable.
departs pres.probe.offline does last-available as jabberd2.last-presence
# SHOULD pass a client's probe on; it goes nowhere, like errors that a client sends.
departs pres.probe.client does drop as jabberd2.client-presence
departs pres.in.error does drop-from-client as jabberd2.client-presence

# MUST send the presence as it was; what is shown later has a delay with the time it came in.
departs pres.init.store does add-delay as jabberd2.stored-delay
# MUST show a resource's presence to itself too; only the user's other resources see it.
departs pres.init.self does omit as jabberd2.no-reflection
departs pres.upd.self does omit as jabberd2.no-reflection
departs pres.unavail.self does omit as jabberd2.no-reflection
# MUST show a new resource the others; it probes the account, and whoever is available answers to all of them.
departs pres.init.own-others does show-all as jabberd2.own-probe
# MUST NOT change 'to'; what is delivered bears the resource's full JID.
departs loc.norewrite does to-full as jabberd2.rewritten
# MUST deliver presence to a connected resource; one that is not available gets none.
departs pres.full.match.avail does if-available as jabberd2.presence-available
departs pres.full.match.unavail does if-available as jabberd2.presence-available
departs pres.full.match.error does if-available as jabberd2.presence-available
# SHOULD answer unsubscribed to a probe of a stranger; nothing goes out.
departs pres.probe.no-sub does drop as jabberd2.probe-silent
# MUST bounce groupchat where nobody is available; it is lost.
departs msg.bare.groupchat.none does drop as jabberd2.bare-groupchat
departs msg.bare.groupchat.neg does drop as jabberd2.bare-groupchat
# MUST say whether a full JID is available; a probe to it is not answered.
departs pres.probe.full.match does drop as jabberd2.probe-silent
departs pres.probe.full.nomatch does drop as jabberd2.probe-silent
departs pres.probe.full.no-sub does drop as jabberd2.probe-silent
departs pres.probe.full.directed does drop as jabberd2.probe-silent
