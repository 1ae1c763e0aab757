//! The entries that are only ours: link records, and which files were taken.

use std::collections::BTreeSet;

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::origin::{ORIGINS, with_origin};
use crate::{LinkRecord, Written};
use vconduit_base::ConfigEntries;
use vconduit_base::names::Digest;

/// The beginning of the key of a link's record.
const RECORD: &str = "vconduit:link:";
/// The entry with the fingerprint of the file that was taken last.
pub(super) const FILE: &str = "vconduit:file";
/// The entry with the fingerprints of the files that were taken before that one, the earliest
/// first.
pub(super) const EARLIER_FILES: &str = "vconduit:earlier-files";
/// Maximum number of these. The entry is read at every change of the configuration. A host that
/// starts with a file from before a hundred others is not expected.
const MAX_EARLIER_FILES: usize = 100;

/// Entries that can't be read: their keys, each with the reason.
pub type Damaged = Vec<(String, String)>;

/// The records by link name.
///
/// # Errors
/// The keys of the records that can't be read, each with the reason.
pub fn records(entries: &ConfigEntries) -> Result<Vec<(String, LinkRecord)>, Damaged> {
    let (mut records, mut damaged) = (Vec::new(), Vec::new());
    for (key, text) in entries {
        let Some(name) = key.strip_prefix(RECORD) else { continue };
        match serde_json::from_str(text) {
            Ok(record) => records.push((name.to_owned(), record)),
            Err(error) => damaged.push((key.clone(), error.to_string())),
        }
    }
    if damaged.is_empty() { Ok(records) } else { Err(damaged) }
}

/// The record of one link; an empty one where there is none.
///
/// # Errors
/// The record can't be read.
pub fn record(entries: &ConfigEntries, link: &str) -> Result<LinkRecord, String> {
    let found = entries.iter().find(|(key, _)| key.strip_prefix(RECORD) == Some(link));
    found.map_or_else(
        || Ok(LinkRecord::default()),
        |(key, text)| serde_json::from_str(text).map_err(|error| format!("{key}: {error}")),
    )
}

/// Links that run an uploaded component: a configuration may name them without defining them.
#[must_use]
pub fn uploaded_names(entries: &ConfigEntries) -> Vec<String> {
    let records = records(entries).unwrap_or_default();
    let active = records.into_iter().filter(|(_, record)| record.active.is_some());
    active.map(|(name, _)| name).collect()
}

/// All versions of all links, each once.
#[must_use]
pub fn versions(entries: &ConfigEntries) -> BTreeSet<Digest> {
    let records = records(entries).unwrap_or_default();
    let versions = records.into_iter().flat_map(|(_, record)| record.versions);
    versions.map(|version| version.digest).collect()
}

/// Of each link the version that was uploaded last.
#[must_use]
pub fn newest_versions(entries: &ConfigEntries) -> Vec<Digest> {
    let records = records(entries).unwrap_or_default();
    let newest = records.into_iter().filter_map(|(_, mut record)| record.versions.pop());
    newest.map(|version| version.digest).collect()
}

/// The copy with this record of this link; an empty one is taken out.
#[must_use]
pub fn with_record(entries: &ConfigEntries, link: &str, record: &LinkRecord) -> ConfigEntries {
    let mut entries = entries.clone();
    entries.retain(|(key, _)| key.strip_prefix(RECORD) != Some(link));
    if !record.is_empty() {
        let text = serde_json::to_string(record).unwrap_or_default();
        entries.push((format!("{RECORD}{link}"), text));
    }
    entries
}

/// The entries that an operator wrote, without ours.
#[must_use]
pub fn configured(entries: &ConfigEntries) -> ConfigEntries {
    let of_operator = |(key, _): &&(String, String)| !is_own(key);
    entries.iter().filter(of_operator).cloned().collect()
}

/// Returns a new configuration together with our own entries of the present copy.
#[must_use]
pub fn with_own_entries(mut configured: ConfigEntries, present: &ConfigEntries) -> ConfigEntries {
    configured.extend(present.iter().filter(|(key, _)| is_own(key)).cloned());
    configured
}

/// Returns the entries of a file together with the present records and a note of their source.
#[must_use]
pub fn with_file(configured: ConfigEntries, present: &ConfigEntries) -> ConfigEntries {
    let file = fingerprint(&configured);
    let mut earlier = earlier_files(present);
    earlier.extend(taken_from(present));
    earlier.retain(|other| *other != file);
    earlier.drain(..earlier.len().saturating_sub(MAX_EARLIER_FILES));
    let mut entries = with_own_entries(configured, present);
    entries.retain(|(key, _)| !is_about_files(key));
    entries.push((FILE.to_owned(), Value::from(file).to_string()));
    if !earlier.is_empty() {
        entries.push((EARLIER_FILES.to_owned(), Value::from(earlier).to_string()));
    }
    with_origin(entries)
}

/// Relation of a file to the files that a copy was taken from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileAge {
    /// It is the one that was taken last.
    Latest,
    /// It was taken, and another one after it.
    Earlier,
    /// It was never taken, or more files ago than are remembered.
    New,
}

/// Returns the age of a file for this copy. `configured` is what the file contains.
#[must_use]
pub fn age_of_file(configured: &ConfigEntries, present: &ConfigEntries) -> FileAge {
    let file = fingerprint(configured);
    if taken_from(present).as_ref() == Some(&file) {
        FileAge::Latest
    } else if earlier_files(present).contains(&file) {
        FileAge::Earlier
    } else {
        FileAge::New
    }
}

pub(super) fn earlier_files(entries: &ConfigEntries) -> Vec<String> {
    let found = entries.iter().find(|(key, _)| key == EARLIER_FILES);
    found
        .and_then(|(_, text)| serde_json::from_str(text).ok())
        .unwrap_or_default()
}

/// The fingerprint of the file that the copy was taken from last.
#[must_use]
pub fn taken_from(entries: &ConfigEntries) -> Option<String> {
    let (_, text) = entries.iter().find(|(key, _)| key == FILE)?;
    serde_json::from_str(text).ok()
}

/// Hash of entries that does not depend on their order.
#[must_use]
pub fn fingerprint(configured: &ConfigEntries) -> String {
    let mut sorted: Vec<_> = configured.iter().collect();
    sorted.sort();
    let mut hash = Sha256::new();
    for (key, text) in sorted {
        // The lengths keep what belongs to the key apart from what belongs to the text.
        hash.update((key.len() as u64).to_le_bytes());
        hash.update(key);
        hash.update((text.len() as u64).to_le_bytes());
        hash.update(text);
    }
    hex::encode(hash.finalize())
}

/// Returns the configuration as written, overlaid with the records.
pub(super) fn lay_over(mut written: Written, entries: &ConfigEntries) -> Result<Written, Damaged> {
    let records = records(entries)?;
    if records.is_empty() {
        return Ok(written);
    }
    let links = written.entry("links").or_insert_with(|| Value::Object(Written::new()));
    if links.is_null() {
        *links = Value::Object(Written::new());
    }
    // A value that is not a mapping is reported when it is read.
    if let Value::Object(links) = links {
        for (name, record) in records {
            if let Some(link) = record.over(links.get(&name)) {
                links.insert(name, link);
            }
        }
    }
    Ok(written)
}

fn is_own(key: &str) -> bool {
    is_about_files(key) || is_record(key) || key == ORIGINS
}

pub(super) fn is_record(key: &str) -> bool {
    key.starts_with(RECORD)
}

pub(super) fn is_about_files(key: &str) -> bool {
    key == FILE || key == EARLIER_FILES
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{read, reader};
    use crate::{ComponentSource, Reader, VersionRecord, store_copy};

    const TEXT: &str = "chains:\n  a: {links: [mine], ingress_lists: [i]}\nlinks:\n";

    fn active(text: &str) -> LinkRecord {
        let digest = Digest::of(text.as_bytes());
        let version = VersionRecord {
            digest: digest.clone(),
            at_ms: 0,
            by: "anna".to_owned(),
            note: String::new(),
            size_bytes: 0,
            grants: serde_json::from_str(r#"{"http":["a.com"]}"#).ok(),
            held: None,
            signed_by: None,
        };
        let mut record = LinkRecord::default();
        record.add(version).unwrap();
        record.activate(&digest).unwrap();
        record
    }

    fn file_entries(text: &str, uploaded: &[String]) -> ConfigEntries {
        let reader = Reader {
            uploaded: uploaded.to_vec(),
            ..reader()
        };
        let checked = reader.text(text, "/c.yml");
        assert!(checked.config.is_some(), "{:?}", checked.problems);
        store_copy::to_entries(&checked.written)
    }

    #[test]
    fn a_link_that_was_only_uploaded_runs_in_a_chain_that_names_it() {
        let present = with_record(&ConfigEntries::new(), "mine", &active("x"));
        assert!(read(TEXT, "/c.yml").config.is_none(), "the link is not in the file");
        let entries = with_own_entries(file_entries(TEXT, &uploaded_names(&present)), &present);
        let config = reader().entries(&entries).config.expect("the record defines it");
        let link = config.links.values().next().unwrap();
        assert_eq!(link.component, ComponentSource::Uploaded(Digest::of(b"x")));
        assert_eq!(
            link.grants.as_ref().map_or(0, |grants| grants.http.len()),
            1,
            "the version's grants are missing"
        );
    }

    #[test]
    fn the_version_uploaded_last_is_known_whether_it_is_active_or_not() {
        let mut newer = active("old");
        let mut version = newer.versions[0].clone();
        version.digest = Digest::of(b"new");
        newer.add(version).unwrap();
        let entries = with_record(&with_record(&ConfigEntries::new(), "a", &newer), "b", &active("x"));
        assert_eq!(newest_versions(&entries), [Digest::of(b"new"), Digest::of(b"x")]);
    }

    #[test]
    fn records_outlive_a_new_configuration_and_an_empty_one_leaves_no_entry() {
        let present = with_record(&ConfigEntries::new(), "mine", &active("x"));
        let changed = with_file(store_copy::to_entries(&read("chains:\n", "/c.yml").written), &present);
        assert_eq!(records(&changed).unwrap().len(), 1);
        assert_eq!(record(&changed, "mine"), Ok(active("x")));
        let without = with_record(&changed, "mine", &LinkRecord::default());
        assert!(records(&without).unwrap().is_empty());
        assert_eq!(
            configured(&without),
            configured(&changed),
            "the operator's entries were touched"
        );
    }

    #[test]
    fn a_file_is_known_again_and_told_from_another() {
        let entries = store_copy::to_entries(&read("chains:\n", "/c.yml").written);
        let taken = with_file(entries.clone(), &ConfigEntries::new());
        assert_eq!(taken_from(&taken), Some(fingerprint(&entries)));
        let other = store_copy::to_entries(&read("storages:\n  s: {module: storage.file}\n", "/c.yml").written);
        assert_ne!(fingerprint(&other), fingerprint(&entries));
    }

    #[test]
    fn files_that_were_taken_are_remembered_up_to_a_bound_and_the_last_is_known_as_such() {
        let file = |n: usize| file_entries(&format!("chains:\n  c{n}: {{links: [], ingress_lists: [i]}}\n"), &[]);
        let mut entries = with_record(&ConfigEntries::new(), "mine", &active("x"));
        for n in 0..=MAX_EARLIER_FILES {
            entries = with_file(file(n), &entries);
        }
        assert_eq!(age_of_file(&file(MAX_EARLIER_FILES), &entries), FileAge::Latest);
        assert_eq!(age_of_file(&file(0), &entries), FileAge::Earlier);
        entries = with_file(file(1), &entries);
        assert_eq!(
            age_of_file(&file(1), &entries),
            FileAge::Latest,
            "an earlier one came again"
        );
        assert_eq!(
            age_of_file(&file(0), &entries),
            FileAge::Earlier,
            "one file is remembered twice"
        );
        entries = with_file(file(1000), &entries);
        assert_eq!(age_of_file(&file(0), &entries), FileAge::New, "the memory has no bound");
        assert_eq!(earlier_files(&entries).len(), MAX_EARLIER_FILES);
        assert_eq!(records(&entries).unwrap().len(), 1);
        assert_eq!(
            configured(&entries),
            file(1000),
            "the memory is part of the configuration"
        );
    }

    #[test]
    fn a_damaged_record_is_named() {
        let entries = vec![("vconduit:link:mine".to_owned(), "{".to_owned())];
        let checked = reader().entries(&entries);
        assert!(checked.config.is_none());
        assert_eq!(checked.problems[0].path, "vconduit:link:mine");
    }
}
