/* An index of names as a binary tree over their bits: no order of names, however chosen, makes it slow. */
#include "reader.h"

#include <string.h>

/* A leaf holds a key; an inner node asks for one bit of it. */
struct name_node {
    size_t octet;       /* inner: which octet of the key */
    unsigned char mask; /* inner: which bit of it; 0 in a leaf */
    struct name_node *child[2];
    struct text key;
    int value;
};

static unsigned char octet_of(struct text key, size_t i) {
    return i < key.size ? (unsigned char)key.data[i] : 0;
}

static size_t side(const struct name_node *node, struct text key) {
    return (octet_of(key, node->octet) & node->mask) != 0;
}

/* The leaf that differs from the key as late as any. */
static struct name_node *closest(const struct names *names, struct text key) {
    struct name_node *node = names->root;
    while (node->mask != 0) {
        node = node->child[side(node, key)];
    }
    return node;
}

bool script_names_equal(struct text a, struct text b) {
    return a.size == b.size && memcmp(a.data, b.data, a.size) == 0;
}

int script_names_find(const struct names *names, struct text key) {
    if (names->root == NULL) {
        return NAME_UNKNOWN;
    }
    const struct name_node *leaf = closest(names, key);
    return script_names_equal(leaf->key, key) ? leaf->value : NAME_UNKNOWN;
}

static unsigned char highest_bit(unsigned difference) {
    unsigned bit = 0x80;
    while ((difference & bit) == 0) {
        bit >>= 1;
    }
    return (unsigned char)bit;
}

static bool asked_before(const struct name_node *node, const struct name_node *branch) {
    return node->octet < branch->octet || (node->octet == branch->octet && node->mask > branch->mask);
}

static void insert(struct names *names, struct name_node *branch, struct name_node *leaf) {
    struct name_node **link = &names->root;
    while ((*link)->mask != 0 && asked_before(*link, branch)) {
        link = &(*link)->child[side(*link, leaf->key)];
    }
    size_t place = side(branch, leaf->key);
    branch->child[place] = leaf;
    branch->child[1 - place] = *link;
    *link = branch;
}

int script_names_add(struct names *names, struct arena *arena, struct text key, int value) {
    const struct name_node *other = names->root == NULL ? NULL : closest(names, key);
    if (other != NULL && script_names_equal(other->key, key)) {
        return other->value;
    }
    struct name_node *leaf = arena_take(arena, sizeof *leaf);
    struct name_node *branch = other == NULL ? NULL : arena_take(arena, sizeof *branch);
    if (leaf == NULL || (other != NULL && branch == NULL)) {
        return NAME_NO_MEMORY;
    }
    leaf->key = key;
    leaf->value = value;
    if (other == NULL) {
        names->root = leaf;
        return NAME_UNKNOWN;
    }
    while (octet_of(key, branch->octet) == octet_of(other->key, branch->octet)) {
        branch->octet++;
    }
    branch->mask = highest_bit(octet_of(key, branch->octet) ^ octet_of(other->key, branch->octet));
    insert(names, branch, leaf);
    return NAME_UNKNOWN;
}

static size_t count_leaves(const struct name_node *node) {
    return node->mask == 0 ? 1 : count_leaves(node->child[0]) + count_leaves(node->child[1]);
}

static bool list_leaves(const struct name_node *node, struct arena *arena, const char ***next) {
    if (node->mask != 0) {
        return list_leaves(node->child[0], arena, next) && list_leaves(node->child[1], arena, next);
    }
    *(*next)++ = arena_text(arena, node->key.data, node->key.size);
    return (*next)[-1] != NULL;
}

const char **script_names_list(const struct names *names, struct arena *arena, size_t room) {
    size_t count = names->root == NULL ? 0 : count_leaves(names->root);
    const char **list = arena_take(arena, (count + room + 1) * sizeof *list);
    const char **next = list;
    if (list == NULL || (count > 0 && !list_leaves(names->root, arena, &next))) {
        return NULL;
    }
    return list;
}
