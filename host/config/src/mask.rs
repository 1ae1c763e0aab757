//! Masks secrets in a configuration that is shown, and restores them in one that is sent back.
//!
//! Guarantee: a secret that is recognised by its name or its position is never shown. A mask is
//! never used as a value: it stands for the present secret, or it is refused.

use serde_json::{Map, Value};

use vconduit_base::secret_ref;

/// Text in place of a secret.
pub const MASK: &str = "********";

/// Parts of names whose values are secrets.
const SECRET_NAMES: [&str; 8] = [
    "secret",
    "password",
    "passwd",
    "token",
    "key",
    "credential",
    "authorization",
    "dsn",
];
/// Here the names are those of things, not of options.
const SECTIONS: [&str; 6] = ["chains", "links", "storages", "imports", "tracers", "followers"];
/// Here every value is a key.
const KEYS_SECTION: &str = "ingress_auth";
/// Holds names of secrets, hosts and lists, never a secret.
const GRANTS: &str = "grants";

/// The configuration as it may be shown.
#[must_use]
pub fn mask(written: &Map<String, Value>) -> Map<String, Value> {
    let section = |(name, value): (&String, &Value)| {
        let masked = match (name.as_str(), value) {
            (KEYS_SECTION, value) => masked(value, true),
            (name, Value::Object(members)) if SECTIONS.contains(&name) => members
                .iter()
                .map(|(name, value)| (name.clone(), masked(value, false)))
                .collect::<Map<_, _>>()
                .into(),
            (name, value) => masked(value, is_secret(name)),
        };
        (name.clone(), masked)
    };
    written.iter().map(section).collect()
}

fn masked(value: &Value, secret: bool) -> Value {
    match value {
        Value::String(text) if secret && !is_reference(text) => MASK.into(),
        Value::String(text) => without_password(text).unwrap_or_else(|| text.clone()).into(),
        Value::Array(items) => items.iter().map(|item| masked(item, secret)).collect(),
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| (name.clone(), member(name, value, secret)))
            .collect(),
        other => other.clone(),
    }
}

fn member(name: &str, value: &Value, secret: bool) -> Value {
    if name == GRANTS {
        value.clone()
    } else {
        masked(value, secret || is_secret(name))
    }
}

fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    SECRET_NAMES.iter().any(|part| name.contains(part))
}

/// `{{secret:NAME}}` is a name, not a secret.
fn is_reference(text: &str) -> bool {
    text.is_empty() || secret_ref::whole(text).is_some_and(|name| !name.contains(['{', '}']))
}

/// An address with a password in it, the password masked.
fn without_password(text: &str) -> Option<String> {
    let (scheme, rest) = text.split_once("://")?;
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at_checked(end)?;
    let (user, host) = authority.rsplit_once('@')?;
    let (user, _) = user.split_once(':')?;
    Some(format!("{scheme}://{user}:{MASK}@{host}{path}"))
}

/// Puts secrets back where their masks are. Returns the paths of masks that stand for no secret.
pub fn restore(written: &mut Map<String, Value>, current: &Map<String, Value>) -> Vec<String> {
    let shown = mask(current);
    let mut unknown = Vec::new();
    for (name, value) in written {
        put_back(value, shown.get(name), current.get(name), name, &mut unknown);
    }
    unknown
}

fn put_back(value: &mut Value, shown: Option<&Value>, current: Option<&Value>, path: &str, unknown: &mut Vec<String>) {
    match value {
        Value::String(text) if text.contains(MASK) => match (shown, current) {
            (Some(Value::String(shown)), Some(current @ Value::String(_))) if shown == text => *value = current.clone(),
            _ => unknown.push(path.to_owned()),
        },
        Value::Array(items) => {
            for (at, item) in items.iter_mut().enumerate() {
                let (shown, current) = (shown.and_then(|v| v.get(at)), current.and_then(|v| v.get(at)));
                put_back(item, shown, current, &format!("{path}[{at}]"), unknown);
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                let (shown, current) = (shown.and_then(|v| v.get(name)), current.and_then(|v| v.get(name)));
                put_back(member, shown, current, &format!("{path}.{name}"), unknown);
            }
        }
        _ => {}
    }
}
