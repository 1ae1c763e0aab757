//! One measured figure.

use comfy_table::{Table, presets};
use serde::Serialize;

/// One measured figure, with the raw limit that it is compared with.
#[derive(Debug, Serialize)]
pub struct Figure {
    /// Name of the figure.
    pub what: String,
    /// Value, in the unit of `unit`.
    pub value: f64,
    /// Unit of the value and of the limit.
    pub unit: &'static str,
    /// Target, in words.
    pub reach: &'static str,
    /// Raw limit in the same unit, if there is one.
    pub limit: Option<f64>,
    /// Description of the limit.
    pub limit_is: &'static str,
}

/// Returns all figures as a table.
pub fn table(figures: &[Figure]) -> Table {
    let mut table = Table::new();
    table
        .load_style(presets::ASCII_MARKDOWN)
        .set_header(["what", "measured", "reach", "raw limit, same run", "share"]);
    for figure in figures {
        let limit = figure
            .limit
            .map(|limit| format!("{} ({})", number(limit), figure.limit_is))
            .unwrap_or_default();
        let share = figure
            .limit
            .map(|limit| format!("{:.2}", figure.value / limit))
            .unwrap_or_default();
        table.add_row([
            figure.what.clone(),
            format!("{} {}", number(figure.value), figure.unit),
            figure.reach.into(),
            limit,
            share,
        ]);
    }
    table
}

fn number(value: f64) -> String {
    if value >= 100.0 {
        format!("{value:.0}")
    } else {
        format!("{value:.2}")
    }
}
