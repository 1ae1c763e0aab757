/* As much of JSON as a link needs to read its options and a service's answer: members, elements, strings. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

/* A part of a JSON text. Nothing where `at` is NULL. */
typedef struct {
    const char *at;
    size_t length;
} json;

/* The value of a member of an object; nothing if there is none, or the text is no object. */
json json_member(json object, const char *name);

/* The element of an array; nothing after the last one. */
json json_element(json array, size_t index);

bool json_is_array(json value);

/* The text of a JSON string, unescaped, for free(); NULL if the value is no string. */
char *json_text(json value, size_t *length);
