# ejabberd: what ejabberd 23.01 does, as measured with `stanzadrill calibrate --target ejabberd`.
# Where nothing is said here, it does what rfc6121 says. A comment begins with what RFC 6120 or RFC 6121 ask for where
# ejabberd departs from them; a knob alone is a choice that they leave.
base rfc6121

# ---- choices ----

knob pres.self-to = full                # own resources: 'to' is their full JID (measured)
knob err.payload = on                   # an error carries what the stanza held (measured)
knob from.mismatch = invalid-from       # a false 'from' ends the stream (measured)
knob addr.canon-to = canonical          # 'to' goes on in its prepared form (measured)
knob addr.remote-check = bounce          # a malformed address of another server is refused at once (measured)
knob pres.probe-offline = silent        # SHOULD say unavailable; nothing (measured)
knob bind.conflict = kick-old           # the older session ends with conflict (measured)
knob pres.dir-self = broadcast          # presence to one's own bare JID counts as without 'to' (measured)
knob pres.unavail-again = broadcast     # a second unavailable is broadcast like the first (measured)
knob pres.probe-client-from = full      # a client's probe goes out from its full JID (measured)
knob noto.pres-sub = drop               # a request without 'to' is ignored (measured)
knob dom.subscribe = ignore             # so is one for the domain (measured)
knob roster.limits = 2147483647         # MUST refuse names and groups that are too long; no limit (measured)
knob off.delay-spoof = keep             # SHOULD be taken out; a delay goes on, whoever it says it is from (measured)
knob iq.bad-reply = pass                # a result or error goes on whatever it holds (measured)
knob s2s.retry = immediate              # SHOULD wait after a break; the next stanza opens another stream (measured)
knob s2s.fail-probe = bounce            # the error of a probe goes to the resource that it came from (measured)
knob pres.nouser-probe = drop           # SHOULD be answered unsubscribed; nothing goes out (measured)
knob sub.resend = off                   # SHOULD resend requests that are not answered; never (measured)
knob roster.remove-pending = leave      # no stanza ends a request when its item is removed (measured)
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

# ---- addresses ----

# MUST NOT modify 'to'; presence, and what names a resource or nobody, bears the full JID of whoever gets it (measured).
departs in.to.norewrite does name-resource as ejabberd.to-resource

# MUST be jid-malformed (measured).
departs in.to.malformed does bounce bad-request as ejabberd.bad-address
# MUST be overridden, or end the stream; a 'from' that is no address is answered by an error to it (measured).
departs in.from.mismatch does malformed-bounced as ejabberd.bad-address
# MUST be left out; a domain with a dot at its end is another one, which cannot be reached (measured).
departs in.to.dot does unreachable as ejabberd.final-dot
# MUST close with improper-addressing; the stanza alone is refused (measured). The same for an empty address.
departs in.s2s.bad-addr does bounce bad-request as ejabberd.bad-address
departs in.s2s.no-to does empty-malformed as ejabberd.bad-address
departs in.s2s.no-from does empty-malformed as ejabberd.bad-address
# SHOULD be restricted-xml; the parser finds a doctype ill-formed (measured).
departs in.xml.restricted does close not-well-formed as ejabberd.namespace
# SHOULD be unsupported-encoding; the parser finds what is no UTF-8 ill-formed (measured).
departs in.xml.encoding does close not-well-formed as ejabberd.encoding
# MUST NOT be there either; comments and processing instructions are passed over (measured).
departs in.xml.restricted does comments-ignored as ejabberd.namespace
# MUST NOT be routed; prefixes are left out, and the other content namespaces are as good (measured).
departs in.xml.prefix does pass as ejabberd.namespace
departs in.ns.content does pass as ejabberd.namespace

# ---- messages ----

# MUST go on unmodified; a type that is not known is left out (measured).
departs in.msg.type-unknown does remove as ejabberd.type-removed

# MUST drop or bounce a normal message to a full JID that is not connected; here it counts as sent to the bare JID.
departs msg.full.normal.nomatch does as-bare as ejabberd.full-to-bare
# An error is allowed as well; for no account a headline to a full JID is lost (measured).
departs msg.nouser.full.headline does drop as ejabberd.headline-lost
# An error is allowed as well; a headline to a full JID that is gone is lost (measured).
departs msg.full.headline.nomatch does drop as ejabberd.headline-lost

# SHOULD be stored; where there is nothing to read, normal messages and empty ones are bounced as well (measured).
departs off.chatstate does any-empty as ejabberd.nothing-stored
# SHOULD say when the server kept a message; it does not where a delay says so in its name already (measured).
departs off.delay.add does once as ejabberd.stored-once

# ---- requests ----

# MUST be refused; what is asked of an account that does not exist is answered, without a look for it (measured).
departs iq.nouser.request does as-account as ejabberd.nobody-answers
# MUST be service-unavailable, as for no account; here it is said that a subscription is missing (measured).
departs iq.bare.unknown does say-why as ejabberd.subscription-required
# SHOULD see it who is subscribed; whom the account watches or has asked sees it too (measured).
departs iq.bare.known does any-relation as ejabberd.subscription-required
# An element that is not known in a known namespace SHOULD be feature-not-implemented (measured).
departs in.iq.unknown-elem does bad-request as ejabberd.unknown-element
# MUST be bad-request; a child without a namespace of its own is one that nobody handles (measured).
departs in.iq.child-ns does as-unknown as ejabberd.unknown-element

# ---- presence ----

# SHOULD be bad-request; 'available' is a type as well, and the presence goes on without it (measured).
departs in.pres.type-unknown does as-available as ejabberd.type-removed
# The addresses MUST be looked at for every stanza; of a type that there is not it is the type that is refused (measured).
departs in.pres.type-unknown does before-addresses as ejabberd.type-first
departs in.iq.type does before-addresses as ejabberd.type-first
# An error is one answer; a number beyond the limits counts as it is, what is no number is refused (measured).
departs in.pres.priority-bad does any-number as ejabberd.priority
# An empty one is no number either; it is left out (measured).
departs in.pres.priority-bad does omit-empty as ejabberd.priority
# An empty show is passed on elsewhere; here it is left out (measured).
departs in.pres.show-bad does omit-empty as ejabberd.show
# A value of show that is not defined is passed on elsewhere; here it is refused (measured).
departs in.pres.show-bad does refuse as ejabberd.show
# Its own presence comes first; what was stored goes before it (measured).
departs pres.init.offline does first as ejabberd.stored-first

# MUST send the presence as it was; what answers a probe has a delay with the time it came in (measured).
departs pres.init.own-others does add-delay as ejabberd.shown-delay
departs pres.probe.avail does add-delay as ejabberd.shown-delay
departs pres.probe.full.match does add-delay as ejabberd.shown-delay
# MUST be sent to the resource that becomes unavailable, too; only the others get it (measured).
departs pres.unavail.self does omit as ejabberd.own-unavailable
# No presence, no broadcast; the end of a resource that never was available is told to the others (measured).
departs pres.end.never-available does tell-own as ejabberd.end-told
# Presence is sent first, then the probes; here it is the other way round (measured).
departs pres.init.probe does first as ejabberd.probe-first
# MUST probe from the bare JID (measured).
departs pres.probe.out.addr does from-full as ejabberd.probe-from-full
# A client's probe for its own account is ignored (measured).
departs pres.probe.client does own-ignored as ejabberd.own-probe
# MUST tell every target of directed presence of the end; subscribers are not listed even without a session (measured).
departs pres.dir.nosession does skip-subscribers as ejabberd.directed-subscriber
# An error changes nothing; who answers directed presence by one is taken off the list (measured).
departs pres.in.error does forget-directed as ejabberd.directed-refused
# SHOULD take a target that sent unavailable off the list (measured).
departs pres.in.unavail-directed does keep as ejabberd.directed-kept
# MUST be answered unsubscribed, or by mere presence where it was directed; nothing goes out (measured).
departs pres.probe.no-sub does drop as ejabberd.probe-unanswered
departs pres.probe.full.no-sub does drop as ejabberd.probe-unanswered
departs pres.probe.directed does drop as ejabberd.probe-unanswered
departs pres.probe.full.directed does drop as ejabberd.probe-unanswered
# MUST be kept whole; of a request the status is kept (measured).
departs pres.init.pending-subs does status-only as ejabberd.request-kept
# MUST be shown to whoever becomes available; not where the priority is negative (measured).
departs pres.init.pending-subs does non-negative as ejabberd.request-kept

# ---- subscriptions ----

# MUST route first, then push; here the push is first (measured). A request that waits is pushed again.
departs sub.req.out.push does push-again as ejabberd.push-first
departs sub.unsub.out does push-changed as ejabberd.push-first
departs sub.app.out.order does push-first as ejabberd.push-first
departs sub.cancel.out.order does push-first as ejabberd.push-first
# MUST deliver first, to interested resources, then push; the push is first, available resources get it (measured).
departs sub.app.in.order does push-first as ejabberd.push-before-delivery
departs sub.cancel.in.order does push-first as ejabberd.push-before-delivery
departs sub.unsub.in.order does answer-first as ejabberd.push-before-delivery
# MUST be ignored; approval that nobody asked for makes both of from (measured).
departs sub.in.subscribed.from does accept as ejabberd.unasked-approval
departs sub.out.subscribed.to does accept as ejabberd.unasked-approval
# SHOULD be cut to the bare JID; the resource stays (measured).
departs sub.to-full.out does keep as ejabberd.full-request
# Nothing is said of one's own full JID; it is anybody's (measured).
departs sub.self does full-both-sides as ejabberd.full-request
# MUST be sent to the bare JID; who asked from a full JID is answered there (measured).
departs sub.stamp does answer-full as ejabberd.answer-full
# A push is needed for what a roster shows; here any change of state is pushed, but not to a mere request (measured).
departs sub.visible-push does by-state as ejabberd.push-by-state
# Unavailable presence is for available resources; those without presence send it, too (measured).
departs sub.cancel.out.order does all-connected as ejabberd.unavailable-of-all
departs sub.remove.from does all-connected as ejabberd.unavailable-of-all
# MUST NOT be routed; it is, and changes nothing (measured).
departs sub.cancel.out.noop does route as ejabberd.routed-anyway
departs sub.pre.noop does route as ejabberd.routed-anyway
departs sub.pre.off does route as ejabberd.routed-anyway
# An item stays until it is removed; where its contact asks and nothing else is, it is hidden, and gone with the
# request (measured).
departs sub.cancel.out.deny does forget-item as ejabberd.item-forgotten
departs sub.unsub.in.pending does forget-item as ejabberd.item-forgotten
departs roster.get.hidden does hide-item as ejabberd.item-forgotten
departs roster.rem.ok does forget-request as ejabberd.item-forgotten

# ---- the domain ----

# An error would be service-unavailable; here it is item-not-found (measured).
departs dom.msg does bounce item-not-found as ejabberd.domain-message
departs dom.msg for message/headline does drop as ejabberd.domain-message
departs domres.any does bounce item-not-found as ejabberd.domain-message

# ---- other servers ----

# MUST be remote-server-timeout or service-unavailable; the domain is looked for elsewhere, and not found (measured).
departs ext.comp.offline does bounce remote-server-not-found as ejabberd.component-elsewhere
departs ext.comp.offline for message/error presence/error iq/error iq/result does drop as ejabberd.component-elsewhere
# MUST be bounced; as long as a component is away, other servers hear that its domain is not served (measured).
departs ext.comp.fromremote does not-served as ejabberd.component-elsewhere
# MUST close with invalid-from; a component's 'from' that is no address is answered by an error to it (measured).
departs ext.comp.from does bounce-malformed as ejabberd.bad-address
# There is nobody to tell; here the error goes to the account or resource that the stanza was made for (measured).
departs s2s.fail.generated does bounce-mapped as ejabberd.made-bounced

# ---- roster ----

# MUST be bad-request where no item is there, not-acceptable for a group without a name (measured).
departs roster.set.noitem does service-unavailable as ejabberd.roster-refused
departs roster.set.group-empty does bad-request as ejabberd.roster-refused
# MUST be ignored; what a client may not say is refused (measured).
departs roster.set.ignore-sub does refuse-unknown as ejabberd.roster-refused
departs roster.set.ignore-ask does refuse as ejabberd.roster-refused
# MUST be jid-malformed (measured).
departs roster.set.bad-jid does bad-request as ejabberd.roster-bad-jid
# What becomes of a full JID is open; it is shown as it was set, but is the bare JID's item (measured).
departs roster.set.full-jid does under-bare as ejabberd.roster-full-jid
# MUST be item-not-found; it is pushed as removed, and answered by a result (measured).
departs roster.rem.missing does remove as ejabberd.roster-removed
# MUST push to interested resources; all that are connected get it (measured).
departs roster.push.who does connected as ejabberd.push-all
