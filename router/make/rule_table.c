/* rule_table.c - a program that the build runs: writes the look-up from a class of input to its row, as C. It is the same
 * for every policy, and the preprocessor cannot invert the sets of stages, kinds and states that rules.def has. */
#include "../rules.h"

#include <stdio.h>

static void write_class(const struct router_class *c) {
    for (int i = 0; i < RULE_COUNT; i++)
        if (router_class_row(c, i))
            printf("    [%u][%u][%u] = %d, /* %s */\n", c->stage, c->kind, c->state, i + 1, rule_texts[i].id);
}

int main(void) {
    puts("#include \"rules.h\"\n\nconst struct rule_table rule_table = {{");
    for (unsigned stage = 0; stage < STAGE_COUNT; stage++)
        for (unsigned kind = 0; kind < STANZA_KIND_COUNT; kind++)
            for (unsigned state = 0; state < ROUTER_STATES_MAX; state++)
                write_class(&(struct router_class){0, stage, kind, state});
    puts("}};");
    return ferror(stdout) || fclose(stdout) != 0;
}
