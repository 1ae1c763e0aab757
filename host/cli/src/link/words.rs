//! Texts for a terminal: numbers, needs, tables, and texts from elsewhere.

use std::borrow::Cow;
use std::time::Duration;

use comfy_table::{CellAlignment, Table, presets};
use serde_json::Value;

use vconduit_base::text;
use vconduit_policy::capabilities::{self, Capability};
use vconduit_sandbox::Compiled;

/// Longest foreign text.
const MAX_FOREIGN_BYTES: usize = 1000;

/// Escapes and shortens a text from a component, a server or a file.
pub(super) fn foreign(text: &str) -> Cow<'_, str> {
    text::clean(text, MAX_FOREIGN_BYTES)
}

/// A size, for example `1.50 MiB`.
pub(super) fn size(bytes: u64) -> String {
    indicatif::HumanBytes(bytes).to_string()
}

/// A duration, for example `1.25 ms` or `2.0 s`.
pub(super) fn time(duration: Duration) -> String {
    let ms = duration.as_secs_f64() * 1000.0;
    match ms {
        ms if ms < 10.0 => format!("{ms:.2} ms"),
        ms if ms < 1000.0 => format!("{ms:.0} ms"),
        ms => format!("{:.1} s", ms / 1000.0),
    }
}

/// The first 12 characters of a digest. They are enough for people to tell versions apart, and
/// commands accept them.
pub(super) fn short(digest: &str) -> Cow<'_, str> {
    foreign(digest.get(..12).unwrap_or(digest))
}

/// A number with its noun, for example `1 case` or `2 cases`.
pub(super) fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

/// A table without lines. The columns with an index in `right` are aligned to the right.
pub(super) fn table(header: &[&str], rows: Vec<Vec<String>>, right: &[usize]) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(header.iter().copied());
    for row in rows {
        table.add_row(row);
    }
    for column in right {
        if let Some(column) = table.column_mut(*column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
        .to_string()
        .lines()
        .map(str::trim_end)
        .collect::<Vec<_>>()
        .join("\n")
}

/// The grants that a component needs, and those that it imports an interface for without needing
/// them.
pub(super) fn needs(compiled: &Compiled) -> String {
    let needs = &compiled.description().needs;
    let optional: Vec<&str> = grants_used(&compiled.imports)
        .into_iter()
        .filter(|key| !needs.contains_key(*key))
        .collect();
    let needed = match needs.is_empty() {
        true => "nothing".to_owned(),
        false => foreign(&Value::Object(needs.clone()).to_string()).into_owned(),
    };
    match optional.is_empty() {
        true => needed,
        false => format!("{needed}; can also use, if granted: {}", optional.join(", ")),
    }
}

/// Keys of the grants for the imported interfaces.
pub(super) fn grants_used(imports: &[String]) -> Vec<&'static str> {
    capabilities::of_imports(imports)
        .into_iter()
        .map(Capability::key)
        .collect()
}
