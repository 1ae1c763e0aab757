//! Reads a link's `grants`.
//!
//! Guarantee: a grant that can't be read is an error; a link never gets more than what is written.

use super::Problems;
use super::fields::{self, Fields, text};
use super::host::{self, HostPort};
use crate::yaml::{Entry, Kind, Node};
use vconduit_base::names::{ListName, SecretName};
use vconduit_policy::Grants;
use vconduit_policy::grants::HostGrant;

const KEYS: [&str; 4] = ["http", "secrets", "queues", "vcons"];
const HOST_KEYS: [&str; 2] = ["host", "private"];

pub(super) fn read(entry: &Entry, path: &str, problems: &mut Problems) -> Grants {
    let mut grants = Grants::default();
    if entry.value.is_null() {
        // Elsewhere null counts as absent. Here absent may mean more grants than none, which the
        // operator may have meant.
        problems.warn(
            entry.key_place,
            path,
            "`grants` is empty: the link reaches nothing",
            "write `grants: {}` to say so, or remove it",
        );
        return grants;
    }
    let Some(given) = Fields::of(&entry.value, path, "`grants`", problems) else {
        return grants;
    };
    given.report_unknown(&KEYS, true, problems);
    for (node, path) in fields::list(given.get("http"), &given.at("http"), problems) {
        grants.http.extend(host_grant(node, &path, problems));
    }
    let secrets = fields::names::<SecretName>(given.get("secrets"), &given.at("secrets"), problems);
    grants.secrets = secrets.into_iter().map(|(name, _, _)| name).collect();
    for (node, path) in fields::list(given.get("queues"), &given.at("queues"), problems) {
        grants.queues.extend(queue(node, &path, problems));
    }
    for (node, path) in fields::list(given.get("vcons"), &given.at("vcons"), problems) {
        vcons(&mut grants, node, &path, problems);
    }
    grants
}

fn host_grant(node: &Node, path: &str, problems: &mut Problems) -> Option<HostGrant> {
    let (host_node, private) = match &node.kind {
        Kind::Map(_) => {
            let fields = Fields::of(node, path, "a host", problems)?;
            fields.report_unknown(&HOST_KEYS, true, problems);
            (required_host(fields, problems)?, private(fields, problems)?)
        }
        _ => (node, false),
    };
    let written = text(host_node, path, problems)?;
    let HostPort { host, port } = match host::parse(written) {
        Ok(found) => found,
        Err(hint) => {
            problems.error(host_node.place, path, format!("`{written}` is not a host"), hint);
            return None;
        }
    };
    if host::is_private(&host) && !private {
        let message = format!("`{host}` is on this machine or in a private network");
        let hint = format!("if that is meant, write {{host: \"{written}\", private: true}}");
        problems.error(host_node.place, path, message, hint);
        return None;
    }
    Some(HostGrant { host, port, private })
}

fn required_host<'a>(fields: Fields<'a>, problems: &mut Problems) -> Option<&'a Node> {
    let host = fields.get("host");
    if host.is_none() {
        problems.error(
            fields.place,
            fields.path,
            "`host` is missing",
            "write {host: \"10.0.0.5:9000\", private: true}",
        );
    }
    host
}

fn private(fields: Fields<'_>, problems: &mut Problems) -> Option<bool> {
    let Some(node) = fields.get("private") else {
        return Some(false);
    };
    fields::truth(node, &fields.at("private"), "private", problems)
}

fn queue(node: &Node, path: &str, problems: &mut Problems) -> Option<String> {
    let pattern = text(node, path, problems)?;
    let stem = pattern.strip_suffix('*').unwrap_or(pattern);
    if stem.contains('*') {
        let message = format!("`{pattern}`: a `*` can only stand at the end");
        problems.error(
            node.place,
            path,
            message,
            "name the lists one by one, or a common beginning: `calls_*`",
        );
        return None;
    }
    fields::name::<ListName>(pattern, node.place, path, problems).map(String::from)
}

fn vcons(grants: &mut Grants, node: &Node, path: &str, problems: &mut Problems) {
    match node.as_text() {
        Some("read") => grants.read = true,
        Some("create") => grants.create = true,
        Some("delete") => grants.delete = true,
        Some("expire") => grants.expire = true,
        _ => problems.error(
            node.place,
            path,
            "this is nothing that can be done to vCons",
            "choose from read, create, delete, expire",
        ),
    }
}
