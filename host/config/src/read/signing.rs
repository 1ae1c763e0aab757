//! Reads the section `signing`.
//!
//! Guarantee: a section with any error is refused. A mistyped `require` must not accept unsigned
//! components.

use super::Problems;
use super::fields::{self, Fields, text};
use crate::yaml::Kind;
use vconduit_policy::signature::{Signing, SigningKey};

const SECTION: &str = "signing";
const KEYS: [&str; 2] = ["require", "keys"];

pub(super) fn read(sections: Fields<'_>, problems: &mut Problems) -> Signing {
    let Some(node) = sections.get(SECTION) else {
        return Signing::default();
    };
    let Some(section) = Fields::of(node, SECTION, "`signing`", problems) else {
        return Signing::default();
    };
    section.report_unknown(&KEYS, true, problems);
    let signing = Signing {
        require: require(section, problems),
        keys: keys(section, problems),
    };
    let none_listed = match section.get("keys").map(|node| &node.kind) {
        None => true,
        Some(Kind::List(listed)) => listed.is_empty(),
        // Reported already.
        Some(_) => false,
    };
    if signing.require && none_listed {
        problems.error(
            node.place,
            SECTION,
            "`require` is on, and there is no key: every upload would be refused",
            "list the public keys that count: `keys: [RW…]` (the second line of a minisign .pub file)",
        );
    }
    signing
}

fn require(section: Fields<'_>, problems: &mut Problems) -> bool {
    let Some(node) = section.get("require") else {
        return false;
    };
    if let Kind::Bool(require) = node.kind {
        return require;
    }
    problems.error(
        node.place,
        &section.at("require"),
        format!("`require` has to be true or false, not {}", node.kind_name()),
        "write `require: true` to refuse components that are not signed",
    );
    false
}

fn keys(section: Fields<'_>, problems: &mut Problems) -> Vec<SigningKey> {
    let mut keys: Vec<SigningKey> = Vec::new();
    for (node, path) in fields::list(section.get("keys"), &section.at("keys"), problems) {
        let Some(line) = text(node, &path, problems) else {
            continue;
        };
        match SigningKey::parse(line) {
            Ok(key) if keys.contains(&key) => {
                let message = format!("the key {} is listed twice", key.id());
                problems.warn(node.place, &path, message, "remove one of them");
            }
            Ok(key) => keys.push(key),
            Err(error) => problems.error(
                node.place,
                &path,
                error.to_string(),
                "write the second line of a minisign .pub file: `RW…`",
            ),
        }
    }
    keys
}
