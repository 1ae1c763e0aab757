// A link that does harm: what, its option `act` says.

export const handler = {
    describe() {
        return {
            name: "hostile",
            version: "1.0.0",
            summary: "Does harm.",
            optionsSchema: "{}",
            defaults: '{"act":"none"}',
            needs: "{}",
        };
    },

    run(options) {
        const { act } = JSON.parse(options);
        if (act === "spin") spin();
        if (act === "bomb") bomb();
        return { tag: "next" };
    },
};

function spin() {
    for (;;);
}

/** Memory without end, and deaf to being told that there is no more. */
function bomb() {
    const hoard = [];
    for (;;) {
        try {
            hoard.push(new Uint8Array(1024 * 1024).fill(1));
        } catch {}
    }
}
