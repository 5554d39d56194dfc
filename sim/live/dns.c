/* dns.c - a name server on a loopback port, so that a server under test finds the scenario's domains and nothing else
 * (RFC 1035 4; SRV: RFC 2782). It runs in a thread of its own, as servers may ask at any time. */
#include "parts.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>

enum { MESSAGE_MAX = 512, NAME_MAX_OCTETS = 255, HEADER = 12, TYPE_A = 1, TYPE_SOA = 6, TYPE_SRV = 33 };

struct record {
    struct record *next;
    enum live_dns_answer answer;
    struct in_addr address;
    uint16_t port;
    char domain[NAME_MAX_OCTETS + 1];
};

struct live_dns {
    pthread_t thread;
    pthread_mutex_t lock;
    struct record *records; /* guarded by lock */
    int socket;
    int stop[2]; /* closing the second stops the thread */
    uint16_t port;
};

struct question {
    char name[NAME_MAX_OCTETS + 1];
    size_t end; /* of the question section */
    unsigned type;
};

struct message {
    unsigned char data[MESSAGE_MAX];
    size_t size;
};

static unsigned get16(const unsigned char *at) {
    return (unsigned)at[0] << 8 | at[1];
}

/* The only question of a query, its name with dots. Names are not compressed in a question. */
static bool read_question(const struct message *query, struct question *out) {
    size_t at = HEADER, size = 0;
    if (query->size < HEADER || get16(query->data + 4) != 1) {
        return false;
    }
    for (;;) {
        const size_t label = at < query->size ? query->data[at] : 64;
        at++;
        if (label == 0) {
            break;
        }
        if (label > 63 || at + label >= query->size || size + label + 1 > NAME_MAX_OCTETS) {
            return false;
        }
        if (size > 0) {
            out->name[size++] = '.';
        }
        memcpy(out->name + size, query->data + at, label);
        size += label;
        at += label;
    }
    out->name[size] = '\0';
    if (at + 4 > query->size) {
        return false;
    }
    out->type = get16(query->data + at);
    out->end = at + 4;
    return true;
}

static bool put(struct message *message, const void *data, size_t size) {
    if (size > sizeof message->data - message->size) {
        return false;
    }
    memcpy(message->data + message->size, data, size);
    message->size += size;
    return true;
}

static bool put16(struct message *message, unsigned value) {
    const unsigned char octets[] = {(unsigned char)(value >> 8), (unsigned char)value};
    return put(message, octets, sizeof octets);
}

static bool put_name(struct message *message, const char *name) {
    while (*name != '\0') {
        const size_t label = strcspn(name, ".");
        const unsigned char size = (unsigned char)label;
        if (label == 0 || label > 63 || !put(message, &size, 1) || !put(message, name, label)) {
            return false;
        }
        name += label + (name[label] == '.');
    }
    return put(message, "", 1);
}

/* An answer's head points to the question's name; it is never kept, as the script may change it. */
static bool put_head(struct message *message, unsigned type, size_t size) {
    return put16(message, 0xC000 | HEADER) && put16(message, type) && put16(message, 1) && put16(message, 0) &&
           put16(message, 0) && put16(message, (unsigned)size);
}

/* The SRV target is the address in dots, under which every server's own resolver finds it without asking elsewhere. */
static bool put_service(struct message *message, const struct record *record) {
    char target[INET_ADDRSTRLEN];
    (void)inet_ntop(AF_INET, &record->address, target, sizeof target);
    return put_head(message, TYPE_SRV, 6 + strlen(target) + 2) && put16(message, 0) && put16(message, 0) &&
           put16(message, record->port) && put_name(message, target);
}

/* The start of authority says that a negative answer may not be kept either (RFC 2308 5). */
static bool put_authority(struct message *message) {
    static const unsigned char zeros[20]; /* serial, refresh, retry, expire, minimum */
    return put(message, "", 1) && put16(message, TYPE_SOA) && put16(message, 1) && put16(message, 0) &&
           put16(message, 0) && put16(message, 2 + sizeof zeros) && put(message, "", 1) && put(message, "", 1) &&
           put(message, zeros, sizeof zeros);
}

/* Labels that begin with an underscore name a service of the domain behind them. */
static const char *without_service(const char *name) {
    while (*name == '_' && strchr(name, '.') != NULL) {
        name = strchr(name, '.') + 1;
    }
    return name;
}

static bool is_service(const char *name) {
    static const char prefix[] = "_xmpp-server._tcp.";
    return strncasecmp(name, prefix, sizeof prefix - 1) == 0;
}

static bool is_dotted(const char *name, struct in_addr *address) {
    return inet_pton(AF_INET, name, address) == 1;
}

/* Where the record of a domain is linked, or would be. Those of cases that are over are gone. */
static struct record **place_of(struct live_dns *dns, const char *domain) {
    struct record **at = &dns->records;
    while (*at != NULL && strcasecmp((*at)->domain, domain) != 0) {
        at = &(*at)->next;
    }
    return at;
}

/* What is known of a domain; zeros, which mean LIVE_DNS_NONE, for others. */
static struct record find(struct live_dns *dns, const char *domain) {
    struct record result = {0};
    pthread_mutex_lock(&dns->lock);
    const struct record *record = *place_of(dns, domain);
    result = record == NULL ? result : *record;
    pthread_mutex_unlock(&dns->lock);
    if (is_dotted(domain, &result.address)) {
        result.answer = LIVE_DNS_HERE;
    }
    return result;
}

/* returns false where there shall be no answer. */
static bool make_answer(struct live_dns *dns, const struct question *question, struct message *answer) {
    const char *domain = without_service(question->name);
    const struct record record = find(dns, domain);
    bool good = true, answered = false;
    if (record.answer == LIVE_DNS_SILENT) {
        return false;
    }
    if (record.answer == LIVE_DNS_HERE && domain == question->name && question->type == TYPE_A) {
        good = put_head(answer, TYPE_A, 4) && put(answer, &record.address, 4);
        answered = true;
    } else if (record.answer == LIVE_DNS_HERE && is_service(question->name) && question->type == TYPE_SRV) {
        good = put_service(answer, &record);
        answered = true;
    } else {
        good = put_authority(answer);
    }
    answer->data[3] = record.answer == LIVE_DNS_HERE ? 0 : 3; /* no such name */
    answer->data[7] = answered;
    answer->data[9] = !answered;
    return good;
}

static void answer_query(struct live_dns *dns) {
    struct message query = {.size = 0}, answer = {.size = 0};
    struct sockaddr_in from;
    socklen_t from_size = sizeof from;
    struct question question;
    const ssize_t size =
        recvfrom(dns->socket, query.data, sizeof query.data, MSG_DONTWAIT, (struct sockaddr *)&from, &from_size);
    query.size = size < 0 ? 0 : (size_t)size;
    if (!read_question(&query, &question) || !put(&answer, query.data, question.end)) {
        return;
    }
    answer.data[2] = (unsigned char)(0x84 | (query.data[2] & 1)); /* a response, authoritative */
    memset(answer.data + 6, 0, 6);
    if (make_answer(dns, &question, &answer)) {
        (void)sendto(dns->socket, answer.data, answer.size, 0, (struct sockaddr *)&from, from_size);
    }
}

static void *serve(void *argument) {
    struct live_dns *dns = argument;
    struct pollfd fds[] = {{.fd = dns->socket, .events = POLLIN}, {.fd = dns->stop[0], .events = POLLIN}};
    while (poll(fds, 2, -1) >= 0 || errno == EINTR) {
        if (fds[1].revents != 0) {
            break;
        }
        if (fds[0].revents != 0) {
            answer_query(dns);
        }
    }
    return NULL;
}

static void close_all(struct live_dns *dns) {
    const int fds[] = {dns->socket, dns->stop[0], dns->stop[1]};
    for (size_t i = 0; i < sizeof fds / sizeof *fds; i++) {
        if (fds[i] >= 0) {
            close(fds[i]);
        }
    }
}

struct live_dns *live_dns_start(struct live_error *error) {
    struct live_dns *dns = calloc(1, sizeof *dns);
    if (dns == NULL) {
        live_fail(error, "memory ran out");
        return NULL;
    }
    dns->stop[0] = dns->stop[1] = -1;
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof in;
    pthread_mutex_init(&dns->lock, NULL);
    dns->socket = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool good = dns->socket >= 0 && bind(dns->socket, (struct sockaddr *)&in, sizeof in) == 0 &&
                getsockname(dns->socket, (struct sockaddr *)&in, &size) == 0 &&
                socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, dns->stop) == 0;
    dns->port = ntohs(in.sin_port);
    if (good) {
        errno = pthread_create(&dns->thread, NULL, serve, dns);
        good = errno == 0;
    }
    if (!good) {
        live_fail(error, "no name server can be opened on 127.0.0.1: %s", strerror(errno));
        close_all(dns);
        pthread_mutex_destroy(&dns->lock);
        free(dns);
        return NULL;
    }
    return dns;
}

uint16_t live_dns_port(const struct live_dns *dns) {
    return dns->port;
}

bool live_dns_set(struct live_dns *dns, const char *domain, enum live_dns_answer answer, const char *address,
                  uint16_t port) {
    struct in_addr in = {0};
    if (strlen(domain) > NAME_MAX_OCTETS || (answer == LIVE_DNS_HERE && !is_dotted(address, &in))) {
        return false;
    }
    pthread_mutex_lock(&dns->lock);
    struct record **at = place_of(dns, domain), *record = *at;
    const bool none = answer == LIVE_DNS_NONE;
    if (none && record != NULL) {
        *at = record->next;
        free(record);
    } else if (!none && record == NULL && (*at = record = calloc(1, sizeof *record)) != NULL) {
        memcpy(record->domain, domain, strlen(domain) + 1);
    }
    if (!none && record != NULL) {
        record->answer = answer;
        record->address = in;
        record->port = port;
    }
    pthread_mutex_unlock(&dns->lock);
    return none || record != NULL;
}

void live_dns_stop(struct live_dns *dns) {
    if (dns == NULL) {
        return;
    }
    close(dns->stop[1]);
    dns->stop[1] = -1;
    pthread_join(dns->thread, NULL);
    close_all(dns);
    pthread_mutex_destroy(&dns->lock);
    while (dns->records != NULL) {
        struct record *next = dns->records->next;
        free(dns->records);
        dns->records = next;
    }
    free(dns);
}
