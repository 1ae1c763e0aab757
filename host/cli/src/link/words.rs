//! Numbers and foreign texts in words fit for a terminal.

use std::borrow::Cow;
use std::time::Duration;

use comfy_table::{CellAlignment, Table, presets};

use vconduit_base::text;

/// The longest foreign text shown.
const LONGEST: usize = 1000;

/// A text that came from a component, a server or a file.
pub(super) fn foreign(text: &str) -> Cow<'_, str> {
    text::clean(text, LONGEST)
}

/// `1.5 MiB`.
pub(super) fn size(bytes: u64) -> String {
    indicatif::HumanBytes(bytes).to_string()
}

/// `1.25 ms`, `2 s`.
pub(super) fn time(duration: Duration) -> String {
    let ms = duration.as_secs_f64() * 1000.0;
    match ms {
        ms if ms < 10.0 => format!("{ms:.2} ms"),
        ms if ms < 1000.0 => format!("{ms:.0} ms"),
        ms => format!("{:.1} s", ms / 1000.0),
    }
}

/// The beginning of a digest: enough to tell versions apart, and what commands take.
pub(super) fn short(digest: &str) -> Cow<'_, str> {
    foreign(digest.get(..12).unwrap_or(digest))
}

/// `1 case`, `2 cases`.
pub(super) fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

/// A table without lines; columns from the second on stand right where `right` says so.
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
