//! Every function of the interfaces besides `document`, with all grants.

use crate::report::Report;
use crate::vcon::link::http::{self, Fault, Request};
use crate::vcon::link::log::Level;
use crate::vcon::link::{clock, document, documents, log, metrics, parameters, queues, random, secrets};

/// `url` is a service that returns status 201, `other` the id of a vCon to create.
pub fn all(report: &mut Report, url: &str, other: &str) {
    other_vcons(report, other);
    report.done("queues.push", queues::push("contract_pushed", &document::uuid()));
    numbers(report);
    time_and_chance(report);
    surroundings(report);
    report.result("secrets.get", secrets::get("CONTRACT").map(|value| value.len()));
    requests(report, url);
}

fn other_vcons(report: &mut Report, other: &str) {
    let own = document::uuid();
    let text = document::json().unwrap_or_default().replace(&own, other);
    let created = documents::create(&text).map(|id| id == other);
    report.result("documents.create", created);
    let read = documents::read(other).map(|found| found.map(|text| text.contains(other)));
    report.option("documents.read", read);
    report.result("documents.delete", documents::delete(other));
    report.result("documents.delete nothing", documents::delete(other));
    report.option("documents.read nothing", documents::read(other));
    report.done("documents.expire", documents::expire(&own, 3600));
}

fn numbers(report: &mut Report) {
    let field = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    for level in [Level::Trace, Level::Debug, Level::Info, Level::Warn, Level::Error] {
        log::write(level, "a line of contract 0.1.0", &[field("kept", "yes")]);
    }
    report.line("log.write", "done");
    metrics::count("contract.count", 2, &[field("kind", "kept")]);
    metrics::observe("contract.observe", 0.5, &[]);
    report.line("metrics", "done");
}

fn time_and_chance(report: &mut Report) {
    let before = clock::now_ms();
    clock::sleep_ms(5);
    report.line("clock.now-ms is after 2023", before > 1_700_000_000_000);
    report.line("clock.sleep-ms waits", clock::now_ms() >= before + 5);
    report.line("clock.remaining-ms is there", clock::remaining_ms() > 0);
    let chance = random::uniform();
    report.line("random.uniform is in [0, 1)", (0.0..1.0).contains(&chance));
    report.line("random.bytes", random::bytes(16).len());
}

fn surroundings(report: &mut Report) {
    report.line("parameters.link-name", parameters::link_name());
    report.line("parameters.chain-name", parameters::chain_name());
    report.line("parameters.ingress-list", parameters::ingress_list());
    report.line("parameters.attempt", parameters::attempt());
}

fn requests(report: &mut Report, url: &str) {
    let request = |url: &str| Request {
        method: "POST".to_owned(),
        url: url.to_owned(),
        headers: vec![("x-key".to_owned(), "{{secret:CONTRACT}}".to_owned())],
        body: b"asked".to_vec(),
        timeout_ms: Some(10_000),
    };
    match http::send(&request(url)) {
        Ok(response) => {
            let named = response.headers.iter().any(|(name, _)| name == "content-length");
            report.line("http.send", response.status);
            report.line("http.send headers", named);
            report.line("http.send body", String::from_utf8_lossy(&response.body));
        }
        Err(fault) => report.line("http.send", name(&fault)),
    }
    for (call, url) in [
        ("http.send to no URL", "not a url"),
        ("http.send to another host", "http://example.com/"),
        ("http.send to a closed port", "http://127.0.0.1:9/"),
    ] {
        match http::send(&request(url)) {
            Ok(_) => report.line(call, "sent"),
            Err(fault) => report.line(call, name(&fault)),
        }
    }
}

pub fn name(fault: &Fault) -> &'static str {
    match fault {
        Fault::Invalid(_) => "fault:invalid",
        Fault::Denied(_) => "fault:denied",
        Fault::Unreached(_) => "fault:unreached",
        Fault::TimedOut(_) => "fault:timed-out",
        Fault::Broken(_) => "fault:broken",
        Fault::TooLarge(_) => "fault:too-large",
    }
}
