//! Metrics that links report (`vcon:link/metrics`).
//!
//! Guarantee: the number of series is bounded, however many names and values a link reports. Values
//! over the bound are dropped, which is logged once.

use std::collections::{HashMap, HashSet};
use std::sync::Mutex;

use metrics::{Label, counter, histogram};

use vcon_document::VconId;
use vconduit_base::names::LinkName;
use vconduit_sandbox::call::GuestMetrics;

/// Names a link may use, as `wit/` promises.
const MAX_NAMES: usize = 64;
/// Attributes of one metric, as `wit/` promises.
const MAX_ATTRIBUTES: usize = 8;
/// Series of one link: enough for 64 names with a handful of values each, small enough to scrape.
const MAX_SERIES: usize = 512;
/// The longest name and attribute value.
const MAX_TEXT: usize = 100;

#[derive(Default)]
struct Known {
    names: HashSet<String>,
    series: HashSet<u64>,
    warned: bool,
}

/// Guest metrics into the host's recorder.
#[derive(Default)]
pub struct GuestRecorder {
    known: Mutex<HashMap<LinkName, Known>>,
}

impl GuestRecorder {
    /// The name and labels under which this may be recorded; nothing if it is over a bound.
    fn admit(
        &self,
        link: &LinkName,
        vcon: &VconId,
        name: &str,
        suffix: &str,
        attributes: &[(String, String)],
    ) -> Option<(String, Vec<Label>)> {
        let name = metric_name(name, suffix)?;
        let labels = labels(link, vcon, attributes);
        let mut known = self.known.lock().ok()?;
        let known = known.entry(link.clone()).or_default();
        if known.admits(&name, &labels) {
            return Some((name, labels));
        }
        if !known.warned {
            known.warned = true;
            tracing::warn!(link = %link, metric = name, "the link reports too many different metrics; further new ones are dropped");
        }
        None
    }
}

impl Known {
    fn admits(&mut self, name: &str, labels: &[Label]) -> bool {
        if !self.names.contains(name) {
            if self.names.len() >= MAX_NAMES {
                return false;
            }
            self.names.insert(name.to_owned());
        }
        let series = fingerprint(name, labels);
        if self.series.contains(&series) {
            return true;
        }
        self.series.len() < MAX_SERIES && self.series.insert(series)
    }
}

fn fingerprint(name: &str, labels: &[Label]) -> u64 {
    use std::hash::{DefaultHasher, Hash as _, Hasher as _};
    let mut hasher = DefaultHasher::new();
    name.hash(&mut hasher);
    labels.hash(&mut hasher);
    hasher.finish()
}

fn metric_name(name: &str, suffix: &str) -> Option<String> {
    let fits = !name.is_empty()
        && name.len() <= MAX_TEXT
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '.');
    fits.then(|| format!("{}{suffix}", name.replace('.', "_")))
}

fn labels(link: &LinkName, vcon: &VconId, attributes: &[(String, String)]) -> Vec<Label> {
    let mut labels = vec![Label::new("link_name", link.to_string())];
    let own = attributes
        .iter()
        .take(MAX_ATTRIBUTES)
        .filter(|(_, value)| !value.contains(vcon.as_str()) && value.len() <= MAX_TEXT);
    for (key, value) in own {
        let key: String = key
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
            .take(MAX_TEXT)
            .collect();
        let starts_well = key.starts_with(|c: char| c.is_ascii_alphabetic());
        if starts_well && labels.iter().all(|label| label.key() != key) {
            labels.push(Label::new(key, value.clone()));
        }
    }
    labels
}

impl GuestMetrics for GuestRecorder {
    fn count(&self, link: &LinkName, vcon: &VconId, name: &str, value: u64, attributes: &[(String, String)]) {
        if let Some((name, labels)) = self.admit(link, vcon, name, "_total", attributes) {
            counter!(name, labels).increment(value);
        }
    }

    fn observe(&self, link: &LinkName, vcon: &VconId, name: &str, value: f64, attributes: &[(String, String)]) {
        if let Some((name, labels)) = self.admit(link, vcon, name, "", attributes) {
            histogram!(name, labels).record(value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> (LinkName, VconId) {
        (
            LinkName::new("tag").unwrap(),
            VconId::new("0190c1f2-7a10-8c3e-9d00-000000000001").unwrap(),
        )
    }

    #[test]
    fn a_link_that_invents_names_without_end_is_bounded() {
        let (link, vcon) = names();
        let recorder = GuestRecorder::default();
        let admitted = (0..1000)
            .filter(|i| recorder.admit(&link, &vcon, &format!("m{i}"), "", &[]).is_some())
            .count();
        assert_eq!(admitted, MAX_NAMES);
    }

    #[test]
    fn a_link_that_invents_values_without_end_is_bounded() {
        let (link, vcon) = names();
        let recorder = GuestRecorder::default();
        let admitted = (0..5000)
            .filter(|i| {
                recorder
                    .admit(&link, &vcon, "m", "", &[("k".into(), i.to_string())])
                    .is_some()
            })
            .count();
        assert_eq!(admitted, MAX_SERIES);
    }

    #[test]
    fn an_attribute_that_holds_the_vcon_id_is_dropped() {
        let (link, vcon) = names();
        let attributes = [
            ("id".to_owned(), format!("x-{vcon}")),
            ("route".to_owned(), "a".to_owned()),
        ];
        let labels = labels(&link, &vcon, &attributes);
        assert_eq!(
            labels.iter().map(Label::key).collect::<Vec<_>>(),
            ["link_name", "route"]
        );
    }

    #[test]
    fn a_name_that_is_not_a_metric_name_is_dropped() {
        for name in ["", "Ünicode", "a b", "9a", "a\n"] {
            assert_eq!(metric_name(name, "_total"), None, "{name:?} was taken");
        }
        assert_eq!(
            metric_name("conserver.link.jq.filter_errors", "_total").as_deref(),
            Some("conserver_link_jq_filter_errors_total")
        );
    }
}
