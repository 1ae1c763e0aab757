#include "json.h"

#include <stdlib.h>
#include <string.h>

typedef struct {
    const char *at, *end;
} cursor;

static void skip_space(cursor *c) {
    while (c->at < c->end && strchr(" \t\r\n", *c->at) && *c->at) c->at++;
}

static bool take(cursor *c, char wanted) {
    skip_space(c);
    if (c->at >= c->end || *c->at != wanted) return false;
    c->at++;
    return true;
}

static bool skip_string(cursor *c) {
    if (!take(c, '"')) return false;
    for (; c->at < c->end; c->at++) {
        if (*c->at == '\\') c->at++;
        else if (*c->at == '"') return c->at++, true;
    }
    return false;
}

/* The value at the cursor, which is left behind it. Brackets are counted, not matched: whoever takes the
 * value over (the host, for a body of encoding json) checks it. */
static json value(cursor *c) {
    skip_space(c);
    const char *start = c->at;
    size_t depth = 0;
    while (c->at < c->end) {
        char now = *c->at;
        if (now == '"') {
            if (!skip_string(c)) return (json){0};
        } else if (now == '[' || now == '{') {
            depth++, c->at++;
        } else if (now == ']' || now == '}') {
            if (depth == 0) break;
            depth--, c->at++;
        } else if (depth == 0 && (now == ',' || now == ':')) {
            break;
        } else {
            c->at++;
        }
        if (depth == 0 && (now == '"' || now == ']' || now == '}')) break;
    }
    return c->at == start || depth > 0 ? (json){0} : (json){start, (size_t)(c->at - start)};
}

json json_member(json object, const char *name) {
    cursor c = {object.at, object.at + object.length};
    if (!object.at || !take(&c, '{')) return (json){0};
    do {
        size_t length;
        char *key = json_text(value(&c), &length);
        if (!key || !take(&c, ':')) return free(key), (json){0};
        bool same = length == strlen(name) && memcmp(key, name, length) == 0;
        free(key);
        json found = value(&c);
        if (same || !found.at) return found;
    } while (take(&c, ','));
    return (json){0};
}

bool json_is_array(json value) { return value.at && *value.at == '['; }

json json_element(json array, size_t index) {
    cursor c = {array.at, array.at + array.length};
    if (!array.at || !take(&c, '[')) return (json){0};
    for (;;) {
        json found = value(&c);
        if (index-- == 0 || !found.at) return found;
        if (!take(&c, ',')) return (json){0};
    }
}

static const char digits[] = "00112233445566778899aAbBcCdDeEfF";
static const char escapes[] = "\"\\/bfnrt";
static const char escaped[] = "\"\\/\b\f\n\r\t";

static bool hex(const char *at, const char *end, unsigned *code) {
    *code = 0;
    if (end - at < 4) return false;
    for (int digit = 0; digit < 4; digit++) {
        const char *known = strchr(digits, at[digit]);
        if (!known || !at[digit]) return false;
        *code = *code * 16 + (unsigned)(known - digits) / 2;
    }
    return true;
}

static char *put_utf8(char *to, unsigned code) {
    if (code < 0x80) return *to++ = (char)code, to;
    int more = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    static const unsigned char heads[] = {0, 0xc0, 0xe0, 0xf0};
    *to++ = (char)(heads[more] | code >> (6 * more));
    while (more--) *to++ = (char)(0x80 | (code >> (6 * more) & 0x3f));
    return to;
}

/* A `\u` escape, or two that belong together; the cursor is behind the `u`. */
static bool put_escape(cursor *c, char **to) {
    unsigned code, low;
    if (!hex(c->at, c->end, &code)) return false;
    c->at += 4;
    bool pair = code >> 10 == 0xd800 >> 10 && c->end - c->at >= 6 && c->at[0] == '\\' && c->at[1] == 'u' &&
                hex(c->at + 2, c->end, &low) && low >> 10 == 0xdc00 >> 10;
    if (pair) {
        c->at += 6;
        code = 0x10000 + ((code & 0x3ff) << 10 | (low & 0x3ff));
    } else if (code >= 0xd800 && code < 0xe000) {
        code = 0xfffd;
    }
    *to = put_utf8(*to, code);
    return true;
}

char *json_text(json value, size_t *length) {
    if (!value.at || value.length < 2 || *value.at != '"') return NULL;
    cursor c = {value.at + 1, value.at + value.length - 1};
    /* No escape is shorter than what it stands for. */
    char *text = malloc(value.length), *to = text;
    if (!text) abort();
    while (c.at < c.end) {
        if (*c.at != '\\') {
            *to++ = *c.at++;
            continue;
        }
        if (++c.at >= c.end) return free(text), NULL;
        char escape = *c.at++;
        const char *plain = strchr(escapes, escape);
        if (escape == 'u' ? !put_escape(&c, &to) : !plain || !escape) return free(text), NULL;
        if (escape != 'u') *to++ = escaped[plain - escapes];
    }
    *length = (size_t)(to - text);
    return text;
}
