/* The top of the HTML report: what came of the run, what the verdicts mean, and what asks for a look. */
#include "html.h"

#include <string.h>

/* Of what only departs from a SHOULD there may be hundreds of cases: some are enough to see what it is about. */
enum { ATTENTION_MAX = 100, LOOSE_MAX = 10, LINE_MAX_SHOWN = 240 };

static const char *meaning(enum report_verdict verdict) {
    switch (verdict) {
    case REPORT_PASS:
        return "All that the scenario expects has happened.";
    case REPORT_NON_STRICT:
        return "Passed, but the server took a liberty: a SHOULD was not followed, or it chose what the scenario flags.";
    case REPORT_FAIL:
        return "Something else has happened than the scenario expects.";
    case REPORT_SKIP:
        return "Not played; the case says why.";
    case REPORT_BROKEN:
        return "An invariant broke, which holds in every run: the fault is the simulator\xe2\x80\x99s or the "
               "router\xe2\x80\x99s, not the scenario\xe2\x80\x99s.";
    case REPORT_ERROR:
        return "The scenario cannot be read, or cannot be played as it is written.";
    case REPORT_XFAIL:
        return "Failed, as the baseline says it does; the baseline gives the reason.";
    case REPORT_XPASS:
        return "The baseline says that it fails, but it did not: that line of the baseline is out of date.";
    }
    return "";
}

void html_badge(struct ink *out, enum report_verdict verdict) {
    const char *word = report_verdict_word(verdict);
    html_put(out, "<span class=\"v %r\">%r</span>", word, word);
}

void html_counts(struct ink *out, const size_t verdicts[REPORT_VERDICT_COUNT]) {
    const char *between = "";
    for (size_t i = 0; i < REPORT_VERDICT_COUNT; i++) {
        const enum report_verdict verdict = html_worst[i];
        if (verdicts[verdict] > 0) {
            const char *word = report_verdict_word(verdict);
            html_put(out, "%r<span class=\"v %r\">%N %r</span>", between, word, verdicts[verdict], word);
            between = " ";
        }
    }
}

void html_case_id(struct ink *out, const struct report_case *c, unsigned twins) {
    html_put(out, "case/%i", c->name);
    if (twins > 0) {
        html_put(out, "__%n", (size_t)twins + 1);
    }
}

static size_t troubles(const struct html_tally *tally) {
    size_t count = 0;
    for (int i = 0; i < REPORT_VERDICT_COUNT; i++) {
        count += html_troubles((enum report_verdict)i) ? tally->verdicts[i] : 0;
    }
    return count;
}

/* -------------------------------------------------------------------------------------------------------- head ---- */

static void put_headline(struct ink *out, const struct report_run *run, const struct report_counts *counts) {
    const size_t played = run->case_count - counts->skipped;
    if (run->case_count == 0) {
        html_put(out, "No case");
    } else if (played == 0) {
        html_put(out, "No case was played");
    } else if (counts->passed == played) {
        html_put(out, played == 1 ? "The case passed" : "All %N cases passed", played);
    } else if (counts->failed > 0) {
        html_put(out, played == 1 ? "The case failed" : "%N of %N cases failed", counts->failed, played);
    } else {
        html_put(out, "%N of %N cases passed", counts->passed, played);
    }
}

static void put_navigation(struct ink *out, const struct report_run *run, const struct html_tally *tally) {
    html_put(out, "<nav aria-label=\"Parts of this report\"><ul><li><a href=\"#overview\">Overview</a></li>");
    if (troubles(tally) > 0) {
        html_put(out, "<li><a href=\"#attention\">To look at</a></li>");
    }
    if (run->grid_count > 0) {
        html_put(out, "<li><a href=\"#delivery\">Delivery</a></li>");
    }
    if (run->rule_count > 0) {
        html_put(out, "<li><a href=\"#rules\">Rules</a></li>");
    }
    html_put(out, "<li><a href=\"#cases\">Cases</a></li></ul></nav>\n");
}

void html_head(struct ink *out, const struct report_run *run, const struct html_tally *tally) {
    const struct report_counts counts = report_count(run);
    const char *target = run->target != NULL ? run->target : "simulator";
    html_put(out,
             "<!DOCTYPE html>\n<html xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"en\" xml:lang=\"en\">\n<head>\n"
             "<meta charset=\"utf-8\"/>\n"
             "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
             "<meta name=\"color-scheme\" content=\"light dark\"/>\n"
             "<meta name=\"referrer\" content=\"no-referrer\"/>\n<meta http-equiv=\"Content-Security-Policy\" "
             "content=\"default-src 'none'; img-src data:; style-src "
             "'unsafe-inline'; script-src 'sha256-%r'\"/>\n<title>",
             html_script_hash());
    put_headline(out, run, &counts);
    html_put(out, " \xe2\x80\x93 %s \xe2\x80\x93 stanzadrill</title>\n<style>\n%r%r</style>\n</head>\n<body>\n", target,
             html_style(), report_diagram_style());
    html_put(out,
             "<a class=\"jump\" href=\"#main\">Skip to the results</a>\n<header>\n<p class=\"brand\">stanzadrill "
             "<span>%s</span></p>\n<h1>",
             run->version != NULL ? run->version : "");
    put_headline(out, run, &counts);
    html_put(out, "</h1>\n<p class=\"lead\">Routing of XMPP stanzas, played on <strong><bdi>%s</bdi></strong>.</p>\n",
             target);
    html_put(out, "</header>\n");
    put_navigation(out, run, tally);
    html_put(out, "<main id=\"main\" tabindex=\"-1\">\n");
}

/* ---------------------------------------------------------------------------------------------------- overview ---- */

/* The bar repeats what the table below it says, so that it is nothing for a screen reader. */
static void put_bar(struct ink *out, const struct html_tally *tally) {
    html_put(out, "<div class=\"bar\" aria-hidden=\"true\">");
    for (size_t i = REPORT_VERDICT_COUNT; i-- > 0;) {
        const enum report_verdict verdict = html_worst[i];
        if (tally->verdicts[verdict] > 0) {
            html_put(out, "<i class=\"%r\" style=\"flex-grow:%n\"></i>", report_verdict_word(verdict),
                     tally->verdicts[verdict]);
        }
    }
    html_put(out, "</div>\n");
}

/* Folded where something else is to be seen first. */
static void put_legend(struct ink *out, const struct html_tally *tally, bool open) {
    html_put(out, "<details class=\"fold\"%r><summary><h3>What the verdicts mean</h3></summary>\n"
                  "<table class=\"legend\">\n<thead><tr><th scope=\"col\">Verdict</th>"
                  "<th scope=\"col\">Cases</th><th scope=\"col\">Meaning</th></tr></thead>\n<tbody>\n",
             open ? " open=\"open\"" : "");
    for (int i = 0; i < REPORT_VERDICT_COUNT; i++) {
        const enum report_verdict verdict = (enum report_verdict)i;
        html_put(out, "<tr%r><th scope=\"row\">", tally->verdicts[i] == 0 ? " class=\"zero\"" : "");
        html_badge(out, verdict);
        html_put(out, "</th><td>%N</td><td>%s</td></tr>\n", tally->verdicts[i], meaning(verdict));
    }
    html_put(out, "</tbody>\n</table>\n</details>\n");
}

static void put_line(struct ink *out, const char *text) {
    html_short(out, text, strcspn(text, "\n"), LINE_MAX_SHOWN);
}

static void put_attention_case(struct ink *out, const struct report_case *c, unsigned twins) {
    html_put(out, "<li>");
    html_badge(out, c->verdict);
    html_put(out, "<div><a href=\"#");
    html_case_id(out, c, twins);
    html_put(out, "\"><bdi>");
    put_line(out, c->title[0] != '\0' ? c->title : c->name);
    html_put(out, "</bdi></a>");
    if (c->title[0] != '\0') {
        html_put(out, " <code>");
        put_line(out, c->name);
        html_put(out, "</code>");
    }
    html_put(out, "<p>");
    put_line(out, c->reason != NULL ? c->reason : c->failure != NULL ? c->failure : "");
    html_put(out, "</p></div></li>\n");
}

static void put_attention(struct ink *out, const struct report_run *run, const struct html_tally *tally,
                          size_t total) {
    html_put(out,
             "<section aria-labelledby=\"attention\">\n<h2 id=\"attention\">To look at</h2>\n<p>%r</p>\n"
             "<ul class=\"attention\">\n",
             total == 1 ? "One case did not simply pass." : "These cases did not simply pass; the worst come first.");
    size_t shown = 0;
    for (size_t v = 0; v < REPORT_VERDICT_COUNT; v++) {
        const enum report_verdict verdict = html_worst[v];
        if (!html_troubles(verdict) || tally->verdicts[verdict] == 0) {
            continue;
        }
        const size_t room = ATTENTION_MAX - shown;
        const size_t most = verdict == REPORT_NON_STRICT && room > LOOSE_MAX ? shown + LOOSE_MAX : ATTENTION_MAX;
        for (size_t i = 0; i < run->case_count && shown < most; i++) {
            if (run->cases[i].verdict == verdict) {
                put_attention_case(out, &run->cases[i], tally->twins[i]);
                shown++;
            }
        }
    }
    html_put(out, "</ul>\n");
    if (shown < total) {
        html_put(out, "<p>%N more stand among the <a href=\"#cases\">cases</a>.</p>\n", total - shown);
    }
    html_put(out, "</section>\n");
}

void html_overview(struct ink *out, const struct report_run *run, const struct html_tally *tally) {
    html_put(out, "<section aria-labelledby=\"overview\">\n<h2 id=\"overview\">Overview</h2>\n<p class=\"sum\">");
    html_counts(out, tally->verdicts);
    html_put(out, "</p>\n");
    put_bar(out, tally);
    const size_t total = troubles(tally);
    put_legend(out, tally, total == 0);
    html_put(out, "</section>\n");
    if (total > 0) {
        put_attention(out, run, tally, total);
    }
}

void html_foot(struct ink *out, const struct report_run *run) {
    html_put(out,
             "</main>\n<footer>\n<p>Written by stanzadrill %s. This file is all there is of the report: it loads "
             "nothing, and only the filter needs a script.</p>\n</footer>\n<script>%r</script>\n</body>\n</html>\n",
             run->version != NULL ? run->version : "", html_script());
}
