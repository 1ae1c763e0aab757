//! What the host refuses: without grants, and for arguments that are wrong.

use crate::other_calls::name;
use crate::report::Report;
use crate::vcon::link::http::{self, Request};
use crate::vcon::link::{document, documents, queues, secrets};

/// `url` is a service that the link may not call.
pub fn all(report: &mut Report, url: &str) {
    report.done("bad-pointer", document::set("no/slash", "1"));
    report.done("bad-json", document::set("/subject", "{not JSON"));
    report.option("wrong-type", document::text("/dialog"));
    let long = format!("\"{}\"", "x".repeat(64 * 1024));
    report.done("limit", document::set("/subject", &long));

    let own = document::uuid();
    report.option("documents.read", documents::read(&own));
    report.result("documents.create", documents::create("{}"));
    report.result("documents.delete", documents::delete(&own));
    report.done("documents.expire", documents::expire(&own, 1));
    report.done("queues.push", queues::push("contract_pushed", &own));
    report.result("secrets.get", secrets::get("CONTRACT"));
    let request = Request {
        method: "GET".to_owned(),
        url: url.to_owned(),
        headers: Vec::new(),
        body: Vec::new(),
        timeout_ms: None,
    };
    match http::send(&request) {
        Ok(response) => report.line("http.send", response.status),
        Err(fault) => report.line("http.send", name(&fault)),
    }
}
