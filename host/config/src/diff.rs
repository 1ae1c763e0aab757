//! The difference between two configurations, for a line in the log.
//!
//! Guarantee: it has names only. No option value is shown.

use std::fmt;
use std::hash::Hash;

use indexmap::IndexMap;

use super::Config;

/// The names that were added, changed or removed in each section.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Diff {
    /// Changes of chains, by name.
    pub chains: Changes,
    /// Changes of links, by name.
    pub links: Changes,
    /// Changes of storages, by name.
    pub storages: Changes,
    /// Lists with keys of partners.
    pub ingress_auth: Changes,
    /// True if the keys for signatures changed.
    pub signing: bool,
}

/// The names that were added, changed or removed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    /// New ones.
    pub added: Vec<String>,
    /// Those that are not what they were.
    pub changed: Vec<String>,
    /// Names that only the old configuration has.
    pub removed: Vec<String>,
    /// True if the names that both have are in another order.
    pub reordered: bool,
}

/// Returns the changes from `old` to `new`.
#[must_use]
pub fn diff(old: &Config, new: &Config) -> Diff {
    Diff::between(old, new)
}

impl Diff {
    /// Returns the changes from `old` to `new`.
    #[must_use]
    pub fn between(old: &Config, new: &Config) -> Self {
        Self {
            chains: Changes::between(&old.chains, &new.chains),
            links: Changes::between(&old.links, &new.links),
            storages: Changes::between(&old.storages, &new.storages),
            ingress_auth: Changes::between(&old.ingress_auth, &new.ingress_auth),
            signing: old.signing != new.signing,
        }
    }

    /// True if nothing changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl Changes {
    fn between<K: Hash + Eq + fmt::Display, V: PartialEq>(old: &IndexMap<K, V>, new: &IndexMap<K, V>) -> Self {
        let mut changes = Self::default();
        for (name, value) in new {
            match old.get(name) {
                None => changes.added.push(name.to_string()),
                Some(before) if before != value => changes.changed.push(name.to_string()),
                Some(_) => {}
            }
        }
        changes.removed = old
            .keys()
            .filter(|name| !new.contains_key(*name))
            .map(ToString::to_string)
            .collect();
        let stayed_before = old.keys().filter(|name| new.contains_key(*name));
        changes.reordered = !stayed_before.eq(new.keys().filter(|name| old.contains_key(*name)));
        changes
    }
}

/// More names than this are counted.
const MAX_NAMES: usize = 20;

impl fmt::Display for Diff {
    /// `chains: added a; changed b, c | links: removed d`, or `nothing changed`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sections = [
            ("chains", &self.chains),
            ("links", &self.links),
            ("storages", &self.storages),
            ("ingress_auth", &self.ingress_auth),
        ];
        let mut shown: Vec<String> = sections
            .into_iter()
            .filter(|(_, changes)| **changes != Changes::default())
            .map(|(section, changes)| format!("{section}: {changes}"))
            .collect();
        if self.signing {
            shown.push("signing changed".to_owned());
        }
        f.write_str(if shown.is_empty() { "nothing changed" } else { "" })?;
        f.write_str(&shown.join(" | "))
    }
}

impl fmt::Display for Changes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let groups = [
            ("added", &self.added),
            ("changed", &self.changed),
            ("removed", &self.removed),
        ];
        let mut shown: Vec<String> = groups
            .into_iter()
            .filter(|(_, names)| !names.is_empty())
            .map(|(what, names)| format!("{what} {}", listed(names)))
            .collect();
        if self.reordered {
            shown.push("order changed".to_owned());
        }
        f.write_str(&shown.join("; "))
    }
}

fn listed(names: &[String]) -> String {
    let shown = names.iter().take(MAX_NAMES).cloned().collect::<Vec<_>>().join(", ");
    match names.len().checked_sub(MAX_NAMES) {
        Some(more) if more > 0 => format!("{shown} and {more} more"),
        _ => shown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::read;

    fn config(text: &str) -> Config {
        read(text, "c.yml").config.unwrap()
    }

    #[test]
    fn a_change_is_told_by_name() {
        let old = config(
            "chains: {a: {links: [x], ingress_lists: [i]}, b: {links: []}}\nlinks: {x: {module: links.tag}, y: {module: links.tag}}\nstorages: {s: {module: storage.file}, t: {module: storage.file}}\n",
        );
        let new = config(
            "chains: {a: {links: [x], ingress_lists: [j]}, c: {links: []}}\nlinks: {x: {module: links.tag}}\nstorages: {t: {module: storage.file}, s: {module: storage.file}}\ningress_auth: {i: secret}\n",
        );
        assert_eq!(
            Diff::between(&old, &new).to_string(),
            "chains: added c; changed a; removed b | links: removed y | storages: order changed | ingress_auth: added i"
        );
        assert!(Diff::between(&old, &old).is_empty());
        assert_eq!(Diff::between(&new, &new).to_string(), "nothing changed");
    }

    #[test]
    fn whose_signatures_count_is_a_change_too() {
        let signing =
            config("signing: {require: false, keys: [RWQvKE5RjEYqp27ydU81Sz0VhrLAJMPrjal3utZHmHztjZpBtgUcDWHS]}\n");
        assert_eq!(
            Diff::between(&Config::default(), &signing).to_string(),
            "signing changed"
        );
    }

    #[test]
    fn many_names_are_counted() {
        let links: String = (0..25).map(|n| format!("  l{n}: {{module: links.tag}}\n")).collect();
        let shown = Diff::between(&Config::default(), &config(&format!("links:\n{links}"))).to_string();
        assert!(shown.ends_with("and 5 more"), "{shown}");
    }
}
