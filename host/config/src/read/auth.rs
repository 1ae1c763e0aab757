//! Reads the section `ingress_auth`.
//!
//! Guarantee: a list with a wrong value stays in the section without keys, so that requests get the
//! responses of the Conserver.

use indexmap::IndexMap;

use super::Problems;
use super::fields::{self, Fields, join};
use crate::IngressAuth;
use crate::yaml::{Kind, Node};
use vconduit_base::names::ListName;

const SECTION: &str = "ingress_auth";

pub(super) fn read(sections: Fields<'_>, problems: &mut Problems) -> IndexMap<ListName, IngressAuth> {
    let mut lists = IndexMap::new();
    let Some(node) = sections.get(SECTION) else {
        return lists;
    };
    let Some(section) = Fields::of(node, SECTION, "`ingress_auth`", problems) else {
        return lists;
    };
    for entry in section.entries() {
        let path = join(SECTION, &entry.key);
        let Some(list) = fields::name::<ListName>(&entry.key, entry.key_place, &path, problems) else {
            continue;
        };
        let place_of_null = entry.value.is_null().then_some(entry.key_place);
        let node = Node {
            place: place_of_null.unwrap_or(entry.value.place),
            ..entry.value.clone()
        };
        lists.insert(list, keys(&node, &path, problems));
    }
    lists
}

fn keys(node: &Node, path: &str, problems: &mut Problems) -> IngressAuth {
    match &node.kind {
        Kind::Text(key) => IngressAuth::Keys(vec![key.clone()]),
        Kind::List(values) => {
            let mut keys = Vec::new();
            for (index, value) in values.iter().enumerate() {
                match value.as_text() {
                    Some(key) => keys.push(key.to_owned()),
                    None => not_a_key(value, &format!("{path}[{index}]"), problems),
                }
            }
            IngressAuth::Keys(keys)
        }
        _ => {
            not_a_key(node, path, problems);
            IngressAuth::Invalid
        }
    }
}

fn not_a_key(node: &Node, path: &str, problems: &mut Problems) {
    let message = format!("{} can't be a key; nobody gets in with it", node.kind_name());
    problems.warn(
        node.place,
        path,
        message,
        "put the key in quotes, or list several texts",
    );
}
