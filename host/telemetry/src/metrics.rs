//! The metrics of the host: every name in one place, with its unit and labels. Names follow the Conserver's, with `_` for `.` and the
//! suffixes that Prometheus asks for.
//!
//! Guarantee: labels are names from the configuration or from short fixed sets, never a vCon id.

use std::sync::OnceLock;
use std::time::Duration;

use metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

use vconduit_base::names::{ChainName, LinkName, ListName};

/// vCons appended to ingress lists by the API: `ingress_list`, `source` = new / external / reingress / `dlq_reprocess`.
pub const ENQUEUED: &str = "conserver_api_count_vcons_enqueued_total";
/// Entries claimed: `ingress_list`.
pub const RECEIVED: &str = "conserver_main_loop_count_vcons_received_total";
/// Runs that ended well, stopped ones included: `chain_name`.
pub const PROCESSED: &str = "conserver_main_loop_count_vcons_processed_total";
/// Seconds from claim to end of a run that ended well: `chain_name`.
pub const PROCESSING_TIME: &str = "conserver_main_loop_vcon_processing_time_seconds";
/// Seconds of a link call: `link_name`, `chain_name`.
pub const LINK_TIME: &str = "conserver_link_execution_time_seconds";
/// Link calls: `link_name`, `outcome` = success / halt / error.
pub const LINK_COUNT: &str = "conserver_link_count_total";
/// CPU seconds of link calls, host functions included: `link_name`.
pub const LINK_CPU: &str = "vconduit_link_cpu_seconds_total";
/// Calls ended by a limit, a trap or a broken answer: `link_name`, `class`.
pub const LINK_CONTAINED: &str = "vconduit_link_contained_total";
/// Dead letters: `queue_name`.
pub const DEAD_LETTERS: &str = "conserver_dlq_count_total";
/// Runs in work: `chain_name`.
pub const IN_FLIGHT: &str = "conserver_vcons_inflight";
/// Entries of a list: `ingress_list`, `kind` = ingress / dlq.
pub const LIST_LENGTH: &str = "conserver_ingress_list_length";
/// Leases that ran out: `ingress_list`.
pub const LEASES_LOST: &str = "vconduit_leases_lost_total";
/// Writes tried again because the document had been changed meanwhile: `chain_name`.
pub const CONFLICTS: &str = "vconduit_write_conflicts_total";
/// 1 while the working store answers.
pub const STORE_UP: &str = "vconduit_store_up";
/// Events that nobody heard: the bus failed, or was too slow.
pub const EVENTS_DROPPED: &str = "vconduit_events_dropped_total";
/// The revision of the configuration in force.
pub const CONFIG_REVISION: &str = "vconduit_config_revision";
/// Storage calls: `backend`, `outcome` = success / error.
pub const STORAGE_COUNT: &str = "conserver_storage_count_total";
/// Seconds of a storage call: `backend`, `outcome`.
pub const STORAGE_TIME: &str = "conserver_storage_duration_seconds";
/// Seconds until a webhook storage's receiver answered: `status_code`.
pub const WEBHOOK_TIME: &str = "conserver_webhook_duration_seconds";
/// HTTP requests answered: `method`, `path` (the route), `status`.
pub const HTTP_COUNT: &str = "vconduit_http_requests_total";
/// Seconds of an HTTP request: `method`, `path`.
pub const HTTP_TIME: &str = "vconduit_http_request_duration_seconds";

/// From a cheap link (20 µs) to a slow service (minutes), three steps a decade.
const SECONDS: [f64; 18] = [
    0.00002, 0.00005, 0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0,
    120.0,
];

static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();

/// Starts the recorder. A second call changes nothing.
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

/// The text of `/metrics`.
#[must_use]
pub fn render() -> String {
    HANDLE.get().map(PrometheusHandle::render).unwrap_or_default()
}

/// To be called now and then: lets histograms give back memory.
pub fn upkeep() {
    if let Some(handle) = HANDLE.get() {
        handle.run_upkeep();
    }
}

fn describe() {
    describe_counter!(ENQUEUED, "vCons appended to ingress lists by the API");
    describe_counter!(RECEIVED, "entries claimed from ingress lists");
    describe_counter!(PROCESSED, "chain runs that ended well, stopped ones included");
    describe_histogram!(
        PROCESSING_TIME,
        Unit::Seconds,
        "time from claim to end of a run that ended well"
    );
    describe_histogram!(LINK_TIME, Unit::Seconds, "time of a link call");
    describe_counter!(LINK_COUNT, "link calls by outcome");
    describe_counter!(LINK_CPU, "CPU time of link calls");
    describe_counter!(
        LINK_CONTAINED,
        "link calls ended by a limit, a crash or a broken answer"
    );
    describe_counter!(DEAD_LETTERS, "entries moved to dead-letter lists");
    describe_gauge!(IN_FLIGHT, "chain runs in work");
    describe_gauge!(LIST_LENGTH, "entries of an ingress list or its dead-letter list");
    describe_counter!(LEASES_LOST, "claims whose lease ran out");
    describe_counter!(CONFLICTS, "writes repeated because the document had changed meanwhile");
    describe_gauge!(STORE_UP, "whether the working store answers");
    describe_counter!(EVENTS_DROPPED, "events lost because the bus failed or was too slow");
    describe_gauge!(CONFIG_REVISION, "revision of the configuration in force");
    describe_counter!(STORAGE_COUNT, "storage calls by outcome");
    describe_histogram!(STORAGE_TIME, Unit::Seconds, "time of a storage call");
    describe_histogram!(
        WEBHOOK_TIME,
        Unit::Seconds,
        "time until a webhook storage's receiver answered"
    );
    describe_counter!(HTTP_COUNT, "HTTP requests answered");
    describe_histogram!(HTTP_TIME, Unit::Seconds, "time of an HTTP request");
}

/// Entries were claimed.
pub fn received(list: &ListName, count: usize) {
    counter!(RECEIVED, "ingress_list" => list.to_string()).increment(count as u64);
}

/// A run ended well.
pub fn processed(chain: &ChainName, time: Duration) {
    counter!(PROCESSED, "chain_name" => chain.to_string()).increment(1);
    histogram!(PROCESSING_TIME, "chain_name" => chain.to_string()).record(time.as_secs_f64());
}

/// A link call ended.
pub fn link_called(link: &LinkName, chain: &ChainName, outcome: &'static str, wall: Duration) {
    counter!(LINK_COUNT, "link_name" => link.to_string(), "outcome" => outcome).increment(1);
    histogram!(LINK_TIME, "link_name" => link.to_string(), "chain_name" => chain.to_string())
        .record(wall.as_secs_f64());
}

/// A call was ended by the sandbox.
pub fn link_contained(link: &LinkName, class: &'static str) {
    counter!(LINK_CONTAINED, "link_name" => link.to_string(), "class" => class).increment(1);
}

/// A dead letter was written.
pub fn dead_letter(queue: &ListName) {
    counter!(DEAD_LETTERS, "queue_name" => queue.to_string()).increment(1);
}

/// Runs in work went up or down.
pub fn in_flight(chain: &ChainName, by: f64) {
    gauge!(IN_FLIGHT, "chain_name" => chain.to_string()).increment(by);
}

/// A list's length.
pub fn list_length(list: &ListName, kind: &'static str, length: u64) {
    #[expect(
        clippy::cast_precision_loss,
        reason = "a gauge is a float; lists stay far below 2^53 entries"
    )]
    gauge!(LIST_LENGTH, "ingress_list" => list.to_string(), "kind" => kind).set(length as f64);
}

/// Leases ran out.
pub fn leases_lost(list: &ListName, count: usize) {
    counter!(LEASES_LOST, "ingress_list" => list.to_string()).increment(count as u64);
}

/// A write was repeated.
pub fn conflict(chain: &ChainName) {
    counter!(CONFLICTS, "chain_name" => chain.to_string()).increment(1);
}

/// Whether the store answers.
pub fn store_up(up: bool) {
    gauge!(STORE_UP).set(if up { 1.0 } else { 0.0 });
}

/// Events were lost.
pub fn events_dropped(count: usize) {
    counter!(EVENTS_DROPPED).increment(count as u64);
}

/// Another configuration is in force.
pub fn config_revision(revision: u64) {
    #[expect(
        clippy::cast_precision_loss,
        reason = "a gauge is a float; revisions stay far below 2^53"
    )]
    gauge!(CONFIG_REVISION).set(revision as f64);
}
