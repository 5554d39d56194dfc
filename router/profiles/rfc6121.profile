# rfc6121: what RFC 6120 and RFC 6121 recommend.
# Every knob stands at its initial value (router/knobs.def gives the reason of each), and nothing departs from the text.
