//! The metrics of the host: names, units and labels.
//!
//! Guarantee: labels are names from the configuration or from short fixed sets, never a vCon id.
//!
//! The names are those of the vCon Conserver, with `_` for `.` and the suffixes that Prometheus
//! requires. Names with `vconduit_` are new.

use std::sync::OnceLock;
use std::time::Duration;

use metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

use vconduit_base::ConfigRevision;
use vconduit_base::names::{ChainName, LinkName, ListName, StorageName};

/// vCons that the API appended to ingress lists. Labels: `ingress_list`, `source` (`new`,
/// `external`, `reingress` or `dlq_reprocess`).
pub const ENQUEUED: &str = "conserver_api_count_vcons_enqueued_total";
/// Entries claimed from ingress lists. Label: `ingress_list`.
const RECEIVED: &str = "conserver_main_loop_count_vcons_received_total";
/// Runs that succeeded, including stopped ones. Label: `chain_name`.
const PROCESSED: &str = "conserver_main_loop_count_vcons_processed_total";
/// Time from claim to end of a run that succeeded, in seconds. Label: `chain_name`.
const PROCESSING_TIME: &str = "conserver_main_loop_vcon_processing_time_seconds";
/// Wall-clock time of a link call, in seconds. Labels: `link_name`, `chain_name`.
const LINK_TIME: &str = "conserver_link_execution_time_seconds";
/// Link calls. Labels: `link_name`, `outcome` (`success`, `halt` or `error`).
const LINK_COUNT: &str = "conserver_link_count_total";
/// Calls that a limit, a trap or an invalid result ended. Labels: `link_name`, `class`.
const LINK_CONTAINED: &str = "vconduit_link_contained_total";
/// Entries moved to dead-letter lists. Label: `queue_name`.
const DEAD_LETTERS: &str = "conserver_dlq_count_total";
/// Runs in progress. Label: `chain_name`.
const IN_FLIGHT: &str = "conserver_vcons_inflight";
/// Entries of a list. Labels: `ingress_list`, `kind` (`ingress`, `dlq` or `egress`).
const LIST_LENGTH: &str = "conserver_ingress_list_length";
/// 1 while new vCons are accepted, 0 above a mark. Label: `mark` (`memory` or `depth`).
const ADMISSION_OPEN: &str = "vconduit_admission_open";
/// Requests that were refused above a mark. Label: `mark`.
const REFUSED: &str = "vconduit_admission_refused_total";
/// Claims whose lease expired. Label: `ingress_list`.
const LEASES_LOST: &str = "vconduit_leases_lost_total";
/// Writes that were repeated because the document had changed meanwhile. Label: `chain_name`.
const CONFLICTS: &str = "vconduit_write_conflicts_total";
/// 1 while the working store is available, otherwise 0.
const STORE_UP: &str = "vconduit_store_up";
/// Events that were lost because the event publisher failed or was too slow.
const EVENTS_DROPPED: &str = "vconduit_events_dropped_total";
/// The active revision of the configuration.
const CONFIG_REVISION: &str = "vconduit_config_revision";
/// Storage calls. Labels: `backend`, `outcome` (`success` or `error`).
pub const STORAGE_COUNT: &str = "conserver_storage_count_total";
/// Time of a storage call, in seconds. Labels: `backend`, `outcome`.
pub const STORAGE_TIME: &str = "conserver_storage_duration_seconds";
/// Dead letters of a storage that were saved to it after all. Label: `backend`.
const STORAGE_REPLAYED: &str = "vconduit_storage_replayed_total";
/// Time until the receiver of a webhook storage responded, in seconds. Label: `status_code`.
pub const WEBHOOK_TIME: &str = "conserver_webhook_duration_seconds";
/// HTTP requests that the host responded to. Labels: `method`, `path` (the route), `status`.
pub const HTTP_COUNT: &str = "vconduit_http_requests_total";
/// Time of an HTTP request, in seconds. Labels: `method`, `path`.
pub const HTTP_TIME: &str = "vconduit_http_request_duration_seconds";

/// Upper bounds of the buckets in seconds: from a cheap link (20 µs) to a slow service (minutes),
/// three for each power of ten.
const SECONDS: [f64; 18] = [
    0.00002, 0.00005, 0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0,
    120.0,
];

static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();

/// Starts the recorder of metrics. A second call changes nothing.
pub fn init() {
    let Ok(builder) = PrometheusBuilder::new().set_buckets_for_metric(Matcher::Suffix("_seconds".into()), &SECONDS)
    else {
        return;
    };
    let recorder = builder.build_recorder();
    let handle = recorder.handle();
    if metrics::set_global_recorder(recorder).is_ok() && HANDLE.set(handle).is_ok() {
        describe();
    }
}

/// Returns the text of `/metrics`.
#[must_use]
pub fn render() -> String {
    HANDLE.get().map(PrometheusHandle::render).unwrap_or_default()
}

/// Frees memory of histograms. Has to be called from time to time.
pub fn upkeep() {
    if let Some(handle) = HANDLE.get() {
        handle.run_upkeep();
    }
}

fn describe() {
    describe_counter!(ENQUEUED, "vCons appended to ingress lists by the API");
    describe_counter!(RECEIVED, "entries claimed from ingress lists");
    describe_counter!(PROCESSED, "chain runs that succeeded, including stopped ones");
    describe_histogram!(
        PROCESSING_TIME,
        Unit::Seconds,
        "time from claim to end of a run that succeeded"
    );
    describe_histogram!(LINK_TIME, Unit::Seconds, "time of a link call");
    describe_counter!(LINK_COUNT, "link calls by outcome");
    describe_counter!(
        LINK_CONTAINED,
        "link calls ended by a limit, a crash or an invalid result"
    );
    describe_counter!(DEAD_LETTERS, "entries moved to dead-letter lists");
    describe_gauge!(IN_FLIGHT, "chain runs in progress");
    describe_gauge!(
        LIST_LENGTH,
        "entries of an ingress or egress list, or of a dead-letter list"
    );
    describe_gauge!(ADMISSION_OPEN, "1 while new vCons are accepted, 0 above the mark");
    describe_counter!(REFUSED, "requests refused because a mark was reached");
    describe_counter!(LEASES_LOST, "claims whose lease expired");
    describe_counter!(CONFLICTS, "writes repeated because the document had changed meanwhile");
    describe_gauge!(STORE_UP, "1 while the working store is available");
    describe_counter!(
        EVENTS_DROPPED,
        "events lost because the event publisher failed or was too slow"
    );
    describe_gauge!(CONFIG_REVISION, "active revision of the configuration");
    describe_counter!(STORAGE_COUNT, "storage calls by outcome");
    describe_histogram!(STORAGE_TIME, Unit::Seconds, "time of a storage call");
    describe_counter!(
        STORAGE_REPLAYED,
        "dead letters of a storage that were saved to it after all"
    );
    describe_histogram!(
        WEBHOOK_TIME,
        Unit::Seconds,
        "time until the receiver of a webhook storage responded"
    );
    describe_counter!(HTTP_COUNT, "HTTP requests that the host responded to");
    describe_histogram!(HTTP_TIME, Unit::Seconds, "time of an HTTP request");
}

/// Counts entries that were claimed.
pub fn received(list: &ListName, count: usize) {
    counter!(RECEIVED, "ingress_list" => list.to_string()).increment(count as u64);
}

/// Counts a run that succeeded, and its time.
pub fn processed(chain: &ChainName, time: Duration) {
    counter!(PROCESSED, "chain_name" => chain.to_string()).increment(1);
    histogram!(PROCESSING_TIME, "chain_name" => chain.to_string()).record(time.as_secs_f64());
}

/// Counts a link call, and its time.
pub fn link_called(link: &LinkName, chain: &ChainName, outcome: &'static str, wall: Duration) {
    counter!(LINK_COUNT, "link_name" => link.to_string(), "outcome" => outcome).increment(1);
    histogram!(LINK_TIME, "link_name" => link.to_string(), "chain_name" => chain.to_string())
        .record(wall.as_secs_f64());
}

/// Counts a call that the sandbox ended.
pub fn link_contained(link: &LinkName, class: &'static str) {
    counter!(LINK_CONTAINED, "link_name" => link.to_string(), "class" => class).increment(1);
}

/// Counts a dead letter.
pub fn dead_letter(queue: &ListName) {
    counter!(DEAD_LETTERS, "queue_name" => queue.to_string()).increment(1);
}

/// Counts a dead letter of a storage that was saved.
pub fn storage_replayed(storage: &StorageName) {
    counter!(STORAGE_REPLAYED, "backend" => storage.to_string()).increment(1);
}

/// Changes the number of runs in progress.
pub fn in_flight(chain: &ChainName, by: f64) {
    gauge!(IN_FLIGHT, "chain_name" => chain.to_string()).increment(by);
}

/// Sets the length of a list.
pub fn list_length(list: &ListName, kind: &'static str, length: u64) {
    #[expect(
        clippy::cast_precision_loss,
        reason = "a gauge is a float; lists stay far below 2^53 entries"
    )]
    gauge!(LIST_LENGTH, "ingress_list" => list.to_string(), "kind" => kind).set(length as f64);
}

/// Sets whether new vCons are accepted under a mark.
pub fn admission(mark: &'static str, is_open: bool) {
    gauge!(ADMISSION_OPEN, "mark" => mark).set(if is_open { 1.0 } else { 0.0 });
}

/// Counts a request that was refused above a mark.
pub fn refused(mark: &'static str) {
    counter!(REFUSED, "mark" => mark).increment(1);
}

/// Counts claims whose lease expired.
pub fn leases_lost(list: &ListName, count: usize) {
    counter!(LEASES_LOST, "ingress_list" => list.to_string()).increment(count as u64);
}

/// Counts a write that was repeated.
pub fn conflict(chain: &ChainName) {
    counter!(CONFLICTS, "chain_name" => chain.to_string()).increment(1);
}

/// Sets whether the working store is available.
pub fn store_up(up: bool) {
    gauge!(STORE_UP).set(if up { 1.0 } else { 0.0 });
}

/// Counts events that were lost.
pub fn events_dropped(count: usize) {
    counter!(EVENTS_DROPPED).increment(count as u64);
}

/// Sets the active revision of the configuration.
pub fn config_revision(revision: ConfigRevision) {
    #[expect(clippy::cast_precision_loss, reason = "a gauge is a float; revisions are below 2^53")]
    gauge!(CONFIG_REVISION).set(revision.number() as f64);
}
