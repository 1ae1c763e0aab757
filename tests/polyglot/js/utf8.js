// QuickJS has no TextEncoder and no TextDecoder. These two go by way of percent-encoding, which is UTF-8 by definition.

export function encode(text) {
    const bytes = [];
    for (const [, code, plain] of encodeURIComponent(text).matchAll(/%(..)|(.)/g)) {
        bytes.push(code === undefined ? plain.charCodeAt(0) : Number.parseInt(code, 16));
    }
    return new Uint8Array(bytes);
}

/** Throws where the bytes are not UTF-8. */
export function decode(bytes) {
    const codes = Array.from(bytes, (byte) => `%${byte.toString(16).padStart(2, "0")}`);
    return decodeURIComponent(codes.join(""));
}
