//! The configuration in the store: one entry for each chain, link and storage, under the names that the Conserver's documents promise,
//! and beside them what is only ours: the record of each link that was uploaded or changed through the admin API.
//!
//! Guarantee: what is written and read back means the same on every host, in the same order; the same checks decide about it. A new
//! configuration leaves the records as they are.

mod own;

use serde_json::{Map, Value, json};

use super::problem::Problems;
use super::yaml::Place;
use super::{Checked, Reader, Written};
use vconduit_base::ConfigEntries;

pub use own::{
    Damaged, beside, configured, fingerprint, newest_versions, record, records, taken_from, uploaded_names, with_file,
    with_record,
};

/// Sections of which every member has an entry, with the beginning of its key.
const SECTIONS: [(&str, &str); 3] = [("chains", "chains:"), ("links", "link:"), ("storages", "storage:")];
/// The entry of the keys of partners.
const INGRESS_AUTH: &str = "ingress_auth";
/// The entry that holds the order of the others and the sections that nothing reads.
const REST: &str = "vconduit:sections";
/// What messages call the store's copy.
const SOURCE: &str = "the store";

/// The entries for what an operator wrote.
#[must_use]
pub fn to_entries(written: &Written) -> ConfigEntries {
    let mut entries = ConfigEntries::new();
    let mut order = Map::new();
    for (section, prefix) in SECTIONS {
        let Some(Value::Object(members)) = written.get(section) else {
            continue;
        };
        order.insert(section.to_owned(), members.keys().cloned().collect());
        entries.extend(
            members
                .iter()
                .map(|(name, value)| (format!("{prefix}{name}"), value.to_string())),
        );
    }
    let own_entry = |section: &str| section == INGRESS_AUTH || SECTIONS.iter().any(|(known, _)| *known == section);
    if let Some(keys) = written.get(INGRESS_AUTH) {
        entries.push((INGRESS_AUTH.to_owned(), keys.to_string()));
    }
    let others: Map<String, Value> = written
        .iter()
        .filter(|(section, _)| !own_entry(section))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    entries.push((REST.to_owned(), json!({"order": order, "others": others}).to_string()));
    entries
}

/// What the operator wrote, from its entries.
///
/// # Errors
/// The keys of the entries that are no JSON, each with the reason.
pub fn to_written(entries: &ConfigEntries) -> Result<Written, Damaged> {
    let mut damaged = Vec::new();
    let mut values: Map<String, Value> = Map::new();
    for (key, text) in entries {
        match serde_json::from_str(text) {
            Ok(value) => drop(values.insert(key.clone(), value)),
            Err(error) => damaged.push((key.clone(), error.to_string())),
        }
    }
    if !damaged.is_empty() {
        return Err(damaged);
    }
    let rest = values.shift_remove(REST).unwrap_or_default();
    let mut written = Written::new();
    for (section, prefix) in SECTIONS {
        let members = members(&mut values, prefix, rest.pointer(&format!("/order/{section}")));
        let Some(members) = members else { continue };
        written.insert(section.to_owned(), Value::Object(members));
    }
    if let Some(keys) = values.shift_remove(INGRESS_AUTH) {
        written.insert(INGRESS_AUTH.to_owned(), keys);
    }
    if let Some(Value::Object(others)) = rest.get("others") {
        written.extend(others.clone());
    }
    Ok(written)
}

/// The members of a section in their order. One that the order does not know was written by someone else: it comes last.
fn members(values: &mut Map<String, Value>, prefix: &str, order: Option<&Value>) -> Option<Map<String, Value>> {
    let mut members = Map::new();
    for name in order
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
    {
        if let Some(value) = values.shift_remove(&format!("{prefix}{name}")) {
            members.insert(name.to_owned(), value);
        }
    }
    let others: Vec<String> = values.keys().filter(|key| key.starts_with(prefix)).cloned().collect();
    for key in others {
        if let (Some(name), Some(value)) = (key.strip_prefix(prefix), values.get(&key)) {
            members.insert(name.to_owned(), value.clone());
        }
    }
    (order.is_some() || !members.is_empty()).then_some(members)
}

impl Reader {
    /// Reads the store's copy, with the link records laid over it.
    #[must_use]
    pub fn entries(&self, entries: &ConfigEntries) -> Checked {
        match to_written(entries).and_then(|written| own::lay_over(written, entries)) {
            Ok(written) => self.json(&written, SOURCE),
            Err(damaged) => report(damaged),
        }
    }
}

fn report(damaged: Damaged) -> Checked {
    let mut problems = Problems::default();
    for (key, reason) in damaged {
        let message = format!("the store's entry is not JSON: {reason}");
        problems.error(Place::default(), &key, message, "load the configuration file again");
    }
    Checked {
        source: SOURCE.to_owned(),
        problems: problems.into_sorted(),
        ..Checked::default()
    }
}

/// Whether two copies hold the same, in whatever order their entries come.
#[must_use]
pub fn are_equal(left: &ConfigEntries, right: &ConfigEntries) -> bool {
    let sorted = |entries: &ConfigEntries| {
        let mut entries = entries.clone();
        entries.sort();
        entries
    };
    left.len() == right.len() && sorted(left) == sorted(right)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{read, reader};

    const TEXT: &str = "\
chains:
  z: {links: [b, {a: {tags: [x]}}], ingress_lists: [i], storages: [s2, s1], schedule: '0 2 * * *'}
  a: {links: [], ingress_lists: [j], timeout: 1.5}
links:
  b: {component: ./links/../b.wasm, grants: {http: [a.com]}, limits: {cpu_ms: 7}}
  a: {module: links.tag, options: {tags: [on, 'on', 0644]}}
storages:
  s2: {module: storage.file}
  s1: {module: storage.s3, options: {deep: {er: [1, null]}}}
ingress_auth: {j: [k], i: k2}
tracers: {t: {module: tracers.x}}
imports:
";

    #[test]
    fn a_file_and_its_copy_in_the_store_mean_the_same() {
        let from_file = read(TEXT, "/etc/v/c.yml");
        let mut entries = to_entries(&from_file.written);
        let keys: Vec<&str> = entries.iter().map(|(key, _)| key.as_str()).collect();
        assert_eq!(
            keys,
            [
                "chains:z",
                "chains:a",
                "link:b",
                "link:a",
                "storage:s2",
                "storage:s1",
                "ingress_auth",
                "vconduit:sections"
            ]
        );
        // A store may give them back in any order.
        entries.reverse();
        let from_store = reader().entries(&entries);
        let config = from_store.config.expect("it is good");
        assert_eq!(Some(&config), from_file.config.as_ref());
        assert!(
            config.chains.keys().map(AsRef::<str>::as_ref).eq(["z", "a"]),
            "the order is lost"
        );
        assert!(
            config.storages.keys().map(AsRef::<str>::as_ref).eq(["s2", "s1"]),
            "the order is lost"
        );
        assert_eq!(from_store.written, from_file.written);
        assert!(are_equal(&entries, &to_entries(&from_store.written)));
        let component = r#""component":"/etc/v/links/../b.wasm""#;
        assert!(
            entries
                .iter()
                .any(|(key, text)| key == "link:b" && text.contains(component))
        );
    }

    #[test]
    fn an_empty_configuration_is_not_the_same_as_none() {
        let entries = to_entries(&read("", "c.yml").written);
        assert_eq!(entries.len(), 1);
        assert_eq!(reader().entries(&entries).config, Some(crate::Config::default()));
        assert!(!are_equal(&entries, &ConfigEntries::new()));
    }

    #[test]
    fn an_entry_that_someone_else_wrote_comes_last() {
        let mut entries = to_entries(&read(TEXT, "/c.yml").written);
        entries.insert(
            0,
            ("storage:by_hand".to_owned(), r#"{"module":"storage.file"}"#.to_owned()),
        );
        let config = reader().entries(&entries).config.expect("it is good");
        assert!(
            config
                .storages
                .keys()
                .map(AsRef::<str>::as_ref)
                .eq(["s2", "s1", "by_hand"])
        );
    }

    #[test]
    fn damaged_entries_are_all_named() {
        let entries = vec![
            ("link:a".to_owned(), "{".to_owned()),
            ("chains:b".to_owned(), String::new()),
        ];
        let checked = reader().entries(&entries);
        assert!(checked.config.is_none());
        let paths: Vec<&str> = checked.problems.iter().map(|problem| problem.path.as_str()).collect();
        assert_eq!(paths, ["link:a", "chains:b"]);
    }

    #[test]
    fn the_store_is_checked_like_a_file() {
        let entries = vec![(
            "chains:c".to_owned(),
            r#"{"links":["gone"],"ingress_lists":["i"]}"#.to_owned(),
        )];
        let checked = reader().entries(&entries);
        let errors: Vec<_> = checked.errors().collect();
        assert!(matches!(errors.as_slice(), [error] if error.path == "chains.c.links[0]" && error.line == 0));
    }
}
