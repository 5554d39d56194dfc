/* server_jabberd2.c - jabberd2 as it is installed, with a configuration and a database of ours: four daemons around a
 * router. Accounts, rosters and stored messages are rows of SQL that one long-lived sqlite3 process writes. */
#include "parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { PATH_SIZE = 512 };

/* ---------------------------------------------------------------------------------------------------- database ---- */

/* The tables that its session manager and client daemon use; each but the first begins with an owner and a sequence. */
static const struct {
    const char *name, *columns;
} tables[] = {
    {"active", "'time' INTEGER NOT NULL DEFAULT 0"},
    {"logout", "'time' INTEGER NOT NULL DEFAULT 0"},
    {"roster-items",
     "'jid' TEXT NOT NULL, 'name' TEXT, 'to' BOOLEAN NOT NULL, 'from' BOOLEAN NOT NULL, 'ask' INTEGER NOT NULL"},
    {"roster-groups", "'jid' TEXT NOT NULL, 'group' TEXT NOT NULL"},
    {"published-roster",
     "'jid' TEXT NOT NULL, 'group' TEXT, 'name' TEXT, 'to' BOOLEAN NOT NULL, 'from' BOOLEAN NOT NULL, "
     "'ask' INTEGER NOT NULL"},
    {"published-roster-groups", "'groupname' TEXT NOT NULL"},
    {"vcard",
     "'fn' TEXT, 'nickname' TEXT, 'url' TEXT, 'tel' TEXT, 'email' TEXT, 'jabberid' TEXT, 'mailer' TEXT, 'title' TEXT, "
     "'role' TEXT, 'bday' TEXT, 'tz' TEXT, 'n-family' TEXT, 'n-given' TEXT, 'n-middle' TEXT, 'n-prefix' TEXT, "
     "'n-suffix' TEXT, 'adr-street' TEXT, 'adr-extadd' TEXT, 'adr-pobox' TEXT, 'adr-locality' TEXT, "
     "'adr-region' TEXT, 'adr-pcode' TEXT, 'adr-country' TEXT, 'geo-lat' TEXT, 'geo-lon' TEXT, 'org-orgname' TEXT, "
     "'org-orgunit' TEXT, 'agent-extval' TEXT, 'sort-string' TEXT, 'desc' TEXT, 'note' TEXT, 'uid' TEXT, "
     "'photo-type' TEXT, 'photo-binval' TEXT, 'photo-extval' TEXT, 'logo-type' TEXT, 'logo-binval' TEXT, "
     "'logo-extval' TEXT, 'sound-phonetic' TEXT, 'sound-binval' TEXT, 'sound-extval' TEXT, 'key-type' TEXT, "
     "'key-cred' TEXT, 'rev' TEXT"},
    {"queue", "'xml' TEXT NOT NULL"},
    {"private", "'ns' TEXT, 'xml' TEXT"},
    {"motd-message", "'xml' TEXT NOT NULL"},
    {"motd-times", "'time' INTEGER NOT NULL"},
    {"privacy-default", "'default' TEXT"},
    {"privacy-items", "'list' TEXT NOT NULL, 'type' TEXT, 'value' TEXT, 'deny' BOOL, 'order' INTEGER, 'block' INTEGER"},
    {"vacation-settings", "'start' INTEGER, 'end' INTEGER, 'message' TEXT"},
    {"status", "'status' TEXT NOT NULL, 'show' TEXT, 'last-login' INTEGER DEFAULT 0, 'last-logout' INTEGER DEFAULT 0, "
               "'xml' TEXT"},
    {"verify", "'email' TEXT NOT NULL, 'code' TEXT, 'state' INTEGER DEFAULT 0"},
};

/* A string of SQL, with its quotes. */
static void add_string(struct live_text *text, const char *data) {
    live_text_add(text, "'", 1);
    for (; *data != '\0'; data++) {
        live_text_add(text, "''", *data == '\'' ? 2 : 0);
        live_text_add(text, data, *data != '\'');
    }
    live_text_add(text, "'", 1);
}

/* Asks statements of which the last one selects 'ok', and frees them. */
static bool ask(struct live_server *server, struct live_text *text, const char *step, const char *local,
                const char *domain, uint64_t end_us, struct live_error *error) {
    return live_order(server, text, "the database refuses it", step, local, domain, end_us, error);
}

/* sqlite3 speaks through its standard input in both directions; what is wrong goes to its log. */
static bool make_database(struct live_server *server, struct live_error *error) {
    char file[PATH_SIZE], program[PATH_SIZE];
    struct live_text text = {0};
    if (!live_program("sqlite3", program, sizeof program)) {
        return live_fail(error,
                         "jabberd2 needs sqlite3, which is not installed; on Debian it is in the package sqlite3");
    }
    snprintf(file, sizeof file, "%s/data%u.db", live_nest_folder(server->nest), server->generation);
    const char *const argv[] = {"sh", "-c", "exec \"$0\" -batch -noheader \"$1\" 1>&0", program, file, NULL};
    if (!live_start_process(server, argv, NULL, &server->channel, error)) {
        return false;
    }
    /* Its readers must not wait for us; what the pragma says is no answer. */
    live_text_format(&text, ".timeout 5000\n.output /dev/null\nPRAGMA journal_mode = WAL;\n.output stdout\n"
                            "PRAGMA synchronous = OFF;\n"
                            "CREATE TABLE authreg (username TEXT NOT NULL, realm TEXT NOT NULL, password TEXT);\n"
                            "CREATE INDEX i_authreg ON authreg(username);\n");
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        live_text_format(
            &text,
            "CREATE TABLE '%s' ('collection-owner' TEXT NOT NULL, 'object-sequence' INTEGER PRIMARY KEY, %s);\n"
            "CREATE INDEX 'i_%s' ON '%s'('collection-owner');\n",
            tables[i].name, tables[i].columns, tables[i].name, tables[i].name);
    }
    live_text_format(&text, "SELECT 'ok';\n");
    return ask(server, &text, "make a database for", "accounts", server->needs.domains[0], LIVE_NO_END, error);
}

/* ----------------------------------------------------------------------------------------------- configuration ---- */

static const char router_text[] =
    "<router>\n<id>router</id>\n<log type='stdout'/>\n"
    "<local><ip>127.0.0.1</ip><port>%u</port><users>%s/router-users.xml</users><secret>%s</secret></local>\n"
    "<check><interval>0</interval><keepalive>0</keepalive></check>\n"
    "<io><max_fds>8192</max_fds><limits><bytes>0</bytes><connects>0</connects></limits>"
    "<access><order>allow,deny</order></access></io>\n"
    "<aliases/>\n<aci><acl type='all'><user>jabberd</user></acl></aci>\n</router>\n";

static const char users_text[] = "<users><user><name>jabberd</name><secret>%s</secret></user></users>\n";

/* How the other three reach the router. */
static const char to_router_text[] =
    "<router><ip>127.0.0.1</ip><port>%u</port><user>jabberd</user><pass>%s</pass>"
    "<retry><init>3</init><lost>0</lost><sleep>1</sleep></retry></router>\n<log type='stdout'/>\n";

static const char sqlite_text[] = "<sqlite><dbname>%s/data%u.db</dbname><sql>PRAGMA synchronous = "
                                  "OFF;</sql><busy-timeout>5000</busy-timeout>%s</sqlite>\n";

/* The chains are those that Debian configures. No account is an administrator's, to whom messages for the domain would
 * go. */
static const struct {
    const char *chain, *modules;
} chains[] = {
    {"sess-start", "status"},
    {"sess-end", "status iq-last"},
    {"in-sess",
     "validate status privacy roster vacation iq-vcard iq-ping iq-private disco amp offline announce presence deliver"},
    {"out-sess", ""},
    {"in-router", "session validate presence privacy"},
    {"out-router", "privacy"},
    {"pkt-sm", "iq-last iq-ping iq-time iq-version amp disco announce help echo status presence"},
    {"pkt-user", "roster presence disco iq-vcard amp deliver vacation offline iq-last"},
    {"pkt-router", "session disco"},
    {"user-load", "active roster roster-publish privacy vacation"},
    {"user-unload", ""},
    {"user-create", "active template-roster"},
    {"user-delete", "active announce offline privacy roster vacation status iq-last iq-private iq-vcard"},
    {"disco-extend", "iq-version help"},
};

static void add_modules(struct live_text *text, const char *modules) {
    while (*modules != '\0') {
        const size_t size = strcspn(modules, " ");
        live_text_format(text, "<module>%.*s</module>", (int)size, modules);
        modules += size + (modules[size] == ' ');
    }
}

static void add_ids(struct live_text *text, const struct live_needs *needs) {
    for (size_t i = 0; i < needs->domain_count; i++) {
        live_text_format(text, "<id>");
        live_text_xml(text, needs->domains[i]);
        live_text_format(text, "</id>");
    }
}

static void add_router(struct live_text *text, const struct live_server *server, const char *what) {
    live_text_format(text, "<%s>\n<id>%s</id>\n", what, what);
    live_text_format(text, to_router_text, server->component_port, server->component_secret);
}

static void add_sm(struct live_text *text, const struct live_server *server, const char *library) {
    add_router(text, server, "sm");
    live_text_format(text, "<local>");
    add_ids(text, &server->needs);
    live_text_format(text, "</local>\n<storage><path>%s</path><driver>sqlite</driver>", library);
    live_text_format(text, sqlite_text, live_nest_folder(server->nest), server->generation, "");
    live_text_format(text, "</storage>\n<aci/>\n<modules><path>%s</path>\n", library);
    for (size_t i = 0; i < sizeof chains / sizeof *chains; i++) {
        live_text_format(text, "<chain id='%s'>", chains[i].chain);
        add_modules(text, chains[i].modules);
        live_text_format(text, "</chain>\n");
    }
    live_text_format(text, "</modules>\n<discovery><identity><category>server</category><type>im</type>"
                           "<name>Jabber IM server</name></identity><agents/><items/></discovery>\n"
                           "<user><template/></user>\n<amp/><offline/><roster/><status/>\n</sm>\n");
}

static void add_c2s(struct live_text *text, const struct live_server *server, const char *library) {
    add_router(text, server, "c2s");
    live_text_format(text, "<local>");
    add_ids(text, &server->needs);
    live_text_format(text, "<ip>127.0.0.1</ip><port>%u</port></local>\n", server->c2s_port);
    live_text_format(text,
                     "<io><max_fds>8192</max_fds><limits><bytes>0</bytes><stanzas>0</stanzas><connects>0</connects>"
                     "<stanzasize>262144</stanzasize></limits><access><order>allow,deny</order></access>"
                     "<check><interval>0</interval><idle>0</idle><keepalive>0</keepalive></check></io>\n"
                     "<stats/><pbx/><stream_redirect/>\n<authreg><path>%s</path><module>sqlite</module>"
                     "<mechanisms><sasl><plain/></sasl></mechanisms>",
                     library);
    live_text_format(text, sqlite_text, live_nest_folder(server->nest), server->generation,
                     "<password_type><plaintext/></password_type>");
    live_text_format(text, "</authreg>\n</c2s>\n");
}

static void add_s2s(struct live_text *text, const struct live_server *server) {
    add_router(text, server, "s2s");
    live_text_format(text, "<local><ip>127.0.0.1</ip><port>%u</port></local>\n", server->s2s_port);
    live_text_format(text, "<io><max_fds>8192</max_fds><limits><stanzasize>262144</stanzasize></limits></io>\n"
                           "<check><interval>1</interval><queue>3</queue><retry>3</retry><idle>86400</idle>"
                           "<keepalive>0</keepalive><dnscache>1</dnscache></check>\n<stats/>\n"
                           "<lookup><srv>xmpp-server</srv><min-ttl>1</min-ttl><max-ttl>1</max-ttl>"
                           "<etc-hosts-ttl>1</etc-hosts-ttl><bad-host-timeout>1</bad-host-timeout></lookup>\n"
                           "<out-conn-reuse/>\n<security/>\n</s2s>\n");
}

static bool find_library(char *path, size_t size, struct live_error *error) {
    static const char *const patterns[] = {"/usr/lib/*/jabberd2/mod_deliver.so", "/usr/lib/jabberd2/mod_deliver.so",
                                           "/usr/lib64/jabberd/mod_deliver.so", "/usr/lib/jabberd/mod_deliver.so",
                                           NULL};
    if (!live_find(patterns, path, size)) {
        return live_fail(
            error, "jabberd2: start: its modules are not in /usr/lib; on Debian they are in the package jabberd2");
    }
    *strrchr(path, '/') = '\0';
    return true;
}

static bool write_configuration(struct live_server *server, struct live_error *error) {
    char library[PATH_SIZE];
    struct live_text text = {0};
    if (!find_library(library, sizeof library, error)) {
        return false;
    }
    live_text_format(&text, router_text, server->component_port, live_nest_folder(server->nest),
                     server->component_secret);
    bool good = live_write(server, "router.xml", &text, error);
    live_text_format(&text, users_text, server->component_secret);
    good = good && live_write(server, "router-users.xml", &text, error);
    add_sm(&text, server, library);
    good = good && live_write(server, "sm.xml", &text, error);
    add_c2s(&text, server, library);
    good = good && live_write(server, "c2s.xml", &text, error);
    add_s2s(&text, server);
    good = good && live_write(server, "s2s.xml", &text, error);
    live_text_free(&text);
    return good;
}

/* ---------------------------------------------------------------------------------------------------- starting ---- */

static bool start_daemon(struct live_server *server, const char *what, struct live_error *error) {
    char program[32], file[PATH_SIZE], resolver[64];
    snprintf(program, sizeof program, "jabberd2-%s", what);
    snprintf(file, sizeof file, "%s/%s.xml", live_nest_folder(server->nest), what);
    snprintf(resolver, sizeof resolver, "RES_OPTIONS=port:%u", live_dns_port(server->dns));
    const char *const argv[] = {program, "-c", file, NULL};
    const char *const environment[] = {"NAMESERVERS=127.0.0.1", resolver, NULL};
    return live_start_process(server, argv, environment, NULL, error);
}

static bool start(struct live_server *server, struct live_error *error) {
    return write_configuration(server, error) && make_database(server, error) &&
           start_daemon(server, "router", error) &&
           live_wait_port(server, server->component_port, "open its router's port", error) &&
           start_daemon(server, "sm", error) && start_daemon(server, "s2s", error) &&
           start_daemon(server, "c2s", error) &&
           live_wait_port(server, server->c2s_port, "open its port for clients", error) &&
           live_wait_port(server, server->s2s_port, "open its port for servers", error) &&
           live_wait_hosts(server, error);
}

/* In the order of starting. */
enum { DATABASE, ROUTER, SESSIONS, SERVERS, CLIENTS, PROCESS_COUNT };

/* What speaks with other servers breaks at times, and takes nobody's session with it. */
static bool mend(struct live_server *server) {
    struct live_error why;
    for (size_t i = 0; i < server->process_count; i++) {
        if (i != SERVERS && !live_nest_runs(server->nest, server->processes[i])) {
            return false;
        }
    }
    if (server->process_count != PROCESS_COUNT || !start_daemon(server, "s2s", &why)) {
        return false;
    }
    server->processes[SERVERS] = server->processes[--server->process_count];
    return live_wait_port(server, server->s2s_port, "open its port for servers", &why);
}

/* ---------------------------------------------------------------------------------------------------- accounts ---- */

static void add_bare(struct live_text *text, const char *local, const char *domain) {
    struct live_text bare = {0};
    live_text_format(&bare, "%s@%s", local, domain);
    text->failed = text->failed || bare.failed;
    if (!bare.failed) {
        add_string(text, bare.data);
    }
    live_text_free(&bare);
}

static bool account(struct live_server *server, const char *local, const char *domain, const char *password,
                    uint64_t end_us, struct live_error *error) {
    struct live_text text = {0};
    live_text_format(&text, "BEGIN; INSERT INTO authreg VALUES (");
    add_string(&text, local);
    live_text_format(&text, ",");
    add_string(&text, domain);
    live_text_format(&text, ",");
    add_string(&text, password);
    live_text_format(&text, "); INSERT INTO active ('collection-owner', 'time') VALUES (");
    add_bare(&text, local, domain);
    live_text_format(
        &text, ", %lld); COMMIT; SELECT CASE count(*) WHEN 1 THEN 'ok' ELSE 'no' END FROM authreg WHERE username = ",
        (long long)time(NULL));
    add_string(&text, local);
    live_text_format(&text, " AND realm = ");
    add_string(&text, domain);
    live_text_format(&text, ";\n");
    return ask(server, &text, "make the account", local, domain, end_us, error);
}

static void add_item(struct live_text *text, const char *local, const char *domain, const struct live_item *item) {
    const enum router_subscription subscription = item->state.subscription;
    live_text_format(text, "INSERT INTO 'roster-items' ('collection-owner', 'jid', 'to', 'from', 'ask') VALUES (");
    add_bare(text, local, domain);
    live_text_format(text, ", ");
    add_string(text, item->jid);
    live_text_format(text, ", %d, %d, %d);\n", subscription == ROUTER_SUB_TO || subscription == ROUTER_SUB_BOTH,
                     subscription == ROUTER_SUB_FROM || subscription == ROUTER_SUB_BOTH, item->state.ask);
}

/* How long a start tag is, up to its '>' or '/>'. */
static size_t tag_size(const char *stanza) {
    size_t size = 0;
    char quote = '\0';
    while (stanza[size] != '\0' && (quote != '\0' || stanza[size] != '>')) {
        if (quote != '\0' ? stanza[size] == quote : stanza[size] == '"' || stanza[size] == '\'') {
            quote = quote != '\0' ? '\0' : stanza[size];
        }
        size++;
    }
    return size > 0 && stanza[size - 1] == '/' ? size - 1 : size;
}

/* A stanza in the form in which it is kept: as it comes from the router, with a note of when it was put aside. */
static void add_kept(struct live_text *text, const char *local, const char *domain, const char *stanza) {
    struct live_text kept = {0};
    const size_t name = strcspn(stanza, " \t\r\n/>"), tag = tag_size(stanza);
    const time_t now = time(NULL);
    struct tm utc;
    char stamp[32];
    (void)strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &utc));
    live_text_format(&kept, "NAD<route xmlns='http://jabberd.jabberstudio.org/ns/component/1.0' from='sm' to='%s'>",
                     domain);
    live_text_format(&kept, "%.*s xmlns='jabber:client'%.*s><delay xmlns='urn:xmpp:delay' from='%s' stamp='%s'/>",
                     (int)name, stanza, (int)(tag - name), stanza + name, domain, stamp);
    if (stanza[tag] == '/') {
        live_text_format(&kept, "</%.*s>", (int)name - 1, stanza + 1);
    } else {
        live_text_format(&kept, "%s", stanza + tag + (stanza[tag] == '>'));
    }
    live_text_format(&kept, "</route>");
    live_text_format(text, "INSERT INTO 'queue' ('collection-owner', 'xml') VALUES (");
    add_bare(text, local, domain);
    live_text_format(text, ", ");
    text->failed = text->failed || kept.failed;
    add_string(text, kept.failed ? "" : kept.data);
    live_text_format(text, ");\n");
    live_text_free(&kept);
}

/* It keeps requests with the messages, and no contact that has only asked. */
static void add_request(struct live_text *text, const char *local, const char *domain, const char *contact) {
    struct live_text request = {0};
    live_text_format(&request, "<presence type='subscribe' from='");
    live_text_xml(&request, contact);
    live_text_format(&request, "' to='");
    live_text_xml(&request, local);
    live_text_format(&request, "@");
    live_text_xml(&request, domain);
    live_text_format(&request, "'/>");
    text->failed = text->failed || request.failed;
    add_kept(text, local, domain, request.failed ? "<presence/>" : request.data);
    live_text_free(&request);
}

static void add_count(struct live_text *text, const char *table, const char *local, const char *domain, size_t count) {
    live_text_format(text, "(SELECT count(*) FROM '%s' WHERE \"collection-owner\" = ", table);
    add_bare(text, local, domain);
    live_text_format(text, ") = %zu", count);
}

static int furnish(struct live_server *server, const char *local, const char *domain, const struct live_item *items,
                   size_t item_count, const char *const *stored, size_t stored_count, uint64_t end_us,
                   struct live_error *error) {
    struct live_text text = {0};
    size_t kept = 0, listed = 0;
    live_text_format(&text, "BEGIN;\n");
    for (size_t i = 0; i < item_count; i++) {
        const struct router_contact *state = &items[i].state;
        if (state->approved) {
            live_text_free(&text);
            live_fail(error, "jabberd2 does not know approval ahead of time");
            return VENUE_E_CANNOT;
        }
        if (state->subscription != ROUTER_SUB_NONE || !state->pending_in || state->ask) {
            add_item(&text, local, domain, &items[i]);
            listed++;
        }
        if (state->pending_in) {
            add_request(&text, local, domain, items[i].jid);
            kept++;
        }
    }
    for (size_t i = 0; i < stored_count; i++) {
        add_kept(&text, local, domain, stored[i]);
        kept++;
    }
    live_text_format(&text, "COMMIT;\nSELECT CASE WHEN ");
    add_count(&text, "roster-items", local, domain, listed);
    live_text_format(&text, " AND ");
    add_count(&text, "queue", local, domain, kept);
    live_text_format(&text, " THEN 'ok' ELSE 'no' END;\n");
    return ask(server, &text, "make roster and messages of", local, domain, end_us, error) ? ROUTER_OK : VENUE_E_DOWN;
}

const struct live_kind live_jabberd2 = {.name = "jabberd2",
                                        .package = "jabberd2",
                                        .program = "jabberd2-router",
                                        .rests_after_end = true,
                                        .start = start,
                                        .mend = mend,
                                        .account = account,
                                        .furnish = furnish};
