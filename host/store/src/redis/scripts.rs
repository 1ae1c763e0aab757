//! The Lua scripts. Redis runs a script as one atomic step, so each step that changes something is
//! a script.
//!
//! Guarantee: a script is assembled from its parts once, at start. It is run by its hash, and sent
//! only when the server does not know it (at first use and after a restart).

use redis::Cmd;

/// A script with its hash.
#[derive(Debug)]
pub struct Script {
    source: String,
    hash: String,
}

impl Script {
    fn new(head: &str, parts: &[&str]) -> Self {
        let mut source = head.to_owned();
        for part in parts {
            source.push_str(part);
            source.push('\n');
        }
        let hash = super::revision::sha1_hex(source.as_bytes());
        Self { source, hash }
    }

    /// Returns a call with these keys. The caller appends ARGV with `arg`.
    pub fn call(&self, keys: &[&str]) -> Cmd {
        let mut call = redis::cmd("EVALSHA");
        call.arg(&self.hash).arg(keys.len()).arg(keys);
        call
    }

    /// Returns the command that loads the script into the server.
    pub fn load(&self) -> Cmd {
        let mut load = redis::cmd("SCRIPT");
        load.arg("LOAD").arg(&self.source);
        load
    }
}

macro_rules! scripts {
    ($($(#[$doc:meta])* $name:ident: [$($part:literal),*]),* $(,)?) => {
        /// All scripts. The head of each file says what the script does, takes and guarantees.
        #[derive(Debug)]
        pub struct Scripts {
            $($(#[$doc])* pub $name: Script,)*
        }

        impl Scripts {
            /// Assembles the scripts, for documents as RedisJSON values (`json`) or strings, a
            /// server with or without RedisJSON, and documents that live this many seconds after
            /// their last run.
            pub fn new(json: bool, has_json: bool, document_s: i64) -> Self {
                let head = format!(
                    "local json, has_json = {json}, {has_json}\nlocal document_seconds = {document_s}\n"
                );
                Self {
                    $($name: Script::new(&head, &[
                        $(include_str!(concat!("lua/lib/", $part, ".lua")),)*
                        include_str!(concat!("lua/", stringify!($name), ".lua")),
                    ]),)*
                }
            }
        }
    };
}

scripts! {
    /// Stores a document.
    put: ["args", "once", "documents", "holds", "index", "lists"],
    /// Stores a document unless there is one.
    restore: ["args", "documents", "holds", "index"],
    /// Indexes a stored document again.
    index: ["args", "index"],
    /// Writes a document on a condition.
    write: ["args", "documents"],
    /// Deletes a document.
    delete: ["args", "documents", "holds"],
    /// Sets the lifetime of a document.
    expire: ["args", "documents", "holds"],
    /// Replaces the set of ingress lists.
    ingress: ["args"],
    /// Protects the documents of entries that are on a list already.
    adopt: ["args", "entries", "documents", "holds"],
    /// Appends ids to a list.
    push: ["args", "once", "documents", "holds", "lists"],
    /// Removes entries from the tail of a list.
    pop: ["args", "once", "documents", "holds"],
    /// Takes entries from a list under claims.
    claim: ["args", "entries", "documents", "holds", "dead", "claims"],
    /// Renews leases, and begins runs.
    renew: ["args", "leases"],
    /// Stores a checkpoint.
    checkpoint: ["args", "documents", "holds", "effects", "trail"],
    /// Ends a claim after a success.
    finish: ["args", "documents", "holds", "lists", "effects", "claims", "trail"],
    /// Ends a claim after a failure.
    fail: ["args", "documents", "holds", "dead", "claims", "trail"],
    /// Adds a dead letter without a claim.
    dead_letter: ["args", "once", "documents", "holds", "dead"],
    /// Returns an entry to its list.
    hand_back: ["args", "documents", "holds", "claims"],
    /// Parks a run.
    park: ["args", "documents", "holds", "lists", "effects", "claims", "trail"],
    /// Continues parked runs.
    resume: ["args", "documents", "holds", "dead", "claims"],
    /// Recovers entries with expired leases.
    reap: ["args", "documents", "holds", "dead", "claims", "leases", "contact"],
    /// Looks for entries to recover.
    survey: ["args", "contact"],
    /// Reads dead letters.
    dead_letters: ["args"],
    /// Moves dead letters back to their list.
    reprocess: ["args", "once", "documents", "holds", "claims"],
    /// Reads the configuration.
    load_config: [],
    /// Replaces the configuration.
    save_config: ["args", "audit"],
    /// Adds to the audit log.
    audit: ["args", "once", "audit"],
    /// Lists a host as active.
    announce: ["args"],
    /// Reads the active hosts.
    hosts: ["args"],
    /// Takes or renews a lock.
    lock: ["args"],
    /// Releases a lock.
    unlock: ["args"],
    /// Moves one dead letter back to its list.
    retry_dead_letter: ["args", "once", "documents", "holds", "claims"],
    /// Removes one dead letter.
    drop_dead_letter: ["args", "once"],
    /// Completes a component whose parts are stored.
    keep_component: ["args"],
    /// Removes a component.
    drop_component: ["args", "once"],
}
