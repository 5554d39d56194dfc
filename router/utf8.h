/* utf8.h - one code point of UTF-8 text, checked. */
#ifndef STANZADRILL_UTF8_H
#define STANZADRILL_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* utf8_decode - the code point at the start of a text.
 * returns   its octets, 1 to 4; 0 where the text is empty or does not start with a well-formed sequence: neither cut
 *           off, longer than need be, a surrogate, nor past U+10FFFF (RFC 3629). */
static inline size_t utf8_decode(const char *text, size_t size, uint32_t *code) {
    static const uint32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char *octet = (const unsigned char *)text;
    if (size == 0) return 0;
    uint32_t lead = octet[0];
    size_t need = lead < 0x80 ? 1 : lead < 0xC0 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF8 ? 4 : 0;
    if (need == 0 || need > size) return 0;
    uint32_t value = need == 1 ? lead : lead & (0x7Fu >> need);
    for (size_t i = 1; i < need; i++) {
        if ((octet[i] & 0xC0) != 0x80) return 0;
        value = value << 6 | (octet[i] & 0x3Fu);
    }
    if (value < least[need] || value > 0x10FFFF || (value >= 0xD800 && value < 0xE000)) return 0;
    *code = value;
    return need;
}

/* utf8_encode - write a code point as UTF-8. returns its octets, 1 to 4. */
static inline size_t utf8_encode(uint32_t code, char out[4]) {
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    size_t size = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (size_t i = size - 1; i > 0; i--) {
        out[i] = (char)(0x80 | (code & 0x3F));
        code >>= 6;
    }
    out[0] = (char)((0xF00u >> size & 0xF0u) | code);
    return size;
}

#endif
