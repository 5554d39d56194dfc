/* diagram_harness.c - making up stories, drawing them, and looking at the picture as an XML parser sees it. */
#include "diagram_harness.h"

#include <check.h>
#include <expat.h>
#include <stdlib.h>
#include <string.h>

enum { LANES_MAX = 64, EVENTS_MAX = 600, ITEMS_MAX = 4000, TEXT_MAX = 4000 };

struct report_story story;
struct report_diagram how;
char *drawn;

static struct report_lane lanes[LANES_MAX];
static struct report_event events[EVENTS_MAX];

struct item {
    char name[16], style[16], text[TEXT_MAX], path[200];
    double x, y, width, height;
};

static struct item *items;
static size_t item_count;
static int open_items[64];
static int depth;
static double picture_width, picture_height;

void diagram_setup(void) {
    story = (struct report_story){.lanes = lanes, .events = events};
    how = (struct report_diagram){.width = 80};
    items = calloc(ITEMS_MAX, sizeof *items);
    ck_assert_ptr_nonnull(items);
    drawn = NULL;
}

void diagram_teardown(void) {
    free(items);
    free(drawn);
}

/* ------------------------------------------------------------------------------------------------------ stories ---- */

void story_lane(const char *name, const char *address, enum report_lane_kind kind) {
    ck_assert_uint_lt(story.lane_count, LANES_MAX);
    lanes[story.lane_count++] = (struct report_lane){.name = name, .address = address, .kind = kind};
}

void two_clients(void) {
    story_lane("Romeo", "romeo@montague.example/orchard", REPORT_CLIENT);
    story_lane("verona", "montague.example capulet.example", REPORT_SERVER);
    story_lane("Juliet", "juliet@capulet.example/balcony", REPORT_CLIENT);
}

void two_servers(void) {
    story_lane("Romeo", "romeo@montague.example/orchard", REPORT_CLIENT);
    story_lane("north", "montague.example", REPORT_SERVER);
    story_lane("south", "capulet.example", REPORT_SERVER);
    story_lane("Juliet", "juliet@capulet.example/balcony", REPORT_CLIENT);
}

struct report_event *story_add(enum report_event_kind kind, int from, int to, uint64_t time_us, const char *label) {
    ck_assert_uint_lt(story.event_count, EVENTS_MAX);
    struct report_event *event = &events[story.event_count++];
    *event = (struct report_event){
        .kind = kind, .time_us = time_us, .sent_us = time_us, .from = from, .to = to, .label = label};
    return event;
}

struct report_event *story_sends(int from, int to, uint64_t time_us, const char *label) {
    return story_add(REPORT_SENDS, from, to, time_us, label);
}

struct report_event *story_arrives(int from, int to, uint64_t time_us, const char *label, const char *rule) {
    struct report_event *event = story_add(REPORT_ARRIVES, from, to, time_us, label);
    event->rule = rule;
    return event;
}

/* ------------------------------------------------------------------------------------------------------ reading ---- */

static void begin(void *context, const XML_Char *name, const XML_Char **attributes) {
    (void)context;
    ck_assert_uint_lt(item_count, ITEMS_MAX);
    ck_assert_int_lt(depth, 64);
    struct item *item = &items[item_count];
    *item = (struct item){.name = ""};
    snprintf(item->name, sizeof item->name, "%s", name);
    for (; *attributes != NULL; attributes += 2) {
        const struct {
            const char *name;
            double *value;
        } numbers[] = {{"x", &item->x}, {"y", &item->y}, {"width", &item->width}, {"height", &item->height}};
        for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
            if (strcmp(attributes[0], numbers[i].name) == 0) {
                *numbers[i].value = strtod(attributes[1], NULL);
            }
        }
        if (strcmp(attributes[0], "class") == 0) {
            snprintf(item->style, sizeof item->style, "%s", attributes[1]);
        } else if (strcmp(attributes[0], "d") == 0) {
            snprintf(item->path, sizeof item->path, "%s", attributes[1]);
        }
    }
    if (depth == 0) {
        picture_width = item->width;
        picture_height = item->height;
    }
    open_items[depth++] = (int)item_count++;
}

static void end(void *context, const XML_Char *name) {
    (void)context;
    (void)name;
    depth--;
}

static void characters(void *context, const XML_Char *text, int size) {
    (void)context;
    struct item *item = &items[open_items[depth - 1]];
    const size_t used = strlen(item->text);
    const size_t more = (size_t)size < sizeof item->text - used ? (size_t)size : sizeof item->text - used - 1;
    memcpy(item->text + used, text, more);
    item->text[used + more] = '\0';
}

static void read_picture(size_t size) {
    item_count = 0;
    depth = 0;
    XML_Parser parser = XML_ParserCreate("UTF-8");
    ck_assert_ptr_nonnull(parser);
    XML_SetElementHandler(parser, begin, end);
    XML_SetCharacterDataHandler(parser, characters);
    const enum XML_Status status = XML_Parse(parser, drawn, (int)size, 1);
    ck_assert_msg(status == XML_STATUS_OK, "%s at octet %ld of %s", XML_ErrorString(XML_GetErrorCode(parser)),
                  (long)XML_GetCurrentByteIndex(parser), drawn);
    XML_ParserFree(parser);
}

void draw(enum report_diagram_form form) {
    size_t size = 0;
    free(drawn);
    drawn = NULL;
    FILE *out = open_memstream(&drawn, &size);
    ck_assert_ptr_nonnull(out);
    how.form = form;
    ck_assert(report_diagram(out, &story, &how));
    ck_assert_int_eq(fclose(out), 0);
    if (form == REPORT_SVG) {
        read_picture(size);
    }
}

/* ------------------------------------------------------------------------------------------------------ looking ---- */

size_t elements(const char *name, const char *style) {
    size_t count = 0;
    for (size_t i = 0; i < item_count; i++) {
        count += strcmp(items[i].name, name) == 0 && (style == NULL || strcmp(items[i].style, style) == 0);
    }
    return count;
}

static size_t with_text(const char *name, const char *text) {
    size_t count = 0;
    for (size_t i = 0; i < item_count; i++) {
        count += strcmp(items[i].name, name) == 0 && strcmp(items[i].text, text) == 0;
    }
    return count;
}

size_t drawn_texts(const char *text) {
    return with_text("text", text);
}

size_t titles(const char *text) {
    return with_text("title", text);
}

double text_y(const char *text) {
    for (size_t i = 0; i < item_count; i++) {
        if (strcmp(items[i].name, "text") == 0 && strcmp(items[i].text, text) == 0) {
            return items[i].y;
        }
    }
    ck_abort_msg("there is no text \"%s\"", text);
    return 0;
}

bool texts_share_a_line(const char *text) {
    const double y = text_y(text);
    bool same = true;
    for (size_t i = 0; i < item_count; i++) {
        same = same && (strcmp(items[i].name, "text") != 0 || strcmp(items[i].text, text) != 0 ||
                        (items[i].y >= y && items[i].y <= y));
    }
    return same;
}

/* "M150 134H299..." is level, "M300 190L476 202..." is not. */
bool slants(size_t arrow) {
    for (size_t i = 1; i < item_count; i++) {
        if (strcmp(items[i].name, "path") == 0 && strncmp(items[i - 2].style, "a", 1) == 0 && arrow-- == 0) {
            return strchr(items[i].path, 'L') != NULL;
        }
    }
    ck_abort_msg("there are not so many arrows");
    return false;
}

/* Where a text stands, by letters as wide as those of common fonts, which are a little narrower than what the picture
 * makes room for. */
static struct item box_of(const struct item *text) {
    const bool small = text->style[0] == 'r' || text->style[0] == 'c' || text->style[0] == 't';
    const bool left = text->style[0] == 't' || text->style[0] == 'q';
    const double size = small ? 10 : text->style[0] == 'q' ? 14 : 12;
    size_t letters = 0;
    for (const char *c = text->text; *c != '\0'; c++) {
        letters += (*c & 0xC0) != 0x80;
    }
    const double width = (double)letters * size * (text->style[0] == 'q' ? 0.5 : 0.6);
    return (struct item){.x = left ? text->x : text->x - width / 2,
                         .y = text->y - size * 0.75,
                         .width = width,
                         .height = size * 0.95};
}

void nothing_overlaps(void) {
    for (size_t i = 0; i < item_count; i++) {
        if (strcmp(items[i].name, "text") != 0) {
            continue;
        }
        const struct item a = box_of(&items[i]);
        ck_assert_msg(a.x >= 0 && a.x + a.width <= picture_width && a.y >= 0 && a.y + a.height <= picture_height,
                      "\"%s\" is cut off", items[i].text);
        for (size_t k = i + 1; k < item_count; k++) {
            const struct item b = box_of(&items[k]);
            const bool meets = strcmp(items[k].name, "text") == 0 && a.x < b.x + b.width && b.x < a.x + a.width &&
                               a.y < b.y + b.height && b.y < a.y + a.height;
            ck_assert_msg(!meets, "\"%s\" covers \"%s\"", items[i].text, items[k].text);
        }
    }
}

void squeeze(void) {
    static const char *const letters[] = {" ", "─"};
    for (size_t i = 0; i < 2; i++) {
        const size_t size = strlen(letters[i]);
        for (char *c = drawn; *c != '\0';) {
            if (strncmp(c, letters[i], size) == 0 && strncmp(c + size, letters[i], size) == 0) {
                memmove(c, c + size, strlen(c + size) + 1);
            } else {
                c++;
            }
        }
    }
}

/* Columns of the letters that the tests use: those with three octets from U+3000 on are wide. */
void lines_fit(unsigned width) {
    unsigned columns = 0;
    for (const unsigned char *c = (const unsigned char *)drawn; *c != '\0'; c++) {
        if (*c == '\n') {
            columns = 0;
            continue;
        }
        ck_assert_msg(*c >= 0x20, "octet %d in a line", (int)*c);
        columns += (*c & 0xC0) == 0x80 ? 0 : *c >= 0xE3 && *c <= 0xE9 ? 2 : 1;
        ck_assert_msg(columns <= width, "a line has more than %u columns in\n%s", width, drawn);
    }
}
