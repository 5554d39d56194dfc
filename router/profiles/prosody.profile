# prosody: what Prosody 0.12 does, as read from its sources and measured on 0.12.3.
# Where nothing is said here, it does what rfc6121 says. A comment begins with what RFC 6120 or RFC 6121 ask for where
# Prosody departs from them; a knob alone is a choice that they leave.
base rfc6121

# ---- choices ----

knob addr.canon-to = canonical          # 'to' goes on in its prepared form (measured)
knob addr.remote-check = bounce          # a malformed address of another server is refused at once (measured)
knob bind.conflict = kick-old           # the older session ends with conflict (measured)
knob err.malformed-from = echo          # an error for a bad 'to' comes from it, as written (measured)
knob pres.bad-priority = clamp          # 500 counts as 127, -500 as -128, no number as 0
knob s2s.tcp-fail = remote-server-not-found
knob s2s.auth-fail-type = wait          # a stream without the encryption that is asked for: type wait (measured)
knob s2s.fail-probe = bounce            # the error of a probe goes to the resource that it came from (measured)
knob s2s.queue-max = 1000               # no limit: 6000 waited (measured); this is the most that there is
knob s2s.retry = immediate              # SHOULD wait before another attempt; each stanza makes one (measured)
knob s2s.timeout = 90                   # 20 s for the connection, then 90 s for all the rest together
knob dom.presence = answer              # a probe to the domain is answered available
knob dom.subscribe = approve            # a request to the domain is approved
knob msg.nouser = error                 # no such account: an error, where an existing one would store in silence
knob policy.silent = error              # a full JID that is gone: groupchat is bounced, whoever asks (measured)
knob iq.presence-check = off            # SHOULD NOT deliver an iq to a full JID for strangers; Prosody does not ask
knob iq.bad-reply = pass                # nobody looks into a result or an error (measured)
knob noto.msg-to = absent               # a message without 'to' is delivered without it
knob pres.self-to = full                # own other resources: 'to' is their full JID
knob pres.dir-self = broadcast          # presence to one's own bare JID: the router has cut off 'to' before
knob pres.unavail-again = broadcast     # a second unavailable is broadcast like the first (measured)
knob pres.probe-client-from = full      # a client's probe goes out from its full JID (measured)
knob pres.nouser-probe = drop           # SHOULD be answered unsubscribed; nothing goes out (measured)
knob sub.full-nomatch = to-bare         # MUST drop; subscribed, unsubscribe, unsubscribed count as for the bare JID
knob sub.ack = on                       # a request is answered by unavailable at once
knob sub.already-presence = on          # a subscriber that asks again is shown presence once more
knob sub.unsub-autoreply = off          # SHOULD answer unsubscribe by unsubscribed; Prosody answers nothing
knob roster.get-foreign = service-unavailable
knob roster.full-jid-item = refuse      # bad-request (measured)
knob roster.versioning = full           # the whole roster or an empty result, never pushes in between
knob roster.limits = 2147483647         # MUST refuse names and groups that are too long; Prosody has no limit
knob off.trigger = initial-only         # stored messages wait for the next initial presence
knob off.chatstate = store              # SHOULD NOT store chat states alone
knob off.delay-spoof = keep             # SHOULD be stripped; nobody looks at a delay that a client sends (measured)
knob off.max = 2147483647               # no quota
knob ext.comp.no-to = bad-request       # a component's stanza without 'to' is refused alone; its stream goes on

# ---- what a client sends ----

# The length of an address counts once it is prepared; here it counts as it is written, too (measured).
departs in.to.length does as-written as prosody.length-as-written
# MUST be jid-malformed; what may stand in the name of a host is not asked, and nobody finds it (measured).
departs in.to.malformed does lax-domain as prosody.lax-domain
# Of an error without children nobody hears (measured).
departs in.iq.error-child does drop-empty as prosody.empty-error
# MUST be bad-request, also where it is the content namespace; nobody looks at it (measured).
departs in.iq.child-ns does pass as prosody.iq-child-namespace
# SHOULD NOT be accepted; what has a prefix is taken, and goes on without it (measured).
departs in.xml.prefix does pass as prosody.prefix
# MUST be invalid-namespace (measured).
departs in.ns.content does close unsupported-stanza-type as prosody.content-namespace
# The error of an iq without id has an id all the same, an empty one; here it has none (measured).
departs in.iq.id does omit-id as prosody.iq-no-id
# A result MUST NOT be answered; without id it is (measured).
departs in.iq.id does results-too as prosody.iq-no-id
# SHOULD be feature-not-implemented; handlers go by namespace and name at once (measured).
departs in.iq.unknown-elem does service-unavailable as prosody.iq-unknown-element
# The error goes back where the stanza came from; here it goes between the bare JIDs (measured).
departs in.pres.type-unknown does bare as prosody.presence-type

# ---- components ----

# MUST refuse what has no 'from'; Prosody adds the component's domain (measured).
departs ext.comp.addr does add-from as prosody.component-from
# Addresses are compared in their prepared form (7622 3); here a capital letter ends the stream (measured).
departs ext.comp.from does compare-raw as prosody.component-from

# ---- messages ----

# MUST drop or bounce a normal message to a full JID that is not connected; here it counts as sent to the bare JID.
departs msg.full.normal.nomatch does as-bare as prosody.full-to-bare
# MUST bounce or drop; a headline is looked up by its full 'to' on the bare JID's list, and lost (measured).
departs msg.full.headline.nomatch does drop as prosody.headline-lost
# An error is allowed as well; for no account all but headlines get one (measured for the bare JID).
departs msg.nouser.full.headline does drop as prosody.headline-lost
# MUST be refused with service-unavailable; a ping to a bare JID is answered whether or not there is an account (measured).
departs iq.nouser.request does ping as prosody.ping-nobody
# MUST be delivered like any message to the bare JID; without 'to' a headline is lost (measured).
departs noto.msg for message/headline does drop as prosody.headline-lost
# MUST NOT modify 'to'; the router cuts it off where it is the sender's own bare JID (measured).
departs msg.bare.any.own does omit-to as prosody.own-to-removed

# ---- the domain ----

# SHOULD be refused, or be handled for a resource; here the resource makes no difference (measured).
departs domres.any does as-domain as prosody.domain-resource
# The answer to a probe goes to the prober's bare JID (measured).
departs dom.pres.probe does answer-bare as prosody.domain-presence
# Approval is followed by the domain's presence (measured).
departs dom.pres.sub does show-available as prosody.domain-presence

# ---- presence ----

# The examples of 6121 4.2.2, 4.4.2 and 4.5.2 show 'to'; the sender's own copy has none (measured).
departs pres.init.self does omit-to as prosody.reflection
departs pres.upd.self does omit-to as prosody.reflection
departs pres.unavail.self does omit-to as prosody.reflection
# Its own other resources are shown to a new one after the contacts' answers (measured).
departs pres.init.own-others does after-probes as prosody.own-others-last
# MUST send the presence as it was; what is shown later has a delay with the time it came in (measured).
departs pres.init.store does add-delay as prosody.stored-delay
# MUST probe from the bare JID.
departs pres.probe.out.addr does from-full as prosody.probe-from-full
# MUST NOT tell of other resources; a probe to a full JID is answered like one to the bare JID (measured).
departs pres.full.match.probe does as-bare as prosody.probe-full
departs pres.full.nomatch.probe does as-bare as prosody.probe-full
# MUST look at the directed-presence list; here who is no subscriber gets unsubscribed (measured).
departs pres.probe.directed does answer-unsubscribed as prosody.probe-directed
# SHOULD be answered unsubscribed. It is made as if the user had sent it, and that goes out only where a request or a
# subscription ends by it (measured).
departs pres.probe.no-sub does as-cancellation as prosody.probe-cancels
# One may always see one's own resources; a probe of the own bare JID is an error, one of a full JID nothing (measured).
departs pres.probe.self does refuse as prosody.probe-self
# A probe MUST NOT be the sole reason for an error; without 'to' it is (measured).
departs noto.pres.probe does bounce bad-request as prosody.probe-self
# SHOULD repeat the probe's id.
departs pres.probe.id-mirror does omit as prosody.probe-no-id
# SHOULD say since when nobody is there (measured).
departs pres.probe.offline-delay does omit as prosody.probe-no-since
# SHOULD be resent to other servers at times; requests inside the server are sent again too, and answered (measured).
departs pres.init.resend-out does local-too as prosody.resend-local
# A push says what has changed; each request that is sent again is pushed as well (measured).
departs pres.init.resend-out does push as prosody.resend-push
# MUST tell every target of directed presence of the end; subscribers are not listed even without a session (measured).
departs pres.dir.nosession does skip-subscribers as prosody.directed-subscriber
# MUST leave it to the broadcast; who was approved later stays listed, and gets unavailable twice (measured).
departs pres.dir.precedence-approve does keep as prosody.directed-approved
# The unavailable of a session whose resource is taken says why (measured).
departs pres.end.conflict does say-why as prosody.conflict-status
# SHOULD take a target that sent unavailable off the list (measured).
departs pres.in.unavail-directed does keep as prosody.directed-kept

# ---- subscriptions ----

# MUST route first, then push; here the push is first, even where nothing changed (measured).
departs sub.req.out.push does push-first as prosody.push-first
departs sub.unsub.out does push-first as prosody.push-first
departs sub.app.out.order does push-first as prosody.push-first
# The approved contact is probed too where the user sees its presence (measured).
departs sub.app.out.presence does probe-too as prosody.approval-probe
departs sub.pre.flag does probe-too as prosody.approval-probe
departs sub.pre.respond does probe-too as prosody.approval-probe
# MUST NOT be routed; approval of who is subscribed already is, and presence is shown again (measured).
departs sub.pre.noop does pass-on as prosody.approval-again
# There is nothing to subscribe to; at one's own full JID it is taken in as a stranger's would be (measured).
departs sub.self does full-as-other as prosody.self-full
# MUST send unavailable first, then unsubscribed, then push; here it is push, unsubscribed, unavailable (measured).
departs sub.cancel.out.order does unavailable-last as prosody.cancel-order
# MUST forget approval ahead by unsubscribed; it stays (measured).
departs sub.cancel.out.preapproval does keep as prosody.preapproval-kept
# MUST NOT be delivered and changes nothing; a repeated request is acknowledged again (measured).
departs sub.req.in.repeat does acknowledge as prosody.acknowledge-again
# MUST answer subscribed; what follows is presence twice, or unavailable where there is none (measured).
departs sub.req.in.already does show-twice as prosody.already-presence
departs sub.req.in.already does probe-too as prosody.approval-probe
departs sub.req.in.already does show-unavailable as prosody.already-presence
# A request to nobody's account MUST be dropped; it is acknowledged like any other (measured).
departs pres.nouser.sub for presence/subscribe does answer-unavailable as prosody.acknowledge-nobody
# MUST send unavailable to who unsubscribed (measured).
departs sub.unsub.in.order does no-unavailable as prosody.unsubscribe-silent
# A withdrawn request changes no item; here it is pushed, as a removal where there never was an item (measured).
departs sub.unsub.in.pending does push as prosody.withdrawn-push

# ---- roster ----

# MUST stamp the bare JID; what the removal of an item sends comes from the full JID.
departs sub.stamp does remove-from-full as prosody.remove-stamp
# The same from another server's resource is cut on its way in, so it shows between unlike servers only (measured).
departs sub.stamp does deliver-bare as prosody.remove-stamp
# MUST send unavailable before unsubscribed; with 'from' alone there is none (measured).
departs sub.remove.from does no-unavailable as prosody.remove-order
# Nothing goes before an unsubscribe; here unavailable does, although the contact is no subscriber (measured).
departs sub.remove.to does unavailable-first as prosody.remove-order
# A request that waits is turned down, and waits all the same (measured).
departs sub.remove.pending-in does keep-request as prosody.removed-request
# With 'both': unsubscribed, unavailable, unsubscribe (measured).
departs sub.remove.both does unsubscribed-first as prosody.remove-order
# A get with items is refused as bad-request; here it is answered (measured).
departs roster.get.items does answer as prosody.roster-get-items
# SHOULD push what changed, else send the whole roster; the latter, but an empty result where nothing changed.
departs roster.get.ver-full does empty-if-same as prosody.roster-same
# SHOULD show approval ahead; neither results nor pushes do (measured).
departs roster.get.attrs does hide-approved as prosody.preapproval-hidden
# Approval ahead is no part of what a set changes; here the set forgets it (measured).
departs roster.set.keep-state does forget-approval as prosody.preapproval-lost
# MUST be forbidden; nobody handles it, so the condition is service-unavailable (measured).
departs roster.set.forbidden does service-unavailable as prosody.roster-foreign
# MUST be jid-malformed (measured).
departs roster.set.bad-jid does bad-request as prosody.roster-bad-jid
# MUST be refused; a group named twice counts once (measured).
departs roster.set.dupgroup does merge as prosody.roster-groups
# MUST be refused; a group may have an empty name (measured).
departs roster.set.group-empty does accept as prosody.roster-groups

# The contact's roster says who is subscribed; while the contact is offline and the asking user of the same server is
# not, the asking user's roster says so instead. The same for probes and for requests.
departs pres.probe.no-sub does asker-decides as prosody.asker-decides
departs iq.bare.known does asker-decides as prosody.asker-decides
departs pres.nouser.probe does asker-decides as prosody.asker-decides
departs sub.req.in.already does asker-decides as prosody.asker-decides

# ---- from and to other servers ----

# MUST close with invalid-from, or with improper-addressing where there is none (measured).
departs in.s2s.foreign-from does close not-authorized as prosody.s2s-from
departs in.s2s.local-from does close not-authorized as prosody.s2s-from
departs in.s2s.no-from does close not-authorized as prosody.s2s-from
# MUST close with improper-addressing (measured).
departs in.s2s.no-to does close host-unknown as prosody.s2s-to
# MUST close with improper-addressing; the stanza is answered, from and to what was written, before it is asked whose
# stream it came on (measured).
departs in.s2s.bad-addr does bounce jid-malformed as prosody.s2s-malformed
# Both missing is improper-addressing either way; here 'from' is looked at first (measured).
departs in.s2s.no-from does before-to as prosody.s2s-from
# An empty address is missing too; here it is malformed (measured).
departs in.s2s.bad-addr does empty-too as prosody.s2s-malformed
# 'from' is checked, never rewritten; here it goes on in its prepared form (measured).
departs in.s2s.nostamp does canonical as prosody.s2s-from-prepared
# MUST be invalid-namespace; a client's namespace is taken for a stanza that nobody handles (measured).
departs in.ns.content does client-bounced as prosody.s2s-content
# MUST be bad-request by whoever answers; what comes from other servers and components is not looked at (measured).
departs in.iq.children does clients-only as prosody.iq-clients-only
# A resource in 'to' is cut off; what waits is shown with it (measured).
departs sub.to-full.in does kept-full as prosody.request-kept-full
# SHOULD be restricted-xml; the parser finds all of that ill-formed, from clients too (measured).
departs in.xml.restricted does close not-well-formed as prosody.restricted
# SHOULD be unsupported-encoding; the parser finds what is no UTF-8 ill-formed (measured).
departs in.xml.encoding does close not-well-formed as prosody.encoding
# There is nobody to tell; here the error goes to the account or resource that the stanza was made for (measured).
departs s2s.fail.generated does bounce-mapped as prosody.made-bounced
# MUST be remote-server-timeout; as long as there is no stream header, it is remote-server-not-found (measured).
departs s2s.fail.stream does not-found-unheard as prosody.unheard
