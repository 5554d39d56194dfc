/* server_prosody.c - Prosody as it is installed, with a configuration of ours. Accounts, rosters and stored messages
 * are files of its internal storage, which it reads when it first needs them. */
#include "parts.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include <expat.h>

enum { NAME_SIZE = 4096 };

/* A string of Lua, with its quotes. */
static void add_string(struct live_text *text, const char *data, size_t size) {
    live_text_add(text, "\"", 1);
    for (size_t i = 0; i < size; i++) {
        if (data[i] == '"' || data[i] == '\\' || (unsigned char)data[i] < ' ' || data[i] == 127) {
            live_text_format(text, "\\%03u", (unsigned)(unsigned char)data[i]);
        } else {
            live_text_add(text, data + i, 1);
        }
    }
    live_text_add(text, "\"", 1);
}

static void add_words(struct live_text *text, const char *word) {
    add_string(text, word, strlen(word));
}

/* ---------------------------------------------------------------------------------------------------- starting ---- */

/* Nagle's algorithm would cost 40 ms a round trip on loopback. Two thirds of the server's time would go into collecting
 * garbage, which may lie for the time that a run takes. PLAIN alone is offered, as SCRAM takes 10 ms of work for
 * every login and its result is the same. */
static const char configuration[] = "run_as_root=true\n"
                                    "plugin_paths={}\n"
                                    "interfaces={\"127.0.0.1\"}\n"
                                    "component_interfaces={\"127.0.0.1\"}\n"
                                    "c2s_direct_tls_ports={}\n"
                                    "s2s_direct_tls_ports={}\n"
                                    "use_ipv6=false\n"
                                    "http_ports={}\n"
                                    "https_ports={}\n"
                                    "modules_enabled={\"roster\",\"saslauth\",\"dialback\",\"disco\",\"ping\","
                                    "\"private\",\"vcard\",\"version\",\"time\"}\n"
                                    "modules_disabled={\"tls\",\"s2s_auth_certs\"}\n"
                                    "c2s_require_encryption=false\n"
                                    "s2s_require_encryption=false\n"
                                    "s2s_secure_auth=false\n"
                                    "allow_unencrypted_plain_auth=true\n"
                                    "disable_sasl_mechanisms={\"DIGEST-MD5\",\"SCRAM-SHA-1\",\"SCRAM-SHA-256\"}\n"
                                    "authentication=\"internal_plain\"\n"
                                    "storage=\"internal\"\n"
                                    "network_settings={nagle=false,connect_timeout=2}\n"
                                    "s2s_timeout=2\n"
                                    "gc={mode=\"incremental\",threshold=400,speed=400}\n"
                                    "log={{levels={min=\"info\"},to=\"console\"}}\n";

/* With its old resolver it would ask the machine's name servers, and never ours. */
static const char needs_unbound[] =
    "if not pcall(require,\"lunbound\") then\n"
    "    io.stderr:write(\"there is no lua-unbound, with which it asks our name server; on Debian it is in the package "
    "lua-unbound\\n\")\n"
    "    os.exit(1)\n"
    "end\n";

static void write_configuration(struct live_server *server, struct live_text *text) {
    char data[256];
    live_text_add(text, needs_unbound, sizeof needs_unbound - 1);
    live_text_add(text, configuration, sizeof configuration - 1);
    live_text_format(text, "c2s_ports={%u}\ns2s_ports={%u}\ncomponent_ports={%u}\n", server->c2s_port, server->s2s_port,
                     server->component_port);
    live_text_format(text, "unbound={resolvconf=false,hoststxt=false,forward=\"127.0.0.1@%u\"}\n",
                     live_dns_port(server->dns));
    snprintf(data, sizeof data, "%s/data%u", live_nest_folder(server->nest), server->generation);
    live_text_add(text, "data_path=", 10);
    add_words(text, data);
    live_text_add(text, "\npidfile=", 9);
    strncat(data, ".pid", sizeof data - strlen(data) - 1);
    add_words(text, data);
    for (size_t i = 0; i < server->needs.domain_count; i++) {
        live_text_add(text, "\nVirtualHost ", 13);
        add_words(text, server->needs.domains[i]);
    }
    for (size_t i = 0; i < server->needs.component_count; i++) {
        live_text_add(text, "\nComponent ", 11);
        add_words(text, server->needs.components[i]);
        live_text_format(text, "\n    component_secret=\"%s\"", server->component_secret);
    }
    live_text_add(text, "\n", 1);
}

static bool start(struct live_server *server, struct live_error *error) {
    struct live_text text = {0};
    char path[256];
    snprintf(path, sizeof path, "%s/prosody.cfg.lua", live_nest_folder(server->nest));
    write_configuration(server, &text);
    const bool written = live_write(server, "prosody.cfg.lua", &text, error);
    const char *const argv[] = {"prosody", "--config", path, "-F", NULL};
    if (!written || !live_start_process(server, argv, NULL, NULL, error)) {
        return false;
    }
    return live_wait_ports(server, error) && live_wait_hosts(server, error);
}

/* ----------------------------------------------------------------------------------------------------- storage ---- */

static void add_encoded(struct live_text *text, const char *name) {
    for (; *name != '\0'; name++) {
        const unsigned char c = (unsigned char)*name;
        const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        live_text_format(text, plain ? "%c" : "%%%02x", c);
    }
}

/* Writes what belongs to an account in one of its stores, and frees it. */
static bool write_store(struct live_server *server, const char *local, const char *domain, const char *store,
                        const char *ending, struct live_text *content, struct live_error *error) {
    struct live_text name = {0};
    pthread_mutex_lock(&server->lock);
    live_text_format(&name, "data%u/", server->generation);
    pthread_mutex_unlock(&server->lock);
    add_encoded(&name, domain);
    live_text_format(&name, "/%s/", store);
    add_encoded(&name, local);
    live_text_format(&name, ".%s", ending);
    content->failed = content->failed || name.failed;
    const bool good = live_write(server, name.data, content, error);
    live_text_free(&name);
    return good;
}

static bool account(struct live_server *server, const char *local, const char *domain, const char *password,
                    uint64_t end_us, struct live_error *error) {
    struct live_text text = {0};
    (void)end_us;
    live_text_format(&text, "return {[\"password\"]=");
    add_words(&text, password);
    live_text_format(&text, ";};\n");
    return write_store(server, local, domain, "accounts", "dat", &text, error);
}

/* A contact that has only asked is not in the roster yet. */
static bool is_listed(const struct router_contact *state) {
    return state->subscription != ROUTER_SUB_NONE || !state->pending_in || state->ask || state->approved;
}

static bool write_roster(struct live_server *server, const char *local, const char *domain,
                         const struct live_item *items, size_t count, struct live_error *error) {
    static const char *const subscriptions[] = {"none", "to", "from", "both"};
    struct live_text text = {0};
    char bare[NAME_SIZE];
    snprintf(bare, sizeof bare, "%s@%s", local, domain);
    live_text_format(&text, "return {\n[false]={[\"version\"]=1;[\"pending\"]={");
    for (size_t i = 0; i < count; i++) {
        if (items[i].state.pending_in) {
            live_text_format(&text, "\n[");
            add_words(&text, items[i].jid);
            live_text_format(&text, "]={[\"name\"]=\"presence\";[\"attr\"]={[\"type\"]=\"subscribe\";[\"from\"]=");
            add_words(&text, items[i].jid);
            live_text_format(&text, ";[\"to\"]=");
            add_words(&text, bare);
            live_text_format(&text, ";};};");
        }
    }
    live_text_format(&text, "};};\n");
    for (size_t i = 0; i < count; i++) {
        if (is_listed(&items[i].state)) {
            live_text_format(&text, "[");
            add_words(&text, items[i].jid);
            live_text_format(&text, "]={[\"groups\"]={};[\"subscription\"]=\"%s\";%s%s};\n",
                             subscriptions[items[i].state.subscription],
                             items[i].state.ask ? "[\"ask\"]=\"subscribe\";" : "",
                             items[i].state.approved ? "[\"approved\"]=\"true\";" : "");
        }
    }
    live_text_format(&text, "};\n");
    return write_store(server, local, domain, "roster", "dat", &text, error);
}

/* A stanza becomes a table of Lua: name and attributes by their names, children and texts in order. */
struct lua_stanza {
    struct live_text *text;
    const char *more; /* fields of the outermost table */
    unsigned depth;
};

static const char stream_namespace[] = "jabber:client";

static void add_attribute(struct live_text *text, const char *name, const char *value) {
    static const char xml_namespace[] = "http://www.w3.org/XML/1998/namespace";
    const char *local = strchr(name, '\1');
    const size_t space = local == NULL ? 0 : (size_t)(local - name);
    live_text_add(text, "[", 1);
    if (space == sizeof xml_namespace - 1 && memcmp(name, xml_namespace, space) == 0) {
        live_text_format(text, "\"xml:%s\"", local + 1);
    } else {
        add_words(text, name);
    }
    live_text_add(text, "]=", 2);
    add_words(text, value);
    live_text_add(text, ";", 1);
}

static void XMLCALL opened(void *data, const XML_Char *name, const XML_Char **attributes) {
    struct lua_stanza *stanza = data;
    const char *local = strchr(name, '\1');
    const size_t space = local == NULL ? 0 : (size_t)(local - name);
    if (stanza->depth++ > 0) {
        live_text_add(stanza->text, "{", 1);
    }
    live_text_add(stanza->text, "[\"name\"]=", 9);
    add_words(stanza->text, local == NULL ? name : local + 1);
    live_text_add(stanza->text, ";[\"attr\"]={", 11);
    if (space > 0 && (space != sizeof stream_namespace - 1 || memcmp(name, stream_namespace, space) != 0)) {
        live_text_add(stanza->text, "[\"xmlns\"]=", 10);
        add_string(stanza->text, name, space);
        live_text_add(stanza->text, ";", 1);
    }
    for (; *attributes != NULL; attributes += 2) {
        add_attribute(stanza->text, attributes[0], attributes[1]);
    }
    live_text_add(stanza->text, "};", 2);
    if (stanza->depth == 1) {
        live_text_add(stanza->text, stanza->more, strlen(stanza->more));
    }
}

static void XMLCALL closed(void *data, const XML_Char *name) {
    struct lua_stanza *stanza = data;
    (void)name;
    stanza->depth--;
    live_text_add(stanza->text, stanza->depth > 0 ? "};" : "}", stanza->depth > 0 ? 2 : 1);
}

static void XMLCALL said(void *data, const XML_Char *characters, int size) {
    const struct lua_stanza *stanza = data;
    if (stanza->depth > 0) {
        add_string(stanza->text, characters, (size_t)size);
        live_text_add(stanza->text, ";", 1);
    }
}

/* The scenario's stanza has no namespace of its own: it is put into an element that has. */
static bool add_stanza(struct live_text *text, const char *stanza, const char *more) {
    static const char before[] = "<stream xmlns='jabber:client'>";
    struct lua_stanza state = {.text = text, .more = more};
    XML_Parser parser = XML_ParserCreateNS(NULL, '\1');
    if (parser == NULL) {
        return false;
    }
    XML_SetUserData(parser, &state);
    bool good = XML_Parse(parser, before, sizeof before - 1, 0) == XML_STATUS_OK;
    XML_SetElementHandler(parser, opened, closed);
    XML_SetCharacterDataHandler(parser, said);
    good = good && XML_Parse(parser, stanza, (int)strlen(stanza), 0) == XML_STATUS_OK && !text->failed;
    XML_ParserFree(parser);
    return good;
}

static bool write_messages(struct live_server *server, const char *local, const char *domain, const char *const *stored,
                           size_t count, struct live_error *error) {
    struct live_text text = {0};
    const long long now = (long long)time(NULL);
    char more[128];
    for (size_t i = 0; i < count; i++) {
        snprintf(more, sizeof more, "[\"key\"]=\"k%zu\";[\"when\"]=%lld;[\"with\"]=\"\";", i, now);
        live_text_format(&text, "item({");
        if (!add_stanza(&text, stored[i], more)) {
            live_text_free(&text);
            return live_fail(error, "prosody: store a message for %s@%s: it is not well-formed", local, domain);
        }
        live_text_format(&text, ");\n");
    }
    return write_store(server, local, domain, "offline", "list", &text, error);
}

static int furnish(struct live_server *server, const char *local, const char *domain, const struct live_item *items,
                   size_t item_count, const char *const *stored, size_t stored_count, uint64_t end_us,
                   struct live_error *error) {
    (void)end_us;
    const bool good = (item_count == 0 || write_roster(server, local, domain, items, item_count, error)) &&
                      (stored_count == 0 || write_messages(server, local, domain, stored, stored_count, error));
    return good ? ROUTER_OK : VENUE_E_DOWN;
}

const struct live_kind live_prosody = {.name = "prosody",
                                       .package = "prosody",
                                       .program = "prosody",
                                       .start = start,
                                       .account = account,
                                       .furnish = furnish};
