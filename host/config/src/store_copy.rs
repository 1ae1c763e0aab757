//! The configuration in the store: one entry for each chain, link and storage, under the names that
//! the Conserver's documents promise, and the record of each link that was uploaded or changed
//! through the admin API.
//!
//! Guarantee: a copy that is written and read back means the same on every host, in the same order,
//! after the same checks. A new configuration does not change the records.

mod origin;
mod own;

use serde_json::{Map, Value, json};

use super::problem::Problems;
use super::yaml::Position;
use super::{Checked, Reader, Written};
use vconduit_base::ConfigEntries;

pub use origin::mended;
pub use own::{
    Damaged, FileAge, age_of_file, configured, fingerprint, newest_versions, record, records, taken_from,
    uploaded_names, versions, with_file, with_own_entries, with_record,
};

/// Sections of which every member has an entry, with the beginning of its key.
const SECTIONS: [(&str, &str); 3] = [("chains", "chains:"), ("links", "link:"), ("storages", "storage:")];
/// The entry of the keys of partners.
const INGRESS_AUTH: &str = "ingress_auth";
/// The entry that holds the order of the others and the sections that nothing reads.
const REST: &str = "vconduit:sections";
/// Name of the store's copy in messages.
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

/// Returns the configuration as written, from its entries.
///
/// # Errors
/// Keys of the entries that are not JSON, each with the reason.
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

/// The members of a section in their order. A member that the order does not have was written by
/// another program: it comes last.
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
        problems.error(Position::default(), &key, message, "load the configuration file again");
    }
    Checked {
        source: SOURCE.to_owned(),
        problems: problems.into_sorted(),
        ..Checked::default()
    }
}

/// True if two copies have the same entries, in any order.
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
mod tests;
