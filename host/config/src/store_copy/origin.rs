//! Origins of a copy: which store lives it comes from.
//!
//! Guarantee: a copy that was begun in an empty store is told from every copy before the loss. A
//! copy that was mended is a successor of both, so hosts that ran either one agree on it.

use super::own::{
    EARLIER_FILES, FILE, FileAge, age_of_file, configured, earlier_files, is_about_files, is_record, taken_from,
    with_own_entries,
};
use vconduit_base::{ConfigEntries, ConfigRevision};

/// The entry with the origins: random texts, one for each beginning in an empty store.
pub(super) const ORIGINS: &str = "vconduit:origins";
/// Maximum number of origins. Older losses are forgotten: no host runs a copy of that time.
const MAX_ORIGINS: usize = 20;

/// Adds an origin to a copy that has none.
pub(super) fn with_origin(mut entries: ConfigEntries) -> ConfigEntries {
    if origins(&entries).is_empty() {
        let origin = ConfigRevision::random().to_string();
        set(&mut entries, ORIGINS, &[origin]);
    }
    entries
}

/// Compares the store's copy with the copy that a host had before. Returns `None` if the first is a
/// successor of the second. Otherwise the store was lost, and a starting host has begun anew with
/// its file. Then the copy to be saved is returned: that of the host if it knew the file, and else
/// the new one with the link records that it lacks.
#[must_use]
pub fn mended(new: &ConfigEntries, before: &ConfigEntries) -> Option<ConfigEntries> {
    let (new_origins, old_origins) = (origins(new), origins(before));
    let is_successor = old_origins.iter().all(|origin| new_origins.contains(origin));
    if is_successor || new_origins.is_empty() {
        return None;
    }
    let own = configured(new);
    let mut mended = if age_of_file(&own, before) == FileAge::New {
        let mut entries = with_own_entries(own, before);
        entries.retain(|(key, _)| !is_record(key));
        let is_new = |(key, _): &&(String, String)| !new.iter().any(|(other, _)| other == key);
        let lost = before.iter().filter(|(key, _)| is_record(key)).filter(is_new);
        let there = new.iter().filter(|(key, _)| is_record(key));
        entries.extend(there.chain(lost).cloned());
        remember_files(entries, new, before)
    } else {
        before.clone()
    };
    let mut all = old_origins;
    all.extend(new_origins);
    all.drain(..all.len().saturating_sub(MAX_ORIGINS));
    set(&mut mended, ORIGINS, &all);
    Some(mended)
}

/// The file of the new copy is the latest, those of the copy before it are earlier.
fn remember_files(mut entries: ConfigEntries, new: &ConfigEntries, before: &ConfigEntries) -> ConfigEntries {
    let mut earlier = earlier_files(before);
    earlier.extend(taken_from(before));
    entries.retain(|(key, _)| !is_about_files(key));
    entries.extend(new.iter().filter(|(key, _)| key == FILE).cloned());
    set(&mut entries, EARLIER_FILES, &earlier);
    entries
}

fn origins(entries: &ConfigEntries) -> Vec<String> {
    let found = entries.iter().find(|(key, _)| key == ORIGINS);
    found
        .and_then(|(_, text)| serde_json::from_str(text).ok())
        .unwrap_or_default()
}

fn set(entries: &mut ConfigEntries, key: &str, texts: &[String]) {
    entries.retain(|(other, _)| other != key);
    entries.push((key.to_owned(), serde_json::Value::from(texts).to_string()));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::LinkRecord;
    use crate::store_copy::{record, to_entries, with_file, with_record};
    use crate::testing::read;

    fn file(chain: &str) -> ConfigEntries {
        let text = format!("chains:\n  {chain}: {{links: [], ingress_lists: [i]}}\n");
        to_entries(&read(&text, "/c.yml").written)
    }

    fn with_options(entries: &ConfigEntries, link: &str) -> ConfigEntries {
        let record = LinkRecord {
            options: Some(serde_json::Map::new()),
            ..LinkRecord::default()
        };
        with_record(entries, link, &record)
    }

    /// Two files and a record.
    fn before() -> ConfigEntries {
        let first = with_file(file("v1"), &ConfigEntries::new());
        with_options(&with_file(file("v2"), &first), "mine")
    }

    #[test]
    fn a_successor_is_left_as_it_is() {
        let before = before();
        for new in [
            before.clone(),
            with_file(file("v3"), &before),
            with_record(&before, "mine", &LinkRecord::default()),
            with_own_entries(file("by_api"), &before),
            // Another program, which knows no origins.
            file("other"),
        ] {
            assert_eq!(mended(&new, &before), None);
        }
        let of_older_version = file("v1");
        assert_eq!(mended(&before, &of_older_version), None);
    }

    #[test]
    fn a_beginning_with_a_file_that_was_taken_gives_way_to_the_copy_before() {
        let before = before();
        for known in ["v1", "v2"] {
            let new = with_file(file(known), &ConfigEntries::new());
            let mended = mended(&new, &before).expect("it was begun anew");
            assert_eq!(configured(&mended), file("v2"));
            assert!(!record(&mended, "mine").unwrap().is_empty(), "the record is lost");
        }
    }

    #[test]
    fn a_beginning_with_a_new_file_gets_the_records_and_the_memory_of_files() {
        let before = before();
        let new = with_options(&with_file(file("v3"), &ConfigEntries::new()), "newer");
        let mended = mended(&new, &before).expect("it was begun anew");
        assert_eq!(configured(&mended), file("v3"));
        for link in ["mine", "newer"] {
            assert!(
                !record(&mended, link).unwrap().is_empty(),
                "the record of {link} is lost"
            );
        }
        let age = |chain: &str| age_of_file(&file(chain), &mended);
        assert_eq!(
            (age("v1"), age("v2"), age("v3")),
            (FileAge::Earlier, FileAge::Earlier, FileAge::Latest)
        );
    }

    #[test]
    fn hosts_of_both_lives_agree_on_the_mended_copy() {
        let before = before();
        let new = with_file(file("v3"), &ConfigEntries::new());
        let agreed = mended(&new, &before).expect("it was begun anew");
        assert_eq!(mended(&agreed, &before), None, "the host from before does not follow");
        assert_eq!(mended(&agreed, &new), None, "the host that began anew does not follow");
    }
}
