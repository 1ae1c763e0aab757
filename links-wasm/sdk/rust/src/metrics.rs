//! Counters and histograms of the host's `/metrics`. The host adds the link.

use crate::bindings::link::vcon::link::metrics as host;

/// Adds one to a counter.
pub fn count(name: &str) {
    host::count(name, 1, &[]);
}

/// Adds to a counter, with attributes.
pub fn count_by(name: &str, value: u64, attributes: &[(&str, &str)]) {
    host::count(name, value, &owned(attributes));
}

/// Records a value in a histogram.
pub fn observe(name: &str, value: f64, attributes: &[(&str, &str)]) {
    host::observe(name, value, &owned(attributes));
}

fn owned(attributes: &[(&str, &str)]) -> Vec<(String, String)> {
    attributes
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}
