/* server_ejabberd.c - ejabberd as it is installed, with a configuration of ours. It runs without Erlang's distribution:
 * no name on the network, no epmd, no cookie. A small loop in it evaluates what comes through its standard input, which
 * only this process holds; that is how accounts, rosters and stored messages come to be. */
#include "parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ANSWER_SIZE = 160, PATH_SIZE = 512 };

/* ------------------------------------------------------------------------------------------------- the channel ---- */

/* Lines come in parts where they are long. An end of input means that nobody is left to serve. */
static const char desk[] = "spawn(fun() ->"
                           " Port = open_port({fd, 0, 0}, [binary, {line, 65536}, eof]),"
                           " Work = fun(Line) ->"
                           "  Result = try"
                           "   {ok, Tokens, _} = erl_scan:string(binary_to_list(Line)),"
                           "   {ok, Expressions} = erl_parse:parse_exprs(Tokens),"
                           "   {value, Value, _} = erl_eval:exprs(Expressions, []),"
                           "   Value"
                           "  catch _:What -> {failed, What} end,"
                           "  port_command(Port, [io_lib:format(\"~0p\", [Result]), 10])"
                           " end,"
                           " Loop = fun(Again, Sofar) ->"
                           "  receive"
                           "   {Port, {data, {noeol, Part}}} -> Again(Again, [Sofar, Part]);"
                           "   {Port, {data, {eol, Part}}} -> Work(iolist_to_binary([Sofar, Part])), Again(Again, []);"
                           "   {Port, eof} -> halt(0)"
                           "  end"
                           " end,"
                           " Loop(Loop, [])"
                           " end).";

/* A binary, octet by octet, so that nothing in it can be read as anything else. */
static void add_binary(struct live_text *text, const char *data) {
    live_text_add(text, "<<", 2);
    for (const char *at = data; *at != '\0'; at++) {
        live_text_format(text, at == data ? "%u" : ",%u", (unsigned)(unsigned char)*at);
    }
    live_text_add(text, ">>", 2);
}

/* Asks the expressions, which end with a full stop and a new line and must have the value `ok`, and frees them. */
static bool ask(struct live_server *server, struct live_text *text, const char *step, const char *local,
                const char *domain, uint64_t end_us, struct live_error *error) {
    return live_order(server, text, NULL, step, local, domain, end_us, error);
}

/* ---------------------------------------------------------------------------------------------------- starting ---- */

/* Settings that make failures to reach other servers quick, and nothing slow: by default it would wait up to 300 s
 * before it tries again. PLAIN alone is offered, as SCRAM takes milliseconds of work for every login and its result is
 * the same. */
static const char configuration[] =
    "loglevel: info\n"
    "language: en\n"
    "auth_method: internal\n"
    "auth_password_format: plain\n"
    "disable_sasl_mechanisms:\n"
    "  - DIGEST-MD5\n  - X-OAUTH2\n  - SCRAM-SHA-1\n  - SCRAM-SHA-1-PLUS\n  - SCRAM-SHA-256\n  - SCRAM-SHA-256-PLUS\n"
    "  - SCRAM-SHA-512\n  - SCRAM-SHA-512-PLUS\n"
    "s2s_use_starttls: false\n"
    "outgoing_s2s_families: [ipv4]\n"
    "s2s_max_retry_delay: 1\n"
    "negotiation_timeout: 3 seconds\n"
    "outgoing_s2s_timeout: 3 seconds\n"
    "s2s_dns_timeout: 1 second\n"
    "s2s_dns_retries: 1\n"
    "modules:\n"
    "  mod_adhoc: {}\n  mod_disco: {}\n  mod_last: {}\n  mod_offline: {}\n  mod_ping: {}\n  mod_private: {}\n"
    "  mod_roster: {}\n  mod_s2s_dialback: {}\n  mod_vcard: {}\n  mod_version: {}\n";

/* A string of YAML, with its quotes. Domains hold no control characters. */
static void add_string(struct live_text *text, const char *data) {
    live_text_add(text, "\"", 1);
    for (; *data != '\0'; data++) {
        live_text_add(text, "\\", *data == '"' || *data == '\\');
        live_text_add(text, data, 1);
    }
    live_text_add(text, "\"", 1);
}

static bool write_configuration(struct live_server *server, struct live_error *error) {
    static const char listener[] = "  - port: %u\n    ip: \"127.0.0.1\"\n    module: %s\n";
    const struct live_needs *needs = &server->needs;
    struct live_text text = {0};
    live_text_add(&text, configuration, sizeof configuration - 1);
    live_text_format(&text, "hosts:\n");
    for (size_t i = 0; i < needs->domain_count; i++) {
        live_text_format(&text, "  - ");
        add_string(&text, needs->domains[i]);
        live_text_format(&text, "\n");
    }
    live_text_format(&text, "listen:\n");
    live_text_format(&text, listener, server->c2s_port, "ejabberd_c2s");
    live_text_format(&text, "    starttls: false\n");
    live_text_format(&text, listener, server->s2s_port, "ejabberd_s2s_in");
    if (needs->component_count > 0) {
        live_text_format(&text, listener, server->component_port, "ejabberd_service");
        /* Each component is to get what is for its own domain, not for those of all others. */
        live_text_format(&text, "    global_routes: false\n    hosts:\n");
    }
    for (size_t i = 0; i < needs->component_count; i++) {
        live_text_format(&text, "      ");
        add_string(&text, needs->components[i]);
        live_text_format(&text, ":\n        password: \"%s\"\n", server->component_secret);
    }
    return live_write(server, "ejabberd.yml", &text, error);
}

/* Names are looked for at our name server only, never in the machine's files. */
static bool write_inetrc(struct live_server *server, struct live_error *error) {
    char text[256];
    const int size = snprintf(text, sizeof text,
                              "{resolv_conf,\"\"}.\n{hosts_file,\"\"}.\n{lookup,[dns]}.\n{nameserver,{127,0,0,1},%u}.\n"
                              "{cache_size,0}.\n",
                              live_dns_port(server->dns));
    return live_nest_write(server->nest, "inetrc", text, (size_t)size, error);
}

/* Debian's folders for libraries carry the machine's kind in their names. */
static bool find_library(char *path, size_t size, struct live_error *error) {
    static const char *const patterns[] = {"/usr/lib/*/ejabberd-*/ebin/ejabberd.beam",
                                           "/usr/lib/ejabberd-*/ebin/ejabberd.beam",
                                           "/usr/lib/erlang/lib/ejabberd-*/ebin/ejabberd.beam", NULL};
    if (!live_find(patterns, path, size)) {
        return live_fail(
            error, "ejabberd: start: its programs are not in /usr/lib; on Debian they are in the package ejabberd");
    }
    *strstr(path, "/ejabberd-") = '\0';
    return true;
}

static bool run_erlang(struct live_server *server, struct live_error *error) {
    const char *folder = live_nest_folder(server->nest);
    char library[PATH_SIZE] = "ERL_LIBS=", configured[PATH_SIZE], log[PATH_SIZE], pid[PATH_SIZE], inetrc[PATH_SIZE],
         crash[PATH_SIZE], modules[PATH_SIZE], data[PATH_SIZE];
    const size_t named = strlen(library);
    if (!find_library(library + named, sizeof library - named, error)) {
        return false;
    }
    snprintf(configured, sizeof configured, "EJABBERD_CONFIG_PATH=%s/ejabberd.yml", folder);
    snprintf(log, sizeof log, "EJABBERD_LOG_PATH=%s/ejabberd.log", folder);
    snprintf(pid, sizeof pid, "EJABBERD_PID_PATH=%s/ejabberd.pid", folder);
    snprintf(inetrc, sizeof inetrc, "ERL_INETRC=%s/inetrc", folder);
    snprintf(crash, sizeof crash, "ERL_CRASH_DUMP=%s/crash", folder);
    snprintf(modules, sizeof modules, "CONTRIB_MODULES_CONF_DIR=%s/none", folder);
    snprintf(data, sizeof data, "\"%s/data%u\"", folder, server->generation);
    const char *const environment[] = {library, configured, log, pid, inetrc, crash, "ERL_CRASH_DUMP_BYTES=0",
                                       modules, NULL};
    /* Threads that spin while they wait would take time from everything else. */
    const char *const argv[] = {"erl",       "+K",    "true",     "+P",   "250000",   "+sbwt",   "none",
                                "+sbwtdcpu", "none",  "+sbwtdio", "none", "-noinput", "-mnesia", "dir",
                                data,        "-eval", desk,       "-s",   "ejabberd", NULL};
    return live_start_process(server, argv, environment, &server->channel, error);
}

static bool is_started(struct live_server *server, const void *data) {
    static const char question[] = "lists:keymember(ejabberd, 1, application:which_applications()).\n";
    char answer[ANSWER_SIZE];
    (void)data;
    return live_ask(server->channel, &server->late, question, sizeof question - 1, answer, sizeof answer,
                    live_end_us(server, LIVE_NO_END)) &&
           strcmp(answer, "true") == 0;
}

static bool start(struct live_server *server, struct live_error *error) {
    return write_configuration(server, error) && write_inetrc(server, error) && run_erlang(server, error) &&
           live_wait_ports(server, error) && live_wait(server, is_started, NULL, "say that it is started", error) &&
           live_wait_hosts(server, error);
}

/* ---------------------------------------------------------------------------------------------------- accounts ---- */

static bool account(struct live_server *server, const char *local, const char *domain, const char *password,
                    uint64_t end_us, struct live_error *error) {
    struct live_text text = {0};
    live_text_format(&text, "ejabberd_auth:try_register(");
    add_binary(&text, local);
    live_text_format(&text, ",");
    add_binary(&text, domain);
    live_text_format(&text, ",");
    add_binary(&text, password);
    live_text_format(&text, ").\n");
    return ask(server, &text, "make the account", local, domain, end_us, error);
}

/* Records are built by the names of their fields, whose order differs from version to version. */
static void add_account(struct live_text *text, const char *local, const char *domain) {
    live_text_format(text, "U = jid:nodeprep(");
    add_binary(text, local);
    live_text_format(text, "), S = jid:nameprep(");
    add_binary(text, domain);
    live_text_format(text, "), Make = fun(Record, Values) -> list_to_tuple([Record | [maps:get(Field, Values) || "
                           "Field <- mnesia:table_info(Record, attributes)]]) end, ");
}

static bool write_roster(struct live_server *server, const char *local, const char *domain,
                         const struct live_item *items, size_t count, uint64_t end_us, struct live_error *error) {
    static const char *const subscriptions[] = {"none", "to", "from", "both"};
    struct live_text text = {0};
    add_account(&text, local, domain);
    live_text_format(&text,
                     "Set = fun(Text, Subscription, Ask) -> Jid = jid:tolower(jid:remove_resource(jid:decode(Text))), "
                     "{atomic, _} = mod_roster:set_roster(Make(roster, #{usj => {U, S, Jid}, us => {U, S}, jid => Jid, "
                     "name => <<>>, subscription => Subscription, ask => Ask, groups => [], askmessage => <<>>, "
                     "xs => []})) end, ");
    for (size_t i = 0; i < count; i++) {
        const struct router_contact *state = &items[i].state;
        live_text_format(&text, "Set(");
        add_binary(&text, items[i].jid);
        live_text_format(&text, ", %s, %s), ", subscriptions[state->subscription],
                         state->ask && state->pending_in ? "both"
                         : state->ask                    ? "out"
                         : state->pending_in             ? "in"
                                                         : "none");
    }
    live_text_format(&text, "ok.\n");
    return ask(server, &text, "make the roster of", local, domain, end_us, error);
}

/* How long the desk, which does one thing at a time, may wait for something: no longer than we wait for its answer. */
static unsigned left_ms(const struct live_server *server, uint64_t end_us) {
    const uint64_t now_us = live_clock_us(), by_us = live_end_us(server, end_us);
    return by_us > now_us ? (unsigned)((by_us - now_us) / 1000) : 0;
}

/* Its process tells everybody, and stays a moment for what is still on the way to it. */
static bool over(struct live_server *server, const char *full_jid, uint64_t end_us, struct live_error *error) {
    struct live_text text = {0};
    live_text_format(&text, "{U, S, R} = jid:tolower(jid:decode(");
    add_binary(&text, full_jid);
    live_text_format(&text, ")), case ejabberd_sm:get_session_pid(U, S, R) of none -> ok; Session -> "
                            "Watch = monitor(process, Session), receive {'DOWN', Watch, process, Session, _} -> ok "
                            "after %u -> late end end.\n", left_ms(server, end_us));
    return ask(server, &text, "end the session of", full_jid, "", end_us, error);
}

/* Each stream has a process, which holds its connection until it has noticed the end. One that only bounces has none. */
static bool parted(struct live_server *server, const char *domain, uint64_t end_us, struct live_error *error) {
    struct live_text text = {0};
    live_text_format(&text, "To = ");
    add_binary(&text, domain);
    live_text_format(&text,
                     ", Stands = fun(Stream) -> case process_info(Stream, links) of {links, Links} -> "
                     "lists:any(fun(Link) -> is_port(Link) end, Links); undefined -> false end end, "
                     "Wait = fun Wait(0) -> late; Wait(N) -> case [Stream || Host <- ejabberd_option:hosts(), "
                     "Stream <- ejabberd_s2s:get_connections_pids({Host, To}), Stands(Stream)] of "
                     "[] -> ok; _ -> timer:sleep(1), Wait(N - 1) end end, Wait(%u).\n",
                     left_ms(server, end_us) / 2);
    return ask(server, &text, "end its streams to", "", domain, end_us, error);
}

/* Each is a microsecond younger than the one before, as the times decide on their order. */
static bool write_messages(struct live_server *server, const char *local, const char *domain, const char *const *stored,
                           size_t count, uint64_t end_us, struct live_error *error) {
    struct live_text text = {0};
    add_account(&text, local, domain);
    live_text_format(&text,
                     "Now = os:system_time(microsecond), Store = fun(Text, N) -> T = Now + N, "
                     "Packet = xmpp:decode(fxml_stream:parse_element(Text), <<\"jabber:client\">>, [ignore_els]), "
                     "ok = mod_offline:store_offline_msg(Make(offline_msg, #{us => {U, S}, "
                     "timestamp => {T div 1000000000000, T div 1000000 rem 1000000, T rem 1000000}, expire => never, "
                     "from => xmpp:get_from(Packet), to => xmpp:get_to(Packet), packet => Packet})) end, ");
    for (size_t i = 0; i < count; i++) {
        live_text_format(&text, "Store(");
        add_binary(&text, stored[i]);
        live_text_format(&text, ", %zu), ", i);
    }
    live_text_format(&text, "ok.\n");
    return ask(server, &text, "store messages for", local, domain, end_us, error);
}

static int furnish(struct live_server *server, const char *local, const char *domain, const struct live_item *items,
                   size_t item_count, const char *const *stored, size_t stored_count, uint64_t end_us,
                   struct live_error *error) {
    for (size_t i = 0; i < item_count; i++) {
        if (items[i].state.approved) {
            live_fail(error, "ejabberd does not know approval ahead of time");
            return VENUE_E_CANNOT;
        }
    }
    const bool good = (item_count == 0 || write_roster(server, local, domain, items, item_count, end_us, error)) &&
                      (stored_count == 0 || write_messages(server, local, domain, stored, stored_count, end_us, error));
    return good ? ROUTER_OK : VENUE_E_DOWN;
}

const struct live_kind live_ejabberd = {.name = "ejabberd",
                                        .package = "ejabberd",
                                        .program = "ejabberdctl",
                                        .pings_in_rounds = true,
                                        .disowns_components = true,
                                        .start = start,
                                        .account = account,
                                        .over = over,
                                        .parted = parted,
                                        .furnish = furnish};
