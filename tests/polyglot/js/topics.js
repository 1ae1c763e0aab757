// Asks a service for the topics of the first dialog; adds them as an analysis, the first one as a tag.

import * as document from "vcon:link/document@0.1.0";
import * as http from "vcon:link/http@0.1.0";
import * as log from "vcon:link/log@0.1.0";
import { decode, encode } from "./utf8.js";

const SCHEMA = {
    type: "object",
    properties: {
        url: { type: "string", description: 'The service: text in, {"topics": [...]} out.' },
        tag: { type: "string", description: "The name of the tag." },
    },
};
const DEFAULTS = { url: "http://localhost:8090/topics", tag: "topic" };

export const handler = {
    describe() {
        return {
            name: "topics",
            version: "1.0.0",
            summary: "Asks a service for the topics of the first dialog and adds them as an analysis and a tag.",
            optionsSchema: JSON.stringify(SCHEMA),
            defaults: JSON.stringify(DEFAULTS),
            needs: "{}",
        };
    },

    run(options) {
        try {
            return run(JSON.parse(options));
        } catch (error) {
            // What has a payload goes to the host as it is, and has to be a failure; anything else is a crash with a stack.
            throw error?.payload?.tag === undefined ? error : refused(error.payload);
        }
    },
};

function run(options) {
    const text = transcript();
    if (text === undefined) {
        log.write("info", "there is no transcript: nothing to do", []);
        return { tag: "next" };
    }
    if (text === "fall over") throw new Error("fell over, as it was told to");
    const topics = ask(options.url, text);
    document.addAnalysis({
        kind: "topics",
        dialogs: [0],
        vendor: "example",
        body: JSON.stringify(topics),
        encoding: "json",
        extra: undefined,
    });
    if (topics.length > 0) document.addTag(options.tag, topics[0]);
    return { tag: "next" };
}

/** The transcript of the first dialog, or else the dialog's own text. */
function transcript() {
    const index = document.findAnalysis(0, "transcript") ?? undefined;
    if (index !== undefined) return document.text(`/analysis/${index}/body`) ?? undefined;
    return document.dialogCount() > 0 ? (document.dialogText(0) ?? undefined) : undefined;
}

function ask(url, text) {
    const { status, body } = post(url, text);
    if (status !== 200) throw failed("service", `${url} answered with status ${status}`, true);
    const topics = topicsOf(body);
    if (topics === undefined) throw failed("service", `${url} did not answer with topics`, true);
    return topics;
}

function post(url, text) {
    try {
        return http.send({
            method: "POST",
            url,
            headers: [["content-type", "text/plain; charset=utf-8"]],
            body: encode(text),
            timeoutMs: undefined,
        });
    } catch (error) {
        if (error?.payload === undefined) throw error;
        const { tag, val } = error.payload;
        if (tag === "denied") throw failed("options", `${url} is not granted to this link: ${val}`, false);
        throw failed("service", `${url} was not reached: ${val}`, true);
    }
}

function topicsOf(body) {
    try {
        const { topics } = JSON.parse(decode(body));
        return Array.isArray(topics) && topics.every((topic) => typeof topic === "string") ? topics : undefined;
    } catch {
        return undefined;
    }
}

/** A failure of the link, in the form in which the bindings take it. */
function failed(kind, message, retryable) {
    const payload = { kind, message, retryable, retryAfterMs: undefined };
    return Object.assign(new Error(message), { payload });
}

/** The failure for an error of the host's functions. */
function refused({ tag, val }) {
    if (tag === "opaque") return failed("sealed", "the vCon is signed or encrypted", false);
    return failed("other", `the host refused: ${tag} ${val ?? ""}`, false);
}
