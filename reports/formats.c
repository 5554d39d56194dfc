/* All formats in which a run is reported. */
#include "report.h"

const struct report_format report_formats[] = {
    {"pretty", NULL, 0, report_pretty},
    {"tap", NULL, 0, report_tap},
    {"junit", "junit.xml", REPORT_NEEDS_FAILURES, report_junit},
    {"json", "results.json", REPORT_NEEDS_RULES, report_json},
    {"html", "report.html", REPORT_NEEDS_SAMPLES | REPORT_NEEDS_RULES, report_html},
    {"openmetrics", "openmetrics.txt", REPORT_NEEDS_METRICS, report_openmetrics},
    {"github", NULL, 0, report_github},
    {NULL, NULL, 0, NULL},
};
