//! The Lua scripts: each step that changes something is one of them, as Redis runs a script as one atomic step.
//!
//! Guarantee: a script is put together from the parts it needs, once, at start; it is run by its hash and sent only
//! when the server does not know it (first use, or after a restart).

use redis::Cmd;

/// A script, ready to be called.
#[derive(Debug)]
pub struct Script {
    source: String,
    hash: String,
}

impl Script {
    fn new(json: bool, parts: &[&str]) -> Self {
        let mut source = format!("local json = {json}\n");
        for part in parts {
            source.push_str(part);
            source.push('\n');
        }
        let hash = super::revision::sha1_hex(source.as_bytes());
        Self { source, hash }
    }

    /// The beginning of a call; ARGV is to be appended with `arg`.
    pub fn call(&self, keys: &[&str]) -> Cmd {
        let mut call = redis::cmd("EVALSHA");
        call.arg(&self.hash).arg(keys.len()).arg(keys);
        call
    }

    /// The command that makes the script known to the server.
    pub fn load(&self) -> Cmd {
        let mut load = redis::cmd("SCRIPT");
        load.arg("LOAD").arg(&self.source);
        load
    }
}

macro_rules! scripts {
    ($($(#[$doc:meta])* $name:ident: [$($part:literal),*]),* $(,)?) => {
        /// All scripts. What each does, takes and guarantees stands at the head of its file.
        #[derive(Debug)]
        pub struct Scripts {
            $($(#[$doc])* pub $name: Script,)*
        }

        impl Scripts {
            /// Puts the scripts together, for a server with or without RedisJSON.
            pub fn new(json: bool) -> Self {
                Self {
                    $($name: Script::new(json, &[
                        $(include_str!(concat!("lua/lib/", $part, ".lua")),)*
                        include_str!(concat!("lua/", stringify!($name), ".lua")),
                    ]),)*
                }
            }
        }
    };
}

scripts! {
    /// Store a document.
    put: ["args", "once", "documents", "index", "lists"],
    /// Store a document unless there is one.
    restore: ["args", "documents", "index"],
    /// Index a stored document again.
    index: ["args", "index"],
    /// Conditional write.
    write: ["args", "documents"],
    /// Delete a document.
    delete: ["args", "documents"],
    /// Append ids to a list.
    push: ["args", "once", "lists"],
    /// Take entries from a list.
    claim: ["args", "entries", "documents", "dead", "claims"],
    /// Renew leases.
    renew: ["args"],
    /// Note how far a run has come.
    checkpoint: ["args", "documents", "lists", "effects", "trail"],
    /// End a claim well.
    finish: ["args", "documents", "lists", "effects", "claims", "trail"],
    /// End a claim badly.
    fail: ["args", "documents", "dead", "claims", "trail"],
    /// Add a dead letter without a claim.
    dead_letter: ["args", "documents", "dead"],
    /// Give an entry back.
    hand_back: ["args", "claims"],
    /// Park a run.
    park: ["args", "documents", "lists", "effects", "claims", "trail"],
    /// Let parked runs go on.
    resume: ["args", "documents", "dead", "claims"],
    /// Take entries away from lost workers.
    reap: ["args", "documents", "dead", "claims"],
    /// Read dead letters.
    dead_letters: ["args"],
    /// Move dead letters back.
    reprocess: ["args"],
    /// Read the configuration.
    load_config: [],
    /// Replace the configuration.
    save_config: ["args", "audit"],
    /// Add to the audit log.
    audit: ["args", "once", "audit"],
    /// Say that a host is there.
    announce: ["args"],
    /// Who is there.
    hosts: ["args"],
    /// Move one dead letter back.
    retry_dead_letter: ["args", "once"],
    /// Remove one dead letter.
    drop_dead_letter: ["args", "once"],
    /// Complete a component whose parts are there.
    keep_component: ["args"],
    /// Remove a component.
    drop_component: ["args", "once"],
}
