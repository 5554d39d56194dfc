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
knob sub.local-nouser = error           # a request to nobody comes back
knob dom.subscribe = approve            # the domain has contacts, too
knob dom.presence = answer              # and shows itself
knob s2s.fail-probe = bounce            # a probe that cannot be routed comes back
knob ext.comp.offline = service-unavailable # where nobody is connected for a component
knob roster.versioning = off            # SHOULD offer versions; there are none
knob roster.order = push-first          # the push goes out before the result
knob off.chatstate = store              # SHOULD NOT store chat states alone
knob sub.resend = off                   # SHOULD send unanswered requests again; they are sent once
knob sub.full-nomatch = to-bare         # a gone resource makes no difference to subscriptions
knob off.delay-spoof = keep             # SHOULD strip a delay that claims to be from the server
knob elem.unknown = ignore              # what is no stanza is ignored
knob iq.no-id = tolerate                # an iq without id goes on
knob iq.bad-children = pass             # children of an iq are not counted
knob iq.bad-reply = pass                # a reply's children are not counted either
knob bind.conflict = kick-old           # the session that was there first goes
knob pres.unavail-again = broadcast     # unavailable is told to all again
knob pres.error-bare = drop             # what cannot be told to a resource is told to nobody
knob pres.bad-priority = clamp          # and what is no number counts as 0
knob dom.message = drop                 # a message to the domain is not answered

# ---- entry ----

# MUST close with not-well-formed; the condition has the name that RFC 3920 gave it.
departs in.xml.illformed does close xml-not-well-formed as jabberd2.xml
departs in.xml.nsillformed does close xml-not-well-formed as jabberd2.xml
departs in.xml.restricted does close xml-not-well-formed as jabberd2.xml
departs in.xml.encoding does close xml-not-well-formed as jabberd2.encoding
# SHOULD end the stream for a comment or an instruction; its parser passes over them (measured).
departs in.xml.restricted does comments-ignored as jabberd2.xml
# SHOULD NOT take a prefix for the content namespace; it makes no difference.
departs in.xml.prefix does pass as jabberd2.prefix
# MUST answer jid-malformed; such an address counts as none.
departs in.to.malformed does as-absent as jabberd2.malformed
# MUST close on another content namespace; what is in it is ignored.
departs in.ns.content does drop as jabberd2.namespace
# SHOULD refuse presence of unknown type; it counts as available.
departs in.pres.type-unknown does all-available as jabberd2.presence-type
# MUST strip a final dot; the name with it is one that nobody has.
departs in.to.dot does not-found as jabberd2.dot
# MUST refuse a request without a child, or with several; the first one counts, and an id is not needed.
departs in.iq.children does as-usual as jabberd2.iq-form
departs in.iq.id does omit-id as jabberd2.iq-form
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

# MUST answer for the account what it can; a ping is refused like what nobody knows, and disco#info tells strangers too.
departs iq.bare.known does no-ping as jabberd2.account-ping
departs iq.bare.known does tell-strangers as jabberd2.account-disco
# MUST NOT answer a result; one that finds no resource or no account comes back as an error.
departs iq.full.nomatch.reply for iq/result does bounce service-unavailable as jabberd2.result-bounced
departs iq.nouser.reply for iq/result does bounce service-unavailable as jabberd2.result-bounced

# SHOULD deliver what is stored where a priority becomes non-negative; what counts is the priority before.
departs off.deliver.when does by-last as jabberd2.queue

# MUST be a delay of XEP-0203; beside another one it is an element without a namespace of its own.
departs off.delay.add does unqualified as jabberd2.second-delay

# ---- subscriptions ----

# MUST follow the states of Appendix A; there are none.
departs sub.key does loose as jabberd2.subscriptions

# ---- presence ----

# SHOULD say when the account was last there, if anything; it repeats the last available presence, as unavailable.
departs pres.probe.offline does last-available as jabberd2.last-presence
# SHOULD pass an error on; one that a client sends goes nowhere.
departs pres.in.error does drop-from-client as jabberd2.client-error

# MUST send the presence as it was; what is shown later has a delay with the time it came in.
departs pres.init.store does add-delay as jabberd2.stored-delay
# MUST show a resource's presence to itself too; only the user's other resources see it.
departs pres.init.self does omit as jabberd2.no-reflection
departs pres.upd.self does omit as jabberd2.no-reflection
departs pres.unavail.self does omit as jabberd2.no-reflection
# MUST show a new resource the others, once; it probes the account, and whoever is available answers to all of them.
departs pres.init.own-others does show-all as jabberd2.own-probe
# MUST NOT change 'to'; what is delivered bears the resource's full JID.
departs loc.norewrite does to-full as jabberd2.rewritten
# MUST deliver presence to a resource that is connected only; there has to be one of the account that is available.
departs pres.full.match.avail does if-available as jabberd2.presence-available
departs pres.full.match.unavail does if-available as jabberd2.presence-available
departs pres.full.match.error does if-available as jabberd2.presence-available
# MUST bounce groupchat where nobody is available; it is lost.
departs msg.bare.groupchat.none does drop as jabberd2.bare-groupchat
departs msg.bare.groupchat.neg does drop as jabberd2.bare-groupchat
# SHOULD list whom a resource without presence session has sent presence; subscribers are not.
departs pres.dir.nosession does skip-subscribers as jabberd2.directed
# SHOULD forget whom it has sent presence when that one leaves; it is told of the end all the same.
departs pres.in.unavail-directed does keep as jabberd2.directed
# MUST tell of the end those that got directed presence; with them all contacts are told.
departs pres.end.directed does broadcast-too as jabberd2.directed
# MUST deliver presence for the own account to all its resources; the sender gets none.
departs pres.dir.self-bare does others-only as jabberd2.no-reflection

# ---- rosters ----

# MUST refuse a set that is not in order; whatever has a JID is taken, and the result follows.
departs roster.set.result does lenient as jabberd2.roster-lenient
departs roster.get.items does beside as jabberd2.roster-lenient
departs roster.get.ver-make does if-asked as jabberd2.roster-version
# MUST come from the account, or nobody, and go to the client; it bears the stanza's own 'to' instead.
departs noto.pres.sub does as-written as jabberd2.malformed-subscription
# MUST send broadcasts to contacts that returned an error; they get none until the next session.
departs pres.upd.noerrcheck does skip as jabberd2.refusing

# ---- other servers ----

# MUST be remote-server-timeout where a connection is refused; it is service-unavailable.
departs s2s.fail.connect does refused-unavailable as jabberd2.refused
# MUST NOT answer a result; one that cannot be routed comes back as an error.
departs s2s.never.result does bounce-mapped as jabberd2.result-bounced
# MUST end the stream of a server whose addresses are not in order; such a stanza is ignored.
departs in.s2s.no-to does drop as jabberd2.s2s-ignored
departs in.s2s.no-from does drop as jabberd2.s2s-ignored
departs in.s2s.bad-addr does drop as jabberd2.s2s-ignored
departs in.s2s.foreign-from does drop as jabberd2.s2s-ignored
departs in.s2s.local-from does drop as jabberd2.s2s-ignored
departs in.s2s.foreign-to does drop as jabberd2.s2s-ignored
# MUST wait before it tries again; what ends before it is verified is opened anew at once.
departs s2s.reconnect does while-opening as jabberd2.reconnect
# MUST NOT answer an error; one that cannot be routed comes back with a second one.
departs s2s.never.error for message/error iq/error does bounce-mapped as jabberd2.error-bounced
departs ext.comp.offline for message/error iq/error iq/result does bounce service-unavailable as jabberd2.error-bounced

# ---- probes, and the domain itself ----

# SHOULD pass a client's probe on; it goes nowhere unless it is for the own account.
departs pres.probe.client does own-only as jabberd2.client-probe
# MUST say whether a full JID is available; who asks from outside has the probe delivered.
departs pres.full.match.probe does deliver-foreign as jabberd2.probe-delivered
# MUST have the probe's id in the answer; it has none.
departs pres.probe.id-mirror does omit as jabberd2.probe-id
# MUST answer a domain's subscription; it subscribes back, and two of its services answer probes.
departs dom.pres.sub does mutual as jabberd2.domain-contact
departs dom.pres.probe does services as jabberd2.domain-contact

# ---- components ----

# MUST end the stream of a component whose addresses are not in order; such a stanza is ignored, or comes back.
departs ext.comp.addr does drop as jabberd2.component-ignored
departs ext.comp.from does bounce service-unavailable as jabberd2.component-from
departs ext.comp.from does return-as-is as jabberd2.component-from
# MUST be one error for a component that is away, whoever asks; other servers are told item-not-found.
departs ext.comp.offline does unknown-afar as jabberd2.component-away
