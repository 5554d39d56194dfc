/* Made-up sessions for the tests of recording. */
#include "live_recorder_harness.h"

#include "drill.h"
#include "script.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct live_recorder *recorder;
static char notices[2000];

static void keep_notice(void *context, const char *text) {
    (void)context;
    const size_t used = strlen(notices);
    snprintf(notices + used, sizeof notices - used, "%s\n", text);
}

static const struct live_record_calls calls = {.notice = keep_notice};

void recording_begin(void) {
    recorder = live_recorder_new();
    ck_assert_ptr_nonnull(recorder);
    notices[0] = '\0';
}

void recording_end(void) {
    live_recorder_free(recorder);
}

struct live_recorder *recording(void) {
    return recorder;
}

const char *recording_notices(void) {
    return notices;
}

struct live_follow *wire_new(void) {
    struct live_follow *wire = live_follow_new(recorder, &calls);
    ck_assert_ptr_nonnull(wire);
    return wire;
}

void up(struct live_follow *wire, const char *octets) {
    ck_assert(live_follow_octets(wire, true, octets, strlen(octets)));
}

void down(struct live_follow *wire, const char *octets) {
    ck_assert(live_follow_octets(wire, false, octets, strlen(octets)));
}

const char *to_client(struct live_follow *wire) {
    const struct live_text *out = live_follow_out(wire, false);
    return out->size == 0 ? "" : out->data;
}

const char *to_server(struct live_follow *wire) {
    const struct live_text *out = live_follow_out(wire, true);
    return out->size == 0 ? "" : out->data;
}

void forget(struct live_follow *wire) {
    live_follow_out(wire, true)->size = live_follow_out(wire, false)->size = 0;
}

void authenticate(struct live_follow *wire, const char *domain) {
    char header[400];
    snprintf(header, sizeof header, HEADER("to='%s'"), domain);
    up(wire, header);
    down(wire, HEADER("id='s1'") "<stream:features>" MECHANISMS "</stream:features>");
    up(wire, "<auth xmlns='" SASL "' mechanism='PLAIN'>" PASSWORD_OCTETS "</auth>");
    down(wire, "<success xmlns='" SASL "'/>");
    up(wire, header);
    down(wire, HEADER("id='s2'") "<stream:features><bind xmlns='" BIND "'/></stream:features>");
    forget(wire);
}

void bind_resource(struct live_follow *wire, const char *bare, const char *resource, const char *made) {
    char text[1000];
    snprintf(text, sizeof text, "<iq id='b1' type='set'><bind xmlns='" BIND "'>%s%s%s</bind></iq>",
             resource == NULL ? "" : "<resource>", resource == NULL ? "" : resource,
             resource == NULL ? "" : "</resource>");
    up(wire, text);
    snprintf(text, sizeof text, "<iq id='b1' type='result'><bind xmlns='" BIND "'><jid>%s/%s</jid></bind></iq>", bare,
             resource == NULL ? made : resource);
    down(wire, text);
}

struct live_follow *log_in(const char *bare, const char *resource, const char *made) {
    struct live_follow *wire = wire_new();
    authenticate(wire, strchr(bare, '@') + 1);
    bind_resource(wire, bare, resource, made);
    return wire;
}

/* ------------------------------------------------------------------------------------------------ the scenario ---- */

char *scenario(void) {
    size_t size;
    char *text = live_recorder_text(recorder, "prosody", &size);
    ck_assert_ptr_nonnull(text);
    ck_assert_uint_eq(strlen(text), size);
    return text;
}

void expect_part(const char *part) {
    char *text = scenario();
    ck_assert_msg(strstr(text, part) != NULL, "not in the scenario:\n%s\nwhich is:\n%s", part, text);
    free(text);
}

void expect_none(const char *part) {
    char *text = scenario();
    ck_assert_msg(strstr(text, part) == NULL, "in the scenario:\n%s\nwhich is:\n%s", part, text);
    free(text);
}

void expect_actions(const char *actions) {
    static const char dashes[] = "\n---------\n";
    char *text = scenario();
    const char *found = strstr(text, dashes);
    ck_assert_ptr_nonnull(found);
    ck_assert_str_eq(found + strlen(dashes), actions);
    free(text);
}

static struct script_file *read_scenario(const char *text) {
    struct script_error error = {0};
    struct script_file *file = script_read("recorded.scs", text, strlen(text), SCRIPT_STRICT_FORM, &error);
    ck_assert_msg(file != NULL, "%u:%u: %s\n%.20000s", error.line, error.column, error.text, text);
    return file;
}

void expect_readable(void) {
    char *text = scenario();
    script_file_free(read_scenario(text));
    free(text);
}

void expect_pass(void) {
    char *text = scenario();
    struct script_file *file = read_scenario(text);
    struct arena *arena = arena_new();
    const struct drill_options options = {.profile = NULL};
    struct drill_result result;
    ck_assert_ptr_nonnull(arena);
    ck_assert(drill_play(script_case(file, 0, arena), &options, &result));
    ck_assert_msg(result.verdict == DRILL_PASS, "verdict %d\n%s\n%s", (int)result.verdict,
                  result.failure == NULL ? "" : result.failure, text);
    drill_result_free(&result);
    arena_free(arena);
    script_file_free(file);
    free(text);
}
