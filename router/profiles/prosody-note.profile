# prosody-note: the design note on stanza routing in Prosody's sources, read literally, line by line.
# It is a sketch of the whole in 19 lines, not what the server does today; where it is silent, RFC 6121 holds.
base rfc6121

knob dom.message = admin        # line 8: a message to the host goes to its administrators
knob dom.presence = ignore      # line 7: presence to the host: nothing
knob dom.subscribe = ignore     # line 7
knob msg.top = priority         # line 11: the best resource is the one with the highest priority
knob msg.top-ties = recent      # line 11: "the best" is one resource, so a tie goes to the one used last
knob iq.presence-check = off    # line 12: an iq to a full JID goes to the resource, whoever asks

# Line 10: presence to a bare JID goes to all resources, not just to the available ones.
departs pres.bare.avail does deliver-connected as prosody-note.bare.presence
departs pres.bare.unavail does deliver-connected as prosody-note.bare.presence
departs pres.bare.connected does deliver-connected as prosody-note.bare.presence

# Line 11: a message to a bare JID goes to the best resource, of whatever type it is.
departs msg.bare.groupchat.one does deliver-most as prosody-note.bare.message
departs msg.bare.groupchat.multi does deliver-most as prosody-note.bare.message
departs msg.bare.headline.multi does deliver-most as prosody-note.bare.message
departs msg.bare.error.one does deliver-most as prosody-note.bare.message
departs msg.bare.error.multi does deliver-most as prosody-note.bare.message

# Line 16: a message to a full JID that is not connected is handled as one to the bare JID; RFC 6121 has that for chat only.
departs msg.full.normal.nomatch does as-bare as prosody-note.full.message
departs msg.full.groupchat.nomatch does as-bare as prosody-note.full.message
departs msg.full.headline.nomatch does as-bare as prosody-note.full.message
departs msg.full.error.nomatch does as-bare as prosody-note.full.message

# Line 17: presence to a full JID that is not connected is dropped, but for subscribe and subscribed.
departs pres.full.nomatch.subother for presence/subscribed does subscription as prosody-note.full.presence
departs pres.full.nomatch.probe does drop as prosody-note.full.presence
