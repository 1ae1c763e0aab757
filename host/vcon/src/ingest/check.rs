//! Applies the rules to a document, and collects the faults.
//!
//! Guarantee: the check continues after a fault, in the order of the declared fields, so that a
//! sender sees all faults at once.

use super::faults::{Faults, PathStep};
use super::fields::{self, DIALOG, PARTY, Rule, Verdict};
use crate::view::{Kind, View};

/// The declared top-level fields with their rules, in the order in which they are stored.
pub(super) const TOP: [(&str, Rule); 11] = [
    ("vcon", fields::text),
    ("uuid", fields::uuid),
    ("created_at", fields::created_at),
    ("subject", fields::text_or_null),
    ("redacted", fields::object),
    ("appended", fields::object_or_null),
    ("group", fields::list),
    ("parties", fields::list),
    ("dialog", fields::list),
    ("analysis", fields::list),
    ("attachments", fields::list),
];

/// Checks a document.
pub(super) fn document(view: View<'_>, faults: &mut Faults) {
    for (name, rule) in TOP {
        let Some(value) = view.member(name) else {
            if matches!(name, "uuid" | "created_at") {
                faults.add("missing", &[PathStep::Name(name)], "Field required", Some(view));
            }
            continue;
        };
        if !note(faults, rule(value), &[PathStep::Name(name)], value) || value.kind() != Kind::Array {
            continue;
        }
        entries(name, value, faults);
    }
    if faults.is_empty() {
        cross_check(view, faults);
    }
}

/// Adds the fault if a value was refused. Returns true if the value passed.
fn note(faults: &mut Faults, verdict: Verdict, path: &[PathStep], value: View<'_>) -> bool {
    let Err(refusal) = verdict else { return true };
    faults.add(refusal.kind, path, refusal.message, Some(value));
    false
}

fn entries(list: &'static str, value: View<'_>, faults: &mut Faults) {
    let (rule, declared): (Rule, &[(&'static str, Rule)]) = match list {
        "parties" => (fields::entry, &PARTY),
        "dialog" => (fields::entry, &DIALOG),
        _ => (fields::object, &[]),
    };
    for (at, entry) in value.elements().into_iter().enumerate() {
        let path = [PathStep::Name(list), PathStep::Index(at)];
        if !note(faults, rule(entry), &path, entry) {
            continue;
        }
        for (name, rule) in declared {
            let Some(value) = entry.member(name) else { continue };
            let [list, at] = path;
            let path = [list, at, PathStep::Name(name)];
            if *name == "parties" && value.kind() == Kind::Array {
                indexes(value, path, faults);
            } else {
                note(faults, rule(value), &path, value);
            }
        }
    }
}

fn indexes(value: View<'_>, path: [PathStep; 3], faults: &mut Faults) {
    let [list, at, name] = path;
    for (position, element) in value.elements().into_iter().enumerate() {
        let verdict = fields::index(element).map(|_| None);
        note(faults, verdict, &[list, at, name, PathStep::Index(position)], element);
    }
}

/// Checks that every index in `parties` of a dialog is the index of a party.
fn cross_check(view: View<'_>, faults: &mut Faults) {
    let parties = view.member("parties").and_then(View::length).unwrap_or(0);
    let dialogs = view.member("dialog").map(View::elements).unwrap_or_default();
    for (at, dialog) in dialogs.into_iter().enumerate() {
        let indexes = dialog.member("parties").map(View::elements).unwrap_or_default();
        for (position, element) in indexes.into_iter().enumerate() {
            let Ok(index) = fields::index(element) else { continue };
            if index.parse::<usize>().is_ok_and(|index| index < parties) {
                continue;
            }
            let path = [
                PathStep::Name("dialog"),
                PathStep::Index(at),
                PathStep::Name("parties"),
                PathStep::Index(position),
            ];
            let message = format!(
                "Value error, dialog[{at}].parties: index {index} is not that of a party (there are {parties})"
            );
            faults.add_of_body("value_error", &path, message, Some(element));
        }
    }
}
