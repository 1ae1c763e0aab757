//! Checks that the names in chains are defined, and conflicts between chains.
//!
//! Guarantee: without an error from here, every link and storage of an enabled chain is defined.

use std::collections::HashMap;

use super::Problems;
use super::chains::{Draft, Spot};
use super::fields::Fields;
use vconduit_base::suggest::suggestion;

pub(super) fn check(chains: &[Draft], sections: Fields<'_>, uploaded: &[String], problems: &mut Problems) {
    // A link that is defined with errors counts as defined: it is already reported.
    let mut links = defined(sections, "links");
    links.extend(uploaded.iter().map(String::as_str));
    let storages = defined(sections, "storages");
    for draft in chains {
        let link_names = draft.link_names().zip(&draft.link_spots);
        names(draft, "link", link_names, &links, problems);
        let storage_names = draft.storage_names().zip(&draft.storage_spots);
        names(draft, "storage", storage_names, &storages, problems);
    }
    ingress(chains, problems);
}

fn defined<'a>(sections: Fields<'a>, section: &str) -> Vec<&'a str> {
    let Some(node) = sections.get(section) else {
        return Vec::new();
    };
    let crate::yaml::Kind::Map(entries) = &node.kind else {
        return Vec::new();
    };
    entries.iter().map(|entry| entry.key.as_str()).collect()
}

fn names<'a>(
    draft: &Draft,
    kind: &str,
    names: impl Iterator<Item = (&'a str, &'a Spot)>,
    defined: &[&str],
    problems: &mut Problems,
) {
    let known: std::collections::HashSet<&str> = defined.iter().copied().collect();
    for (name, (place, path)) in names.filter(|(name, _)| !known.contains(name)) {
        if problems.is_full(draft.chain.enabled) {
            return;
        }
        let chain = &draft.name;
        let message = format!("the chain `{chain}` names the {kind} `{name}`, which is not defined");
        let hint = suggestion(name, defined.iter().copied(), &format!("{kind}s defined"));
        problems.error_if(draft.chain.enabled, *place, path, message, hint);
    }
}

fn ingress(chains: &[Draft], problems: &mut Problems) {
    let mut owners: HashMap<&str, &Draft> = HashMap::new();
    for draft in chains.iter().filter(|draft| draft.chain.enabled) {
        if draft.chain.ingress_lists.is_empty() {
            let message = format!(
                "the chain `{}` has no ingress list, so nothing ever reaches it",
                draft.name
            );
            problems.warn(
                draft.place,
                &format!("chains.{}", draft.name),
                message,
                "add `ingress_lists: [name]`",
            );
        }
        for (list, (place, path)) in draft.chain.ingress_lists.iter().zip(&draft.ingress_spots) {
            if let Some(earlier) = owners
                .insert(list.as_ref(), draft)
                .filter(|earlier| earlier.name != draft.name)
            {
                let message = format!(
                    "`{list}` is an ingress list of `{}` too; this one gets all of it",
                    earlier.name
                );
                problems.warn(
                    *place,
                    path,
                    message,
                    "give each chain its own list; the last chain of the file wins",
                );
            }
            if draft.chain.egress_lists.contains(list) {
                let message = format!("`{list}` is also an egress list of this chain: its vCons go round for ever");
                problems.warn(*place, path, message, "name another egress list");
            }
        }
    }
}
