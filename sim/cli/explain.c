/* stanzadrill explain: why a stanza goes where it goes, or what there is to know of a rule. */
#include "scene.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Who is there where no scenario says so: shown in the help and in scenarios/README.md too. */
static const char default_cast[] = "[Client] Romeo\n"
                                   "    jid: romeo@montague.example/orchard\n"
                                   "[Client] Juliet\n"
                                   "    jid: juliet@capulet.example/balcony\n"
                                   "[Client] Juliet's phone\n"
                                   "    jid: juliet@capulet.example/phone\n"
                                   "[Account] romeo@montague.example\n"
                                   "    contact: juliet@capulet.example both\n"
                                   "[Account] juliet@capulet.example\n"
                                   "    contact: romeo@montague.example both\n"
                                   "[Account] nurse@capulet.example\n";
static const char default_actions[] = "Romeo connects\n"
                                      "Juliet connects\n"
                                      "Juliet's phone connects\n"
                                      "Romeo sends:\n"
                                      "    <presence/>\n"
                                      "Juliet sends:\n"
                                      "    <presence><priority>5</priority></presence>\n"
                                      "Juliet's phone sends:\n"
                                      "    <presence><priority>1</priority></presence>\n";

struct question {
    const struct cli_settings *settings;
    const char *stanza; /* NULL: the one at a line */
    unsigned line;
};

/* ------------------------------------------------------------------------------------------------------ answering ---- */

static struct drill_options options_for(const struct question *q) {
    struct drill_options options = {.seed = q->settings->drill.seed,
                                    .profile = q->settings->drill.profile,
                                    .profile_text = q->settings->drill.profile_text};
    return options;
}

static bool has_own_policy(const struct script *script) {
    for (size_t i = 0; i < script->cast_count; i++) {
        for (size_t n = 0; n < script->cast[i].property_count; n++) {
            const char *key = script->cast[i].properties[n].key;
            if (script->cast[i].role == SCRIPT_SERVER && (strcmp(key, "profile") == 0 || strcmp(key, "policy") == 0)) {
                return true;
            }
        }
    }
    return false;
}

/* Profiles that agree. */
struct answer {
    char *fates, *names; /* fates NULL: the stanza cannot even be sent */
    bool otherwise;      /* what leads to the state is not what the scenario says */
};

static struct answer answer_under(const char *profile, const struct scene_script *script, const struct question *q) {
    struct drill_options options = options_for(q);
    options.profile = profile;
    options.profile_text = NULL;
    options.one_policy = true;
    struct scene scene;
    scene_play(script, &options, &scene);
    const struct answer own = {scene.events == NULL ? NULL : page_fates(&scene), cli_copy(profile), !scene.reached};
    scene_free(&scene);
    return own;
}

static bool agree(const struct answer *a, const struct answer *b) {
    return a->otherwise == b->otherwise &&
           (a->fates == NULL ? b->fates == NULL : b->fates != NULL && strcmp(a->fates, b->fates) == 0);
}

static void join_answer(struct answer *answers, size_t *count, struct answer own) {
    size_t n = 0;
    while (n < *count && !agree(&answers[n], &own)) {
        n++;
    }
    if (n == *count) {
        answers[(*count)++] = own;
        return;
    }
    char *longer = cli_join(answers[n].names, ", ");
    free(answers[n].names);
    answers[n].names = cli_join(longer, own.names);
    free(longer);
    free(own.names);
    free(own.fates);
}

static void show_answer(const struct answer *answer, const char *fates) {
    const bool same = answer->fates != NULL && strcmp(answer->fates, fates) == 0;
    printf("  %s%s\n", answer->names, same ? ": as above" : "");
    if (answer->otherwise) {
        puts("      (what leads to the state goes otherwise there)");
    }
    if (answer->fates == NULL) {
        puts("      the stanza cannot be sent");
    } else if (!same) {
        report_lines(stdout, "      ", answer->fates);
    }
}

static void show_others(const struct scene *scene, const struct scene_script *script, const struct question *q) {
    size_t profiles = 0, count = 0;
    while (router_profile_name(profiles) != NULL) {
        profiles++;
    }
    struct answer *answers = cli_need(calloc(profiles + 1, sizeof *answers));
    for (size_t i = 0; i < profiles; i++) {
        join_answer(answers, &count, answer_under(router_profile_name(i), script, q));
    }
    char *own = page_fates(scene);
    puts("\nThe same stanza in the same state, under each built-in profile\n");
    for (size_t i = 0; i < count; i++) {
        show_answer(&answers[i], own);
        free(answers[i].fates);
        free(answers[i].names);
    }
    free(answers);
    free(own);
}

static int answer(const struct scene_script *script, const char *state, const struct question *q) {
    struct drill_options options = options_for(q);
    struct scene scene;
    scene_play(script, &options, &scene);
    int status = CLI_OK;
    if (scene.reached) {
        const struct script_action *last = &script->script.actions[script->script.action_count - 1];
        page_stanza(0, last->stanzas[0].bytes);
        fputs("sent by ", stdout);
        report_text(stdout, script->script.cast[last->actor].name);
        fputs(", ", stdout);
        report_text(stdout, state);
        fputs(", under profile ", stdout);
        report_text(stdout, options.profile != NULL ? options.profile : "rfc6121");
        puts(has_own_policy(&script->script) ? " where a [Server] says nothing else" : "");
        page_scene(&scene);
        show_others(&scene, script, q);
    } else {
        fflush(stdout);
        cli_complain("the stanza cannot be sent in this state: %s", script->script.name);
        report_lines(stderr, "", scene.failure);
        status = CLI_USAGE;
    }
    scene_free(&scene);
    return status;
}

/* ------------------------------------------------------------------------------------------- a stanza of one's own ---- */

static int answer_own(const struct script *script, const char *state, const struct question *q, struct arena *arena) {
    struct scene_script asked;
    struct xml_fault fault = {0};
    if (!scene_after(script, 0, q->stanza, arena, &asked, &fault)) {
        fflush(stdout);
        fprintf(stderr, "stanzadrill: the stanza cannot be read: %u:%u: ", fault.line, fault.column);
        report_text(stderr, fault.text);
        putc('\n', stderr);
        return CLI_USAGE;
    }
    const struct script_action *last = &asked.script.actions[asked.script.action_count - 1];
    const int sender = scene_sender(script, q->settings->as, last->stanzas[0].tree);
    if (sender < 0) {
        return CLI_USAGE;
    }
    ((struct script_action *)(uintptr_t)last)->actor = sender;
    return answer(&asked, state, q);
}

/* A domain of the stanza that is not served becomes that of a remote server, so that what is sent there arrives. */
static void add_peer(char **text, const char *address) {
    struct jid_parts parts;
    if (address == NULL || jid_prepare((struct slice){address, strlen(address)}, &parts) != ROUTER_OK) {
        return;
    }
    char line[sizeof "[Peer] \n" + ROUTER_JID_PART_MAX];
    snprintf(line, sizeof line, "[Peer] %.*s\n", (int)parts.domain.size, parts.domain.data);
    char served[ROUTER_JID_PART_MAX + 3];
    snprintf(served, sizeof served, "@%.*s", (int)parts.domain.size, parts.domain.data);
    const char *at = strstr(*text, served);
    const bool local = at != NULL && strchr("/ \n", at[strlen(served)]) != NULL;
    if (!local && strstr(*text, line) == NULL) {
        char *longer = cli_join(*text, line);
        free(*text);
        *text = longer;
    }
}

static struct script_file *default_state(const char *stanza) {
    struct arena *arena = cli_need(arena_new());
    struct xml_node *root = NULL;
    struct xml_fault fault;
    char *cast = cli_copy(default_cast);
    if (xml_parse(arena, stanza, strlen(stanza), 1, &root, &fault) && root != NULL) {
        add_peer(&cast, xml_attribute_get(root, "to"));
        add_peer(&cast, xml_attribute_get(root, "from"));
    }
    arena_free(arena);
    char *head = cli_join(cast, "---------\n");
    char *text = cli_join(head, default_actions);
    struct script_error error;
    struct script_file *file = script_read("the default state", text, strlen(text), SCRIPT_THIRD_PARTY, &error);
    if (file == NULL) {
        cli_complain("%s", error.text);
    }
    free(cast);
    free(head);
    free(text);
    return file;
}

static int explain_default(const struct question *q) {
    struct script_file *file = default_state(q->stanza);
    if (file == NULL) {
        return CLI_USAGE;
    }
    struct arena *arena = cli_need(arena_new());
    const struct script *script = cli_need((void *)(uintptr_t)script_case(file, 0, arena));
    const int status = answer_own(script, "in the default state", q, arena);
    arena_free(arena);
    script_file_free(file);
    return status;
}

/* ---------------------------------------------------------------------------------------------- from a scenario ---- */

static bool sends_at(const struct script_action *action, unsigned line, size_t *stanza) {
    if ((action->verb != SCRIPT_SENDS && action->verb != SCRIPT_SENDS_RAW) || action->stanza_count == 0 ||
        line < action->line) {
        return false;
    }
    const struct script_stanza *last = &action->stanzas[action->stanza_count - 1];
    unsigned end = last->line;
    for (size_t i = 0; i < last->size; i++) {
        end += last->bytes[i] == '\n';
    }
    *stanza = 0;
    for (size_t i = 1; i < action->stanza_count; i++) {
        *stanza = action->stanzas[i].line <= line ? i : *stanza;
    }
    return line <= end;
}

static int no_stanza(const struct script *script, unsigned line) {
    unsigned nearest = 0;
    for (size_t i = 0; i < script->action_count; i++) {
        const struct script_action *action = &script->actions[i];
        const bool sends = action->verb == SCRIPT_SENDS || action->verb == SCRIPT_SENDS_RAW;
        nearest = sends && (nearest == 0 || action->line <= line) ? action->line : nearest;
    }
    char text[80] = "no stanza is sent here, nor anywhere else in the scenario";
    if (nearest > 0) {
        snprintf(text, sizeof text, "no stanza is sent here; the nearest one is at line %u", nearest);
    }
    (void)cli_complain_at(script->file, line, 1, text);
    return CLI_USAGE;
}

/* The action that sends what is at a line, and which of its stanzas that is; false: none does. */
static bool find_line(const struct script *script, unsigned line, size_t *action, size_t *stanza) {
    for (*action = 0; *action < script->action_count; ++*action) {
        if (sends_at(&script->actions[*action], line, stanza)) {
            return true;
        }
    }
    return false;
}

static int answer_case(const struct script *script, const struct question *q, struct arena *arena) {
    if (q->stanza == NULL) {
        size_t action, stanza;
        char state[64];
        if (!find_line(script, q->line, &action, &stanza)) {
            return no_stanza(script, q->line);
        }
        snprintf(state, sizeof state, "at line %u", q->line);
        const struct scene_script asked = scene_before(script, action, stanza, arena);
        return answer(&asked, state, q);
    }
    char *state = cli_join("after ", script->name);
    const int status = answer_own(script, state, q, arena);
    free(state);
    return status;
}

/* Several cases are told apart by a heading; not where there will be nothing below it. */
static void head_case(const struct script *script, const struct question *q, size_t earlier) {
    size_t action, stanza;
    if (script->case_name != NULL && q->settings->only_case == NULL &&
        (q->stanza != NULL || find_line(script, q->line, &action, &stanza))) {
        printf("%s# ", earlier > 0 ? "\n" : "");
        report_text(stdout, script->name);
        putchar('\n');
    }
}

static int explain_cases(const struct script_file *file, const struct question *q) {
    int status = CLI_OK;
    size_t asked = 0;
    struct cli_words known = {NULL, 0};
    struct arena *arena = cli_need(arena_new());
    for (size_t n = 0; n < script_case_count(file); n++) {
        const struct script *script = cli_need((void *)(uintptr_t)script_case(file, n, arena));
        cli_words_add(&known, script->case_name != NULL ? script->case_name : "");
        if (!cli_is_case(q->settings, script)) {
            continue;
        }
        head_case(script, q, asked++);
        const int own = answer_case(script, q, arena);
        status = own > status ? own : status;
        if (own != CLI_OK) {
            break;
        }
    }
    cli_words_add(&known, NULL);
    if (asked == 0) {
        cli_unknown("case", q->settings->only_case, known.items, NULL);
        status = CLI_USAGE;
    }
    free(known.items);
    arena_free(arena);
    return status;
}

static int explain_file(const char *path, const struct question *q) {
    struct cli_settings settings = {.jobs = 1, .mode = SCRIPT_THIRD_PARTY};
    struct cli_files files;
    int status = CLI_USAGE;
    cli_words_add(&settings.paths, path);
    cli_files_read(&files, &settings);
    if (files.count != 1) {
        cli_complain("explain needs one scenario, and \"%s\" is not one", path);
    } else if (files.items[0].script == NULL) {
        cli_file_complain(&files.items[0]);
    } else {
        status = explain_cases(files.items[0].script, q);
    }
    cli_files_free(&files);
    free(settings.paths.items);
    return status;
}

/* ------------------------------------------------------------------------------------------------------- rules ---- */

static bool is_known(const char *word) {
    size_t count;
    const struct router_rule *rules = router_rules(&count);
    if (router_rule_find(word) >= 0) {
        return true;
    }
    struct cli_words words = {NULL, 0};
    const size_t size = strlen(word);
    bool stage = false, group = false;
    for (size_t i = 0; i < count; i++) {
        cli_words_add(&words, rules[i].id);
        group |= strncmp(rules[i].id, word, size) == 0 && rules[i].id[size] == '.';
    }
    for (unsigned i = 0; strcmp(router_stage_name(i), "?") != 0; i++) {
        cli_words_add(&words, router_stage_name(i));
        stage |= strcmp(router_stage_name(i), word) == 0;
    }
    cli_words_add(&words, NULL);
    if (strchr(word, '/') != NULL || (size > 4 && strcmp(word + size - 4, ".scs") == 0)) {
        cli_complain("explain needs the line of a stanza, as in \"%s:12\"", word);
    } else if (!stage && group) {
        cli_complain("\"%s\" stands for several rules, which `stanzadrill rules` lists with it; explain one of them", word);
    } else if (!stage) {
        cli_unknown("rule", word, words.items, "`stanzadrill rules`");
    }
    free(words.items);
    return stage;
}

/* Notes, with each rule, the files whose scenarios say that it has decided something. context: by rule, owned texts. */
static void note_citing(void *context, const struct script *script) {
    struct cli_words *files = context;
    for (size_t i = 0; i < script->action_count; i++) {
        for (size_t n = 0; n < script->actions[i].fate_count; n++) {
            const char *by = script->actions[i].fates[n].by;
            const int rule = by == NULL ? -1 : router_rule_find(by);
            struct cli_words *of = rule < 0 ? NULL : &files[rule];
            if (of != NULL && (of->count == 0 || strcmp(of->items[of->count - 1], script->file) != 0)) {
                cli_words_add(of, cli_copy(script->file));
            }
        }
    }
}

/* Plays the scenarios of --proof, and looks for what they name. false: the message is out. */
static bool prove(const char *path, struct cli_proofs *proofs, struct cli_words *cited) {
    struct cli_settings all = {.jobs = 1};
    cli_words_add(&all.paths, path);
    const bool good = cli_proofs_play(&all, proofs) == CLI_OK && cli_each_case(&all, note_citing, cited) == CLI_OK;
    free(all.paths.items);
    return good;
}

static int explain_rules(const struct cli_settings *settings) {
    struct cli_proofs proofs = {0};
    for (size_t i = 0; i < settings->paths.count; i++) {
        if (!is_known(settings->paths.items[i])) {
            return CLI_USAGE;
        }
    }
    size_t count;
    router_rules(&count);
    struct cli_words *cited = cli_need(calloc(count, sizeof *cited));
    const bool good = settings->proof == NULL || prove(settings->proof, &proofs, cited);
    for (size_t i = 0; good && i < settings->paths.count; i++) {
        const int rule = router_rule_find(settings->paths.items[i]);
        fputs(i > 0 ? "\n" : "", stdout);
        if (rule >= 0) {
            page_about(rule, settings->proof != NULL ? &proofs : NULL, &cited[rule]);
        } else {
            (void)page_stage(settings->paths.items[i]);
        }
    }
    for (size_t i = 0; i < count; i++) {
        cli_words_free(&cited[i]);
    }
    free(cited);
    cli_proofs_free(&proofs);
    return good ? CLI_OK : CLI_USAGE;
}

/* "FILE:LINE", cut at the colon. */
static bool cut_line(const char *word, char **path, unsigned *line) {
    const char *colon = strrchr(word, ':');
    const size_t digits = colon == NULL ? 0 : strspn(colon + 1, "0123456789");
    if (digits == 0 || digits > 7 || colon[1 + digits] != '\0' || colon == word) {
        return false;
    }
    *path = cli_copy(word);
    (*path)[colon - word] = '\0';
    *line = (unsigned)strtoul(colon + 1, NULL, 10);
    return true;
}

static int run(const struct cli_settings *settings) {
    struct question q = {.settings = settings};
    const struct cli_words *words = &settings->paths;
    if (words->count == 0) {
        cli_complain("explain needs a stanza, a rule, or FILE.scs:LINE", "");
        return CLI_USAGE;
    }
    const char *first = words->items[0] + strspn(words->items[0], " \t\r\n");
    char *path = NULL;
    const bool stanza = first[0] == '<', place = !stanza && cut_line(first, &path, &q.line);
    int status = CLI_USAGE;
    if ((stanza || place) && words->count > 1) {
        cli_complain("explain takes one stanza or place at a time, but got \"%s\" too", words->items[1]);
    } else if (stanza) {
        q.stanza = first;
        status = settings->state == NULL ? explain_default(&q) : explain_file(settings->state, &q);
    } else {
        status = place ? explain_file(path, &q) : explain_rules(settings);
    }
    free(path);
    return status;
}

const struct cli_command cli_explain_command = {
    .name = "explain",
    .usage = "[OPTION]... 'STANZA' | FILE.scs:LINE | RULE...",
    .summary = "say step by step what becomes of a stanza and why, or what a rule is about",
    .notes =
        "STANZA is sent in the state that the scenario of --state leaves; FILE.scs:LINE is the stanza that the scenario\n"
        "sends at that line, in the state of that moment (with a table of cases: in each, or in that of --case). Without\n"
        "--state Romeo (romeo@montague.example/orchard) and Juliet (juliet@capulet.example/balcony, priority 5, and\n"
        "juliet@capulet.example/phone, priority 1) are available and subscribed to each other; nurse@capulet.example\n"
        "exists and is not there; no other account does. One server serves both domains; every other domain is that of\n"
        "a remote server. RULE is an id of `stanzadrill rules`, or a stage of routing in capitals, such as BARE.\n"
        "Exit status: 0; 2 bad usage, or a stanza, scenario or state that cannot be played.\n",
    .options = CLI_PROFILE | CLI_STATE | CLI_AS | CLI_CASE | CLI_PROOF | CLI_SEED,
    .run = run,
};
