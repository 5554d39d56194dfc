/* live_recorder_harness.h - made-up sessions for the tests of recording: octets go in as they would pass between
 * clients and a server, and the scenario that comes out is compared, read, and played on the simulator. */
#ifndef STANZADRILL_LIVE_RECORDER_HARNESS_H
#define STANZADRILL_LIVE_RECORDER_HARNESS_H

#include "record.h"

#define HEADER(attributes)                                                                                             \
    "<?xml version='1.0'?><stream:stream xmlns='jabber:client' "                                                       \
    "xmlns:stream='http://etherx.jabber.org/streams' " attributes " version='1.0'>"
#define SASL            "urn:ietf:params:xml:ns:xmpp-sasl"
#define BIND            "urn:ietf:params:xml:ns:xmpp-bind"
#define TLS             "urn:ietf:params:xml:ns:xmpp-tls"
#define ROSTER          "jabber:iq:roster"
#define MECHANISMS      "<mechanisms xmlns='" SASL "'><mechanism>PLAIN</mechanism></mechanisms>"
#define PASSWORD_OCTETS "AHJvbWVvAGhlbWxvY2s="

void recording_begin(void); /* fixture */
void recording_end(void);
struct live_recorder *recording(void);
const char *recording_notices(void); /* so far, one a line */

struct live_follow *wire_new(void);
void up(struct live_follow *wire, const char *octets);   /* from the client */
void down(struct live_follow *wire, const char *octets); /* from the server */
const char *to_client(struct live_follow *wire);         /* what was passed on, and is not forgotten */
const char *to_server(struct live_follow *wire);
void forget(struct live_follow *wire);

/* Stream headers and SASL, up to the features of the second stream; what was passed on is forgotten. */
void authenticate(struct live_follow *wire, const char *domain);
/* resource: NULL where the server makes one up, which is then `made`. */
void bind_resource(struct live_follow *wire, const char *bare, const char *resource, const char *made);
struct live_follow *log_in(const char *bare, const char *resource, const char *made); /* all of that */

char *scenario(void);                     /* new */
void expect_part(const char *part);       /* stands in the scenario */
void expect_none(const char *part);       /* does not */
void expect_actions(const char *actions); /* is everything behind the line of dashes */
void expect_readable(void);               /* the scenario can be read */
void expect_pass(void);                   /* and passes on the simulator */

#endif
