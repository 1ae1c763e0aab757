/* Asks a service for the topics of the first dialog; adds them as an analysis, the first one as a tag.
 *
 * What a call allocates is not given back: its instance is gone after the call. What goes to the host as a result has to
 * come from malloc, because the bindings free it. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "topics_plain.h"

typedef topics_plain_string_t string;
typedef exports_vcon_link_handler_failure_t failure;

#define TEXT(literal) ((string){(uint8_t *)(literal), sizeof(literal) - 1})

static const char SCHEMA[] =
    "{\"type\":\"object\",\"properties\":{"
    "\"url\":{\"type\":\"string\",\"description\":\"The service: text in, {\\\"topics\\\": [...]} out.\"},"
    "\"tag\":{\"type\":\"string\",\"description\":\"The name of the tag.\"}}}";

void exports_vcon_link_handler_describe(exports_vcon_link_handler_description_t *ret) {
    topics_plain_string_dup(&ret->name, "topics");
    topics_plain_string_dup(&ret->version, "1.0.0");
    topics_plain_string_dup(
        &ret->summary, "Asks a service for the topics of the first dialog and adds them as an analysis and a tag.");
    topics_plain_string_dup(&ret->options_schema, SCHEMA);
    topics_plain_string_dup(&ret->defaults, "{\"url\":\"http://localhost:8090/topics\",\"tag\":\"topic\"}");
    topics_plain_string_dup(&ret->needs, "{}");
}

/* Fills in a failure; answers false, which is what a function here answers when it failed. */
static bool fail(failure *err, uint8_t kind, bool retryable, const char *format, ...) {
    char message[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    *err = (failure){.kind = kind, .retryable = retryable};
    topics_plain_string_dup(&err->message, message);
    return false;
}

static bool refused(failure *err, const vcon_link_document_error_t *error) {
    if (error->tag == VCON_LINK_TYPES_ERROR_OPAQUE)
        return fail(err, VCON_LINK_OUTCOMES_FAILURE_KIND_SEALED, false, "the vCon is signed or encrypted");
    return fail(err, VCON_LINK_OUTCOMES_FAILURE_KIND_OTHER, false, "the host refused: error %d", error->tag);
}

/* The transcript of the first dialog, or else the dialog's own text. */
static bool transcript(topics_plain_option_string_t *text, failure *err) {
    vcon_link_document_error_t error;
    topics_plain_option_u32_t index;
    uint32_t count;
    *text = (topics_plain_option_string_t){0};
    if (!vcon_link_document_find_analysis(0, &TEXT("transcript"), &index, &error)) return refused(err, &error);
    if (index.is_some) {
        char pointer[32];
        int length = snprintf(pointer, sizeof pointer, "/analysis/%u/body", index.val);
        string place = {(uint8_t *)pointer, (size_t)length};
        return vcon_link_document_text(&place, text, &error) || refused(err, &error);
    }
    if (!vcon_link_document_dialog_count(&count, &error)) return refused(err, &error);
    return count == 0 || vcon_link_document_dialog_text(0, text, &error) || refused(err, &error);
}

static bool post(string url, string text, vcon_link_http_response_t *answer, failure *err) {
    vcon_link_http_field_t type = {TEXT("content-type"), TEXT("text/plain; charset=utf-8")};
    vcon_link_http_request_t request = {
        .method = TEXT("POST"), .url = url, .headers = {&type, 1}, .body = {text.ptr, text.len}};
    vcon_link_http_fault_t fault;
    if (vcon_link_http_send(&request, answer, &fault)) return true;
    /* Every case of a fault carries a text, so the first one stands for all. */
    string said = fault.val.invalid;
    if (fault.tag == VCON_LINK_HTTP_FAULT_DENIED)
        return fail(err, VCON_LINK_OUTCOMES_FAILURE_KIND_OPTIONS, false, "%.*s is not granted to this link: %.*s",
                    (int)url.len, url.ptr, (int)said.len, said.ptr);
    return fail(err, VCON_LINK_OUTCOMES_FAILURE_KIND_SERVICE, true, "%.*s was not reached: %.*s", (int)url.len, url.ptr,
                (int)said.len, said.ptr);
}

/* The topics as a JSON array of strings. */
static bool ask(string url, string text, json *topics, failure *err) {
    vcon_link_http_response_t answer;
    if (!post(url, text, &answer, err)) return false;
    if (answer.status != 200)
        return fail(err, VCON_LINK_OUTCOMES_FAILURE_KIND_SERVICE, true, "%.*s answered with status %d", (int)url.len,
                    url.ptr, answer.status);
    *topics = json_member((json){(char *)answer.body.ptr, answer.body.len}, "topics");
    bool fits = json_is_array(*topics);
    for (size_t at = 0; fits; at++) {
        json topic = json_element(*topics, at);
        if (!topic.at) break;
        fits = *topic.at == '"';
    }
    return fits || fail(err, VCON_LINK_OUTCOMES_FAILURE_KIND_SERVICE, true, "%.*s did not answer with topics",
                        (int)url.len, url.ptr);
}

static bool add(json topics, string tag, failure *err) {
    uint32_t first_dialog = 0, index;
    vcon_link_document_error_t error;
    vcon_link_document_analysis_t entry = {
        .kind = TEXT("topics"),
        .dialogs = {&first_dialog, 1},
        .vendor = TEXT("example"),
        .body = {(uint8_t *)topics.at, topics.length},
        .encoding = VCON_LINK_DOCUMENT_ENCODING_JSON,
    };
    if (!vcon_link_document_add_analysis(&entry, &index, &error)) return refused(err, &error);
    string topic;
    topic.ptr = (uint8_t *)json_text(json_element(topics, 0), &topic.len);
    return !topic.ptr || vcon_link_document_add_tag(&tag, &topic, &error) || refused(err, &error);
}

bool exports_vcon_link_handler_run(exports_vcon_link_handler_json_text_t *options,
                                   exports_vcon_link_handler_outcome_t *ret, failure *err) {
    json set = {(char *)options->ptr, options->len}, topics;
    topics_plain_option_string_t text;
    string url, tag;
    url.ptr = (uint8_t *)json_text(json_member(set, "url"), &url.len);
    tag.ptr = (uint8_t *)json_text(json_member(set, "tag"), &tag.len);
    if (!url.ptr || !tag.ptr)
        return fail(err, VCON_LINK_OUTCOMES_FAILURE_KIND_OPTIONS, false, "url and tag have to be texts");
    ret->tag = VCON_LINK_OUTCOMES_OUTCOME_NEXT;
    if (!transcript(&text, err)) return false;
    if (!text.is_some) {
        vcon_link_log_write(VCON_LINK_LOG_LEVEL_INFO, &TEXT("there is no transcript: nothing to do"),
                            &(vcon_link_log_list_field_t){0});
        return true;
    }
    if (text.val.len == 9 && memcmp(text.val.ptr, "fall over", 9) == 0) {
        fputs("fell over, as it was told to\n", stderr);
        abort();
    }
    return ask(url, text.val, &topics, err) && add(topics, tag, err);
}
