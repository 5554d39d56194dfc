/* Peers and a component on each of the three servers: run by make test-live, which installs them. What is sent to and fro
 * needs no account: the component stands for whoever is behind the server. The last line is "N passed, N failed". */
#include "../suite_run.h"
#include "parts.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATIENCE_US = 60 * 1000000 };

#define ROOMS "c0.rooms.montague.example" /* in the first slot */

struct heard {
    char text[20000];
    size_t count;
    char ended[64];
};

static struct live_target *target;
static struct live_server *server;
static struct live_peer *peer;
static struct live_component *component;
static struct heard by_peer, by_component;
static struct live_error error;

static void arrived(void *context, const char *stanza, size_t size) {
    struct heard *heard = context;
    ck_assert_uint_lt(strlen(heard->text) + size, sizeof heard->text);
    strncat(heard->text, stanza, size);
    heard->count++;
}

static void ended(void *context, const char *why) {
    struct heard *heard = context;
    snprintf(heard->ended, sizeof heard->ended, "%s", why);
}

static void turn(void) {
    struct pollfd fds[2] = {{.events = POLLIN}, {.events = POLLIN}};
    (void)live_peer_descriptors(peer, &fds[0].fd, 1);
    (void)live_component_descriptors(component, &fds[1].fd, 1);
    (void)poll(fds, 2, 20);
    ck_assert_msg(live_peer_work(peer, &error) && live_component_work(component, &error), "%s", error.text);
}

static void until(bool (*done)(void)) {
    const uint64_t end_us = live_clock_us() + PATIENCE_US;
    while (!done()) {
        ck_assert_msg(live_clock_us() < end_us, "%s: what is waited for does not come", live_target_name(target));
        turn();
    }
}

static bool is_connected(void) {
    return live_component_connected(component);
}

static bool is_quiet(void) {
    return live_peer_marked(peer) && live_component_marked(component);
}

static bool has_ended(void) {
    return by_peer.ended[0] != '\0';
}

static bool has_closed(void) {
    return !live_peer_ending(peer);
}

static bool has_come(void) {
    return by_peer.count > 0;
}

static bool has_bounced(void) {
    return by_component.count > 0;
}

/* Both ways, as what one side sent may make the other one's server send something. */
static void settle(void) {
    for (int round = 0; round < 2; round++) {
        ck_assert_msg(live_peer_marker(peer, ROOMS, &error), "%s", error.text);
        ck_assert_msg(live_component_marker(component, "montague.example", &error), "%s", error.text);
        until(is_quiet);
    }
}

static void send_to_peer(const char *text) {
    ck_assert_msg(live_component_send(component, text, strlen(text), &error), "%s", error.text);
}

static void send_from_peer(const char *text) {
    ck_assert_msg(live_peer_send(peer, false, text, strlen(text), &error), "%s", error.text);
}

static void make_peer(const char *domain, enum world_trouble connect) {
    const struct world_peer config = {.domain = domain, .connect = connect};
    const struct live_peer_events events = {.context = &by_peer, .arrived = arrived, .ended = ended};
    live_peer_free(peer);
    memset(&by_peer, 0, sizeof by_peer);
    peer = live_peer_new(server, &config, &events, &error);
    ck_assert_msg(peer != NULL, "%s", error.text);
    ck_assert(live_peer_serves(peer, ROOMS));
}

static void begin(const char *name) {
    static const char *const domains[] = {"montague.example"}, *const components[] = {"rooms.montague.example"};
    const struct live_needs needs = {domains, 1, components, 1};
    const struct live_peer_events events = {.context = &by_component, .arrived = arrived, .ended = ended};
    target = live_target_builtin(name, &error);
    ck_assert_msg(target != NULL, "%s", error.text);
    server = live_open(target, &needs, 30, &error);
    ck_assert_msg(server != NULL, "%s", error.text);
    component = live_component_new(server, ROOMS, &events, &error);
    ck_assert_msg(component != NULL, "%s", error.text);
    make_peer("x1.capulet.example", WORLD_FINE);
    ck_assert_msg(live_component_connect(component, &error), "%s", error.text);
    until(is_connected);
    settle();
    memset(&by_component, 0, sizeof by_component);
}

static void end(void) {
    live_peer_free(peer);
    live_component_free(component);
    live_close(server);
    live_target_free(target);
    peer = NULL;
}

#define MESSAGE(id, from, to) "<message id='" id "' from='" from "' to='" to "'><body>" id "</body></message>"
#define ROOM                  "garden@" ROOMS "/nurse"

static const char *const names[] = {"prosody", "ejabberd", "jabberd2"};

START_TEST(stanzas_pass_both_ways_and_marks_are_not_seen) {
    begin(names[_i]);
    send_from_peer(MESSAGE("in", "juliet@x1.capulet.example", ROOM));
    settle();
    ck_assert_uint_eq(by_component.count, 1);
    ck_assert_ptr_nonnull(strstr(by_component.text, "<body>in</body>"));
    send_to_peer(MESSAGE("out", ROOM, "juliet@x1.capulet.example"));
    until(has_come);
    settle();
    ck_assert_uint_eq(by_peer.count, 1);
    ck_assert_ptr_nonnull(strstr(by_peer.text, "<body>out</body>"));
    end();
}
END_TEST

START_TEST(a_stream_that_the_server_ends_is_followed_by_another) {
    begin(names[_i]);
    const char *wrong = "<message></presence>";
    send_from_peer(MESSAGE("1", "juliet@x1.capulet.example", ROOM));
    settle();
    ck_assert_msg(live_peer_send(peer, true, wrong, strlen(wrong), &error), "%s", error.text);
    until(has_ended);
    ck_assert_ptr_nonnull(strstr(by_peer.ended, "not-well-formed"));
    send_from_peer(MESSAGE("2", "juliet@x1.capulet.example", ROOM));
    settle();
    ck_assert_uint_eq(by_component.count, 2);
    live_peer_end(peer, false, NULL);
    until(has_closed);
    settle();
    send_to_peer(MESSAGE("3", ROOM, "juliet@x1.capulet.example"));
    until(has_come);
    end();
}
END_TEST

START_TEST(a_peer_that_refuses_connections_gets_nothing_and_can_send) {
    begin(names[_i]);
    make_peer("x2.capulet.example", WORLD_FAILS);
    send_to_peer(MESSAGE("1", ROOM, "juliet@x2.capulet.example"));
    until(has_bounced);
    ck_assert_ptr_nonnull(strstr(by_component.text, "error"));
    if (live_peer_mute(peer) == NULL) {
        send_from_peer(MESSAGE("2", "juliet@x2.capulet.example", ROOM));
        settle();
        ck_assert_uint_eq(by_component.count, 2);
    }
    ck_assert_uint_eq(by_peer.count, 0);
    end();
}
END_TEST

int main(void) {
    setenv("CK_DEFAULT_TIMEOUT", "300", 0);
    Suite *suite = suite_create("peers");
    TCase *real = tcase_create("real");
    const int count = (int)(sizeof names / sizeof *names);
    tcase_add_loop_test(real, stanzas_pass_both_ways_and_marks_are_not_seen, 0, count);
    tcase_add_loop_test(real, a_stream_that_the_server_ends_is_followed_by_another, 0, count);
    tcase_add_loop_test(real, a_peer_that_refuses_connections_gets_nothing_and_can_send, 0, count);
    suite_add_tcase(suite, real);
    return suite_main(suite);
}
