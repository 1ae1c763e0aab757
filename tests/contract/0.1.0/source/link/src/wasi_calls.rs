//! WASI 0.2: HTTP works, the rest is there and empty.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use wasip2::http::outgoing_handler::handle;
use wasip2::http::types::{Fields, OutgoingBody, OutgoingRequest, Scheme};

use crate::report::Report;

/// `authority` is the address and port of a service that returns status 201.
pub fn all(report: &mut Report, authority: &str) {
    println!("standard output of contract 0.1.0");
    eprintln!("standard error of contract 0.1.0");
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    report.line("wall-clock is after 2023", now.as_secs() > 1_700_000_000);
    report.line("monotonic-clock runs", Instant::now().elapsed().as_secs() < 60);
    report.line("environment", std::env::vars().count());
    report.line("arguments", std::env::args().count());
    report.line("a file", std::fs::read("/etc/hostname").is_ok());
    report.line("a socket", std::net::TcpStream::connect("127.0.0.1:9").is_ok());
    report.line("random", wasip2::random::random::get_random_bytes(8).len());
    report.line("outgoing-handler", status(authority));
}

fn status(authority: &str) -> String {
    let request = OutgoingRequest::new(Fields::new());
    let set = request
        .set_scheme(Some(&Scheme::Http))
        .and_then(|()| request.set_authority(Some(authority)))
        .and_then(|()| request.set_path_with_query(Some("/asked")));
    let (Ok(()), Ok(body)) = (set, request.body()) else {
        return "not set".to_owned();
    };
    let pending = match handle(request, None) {
        Ok(pending) => pending,
        Err(code) => return code.to_string(),
    };
    let _ = OutgoingBody::finish(body, None);
    pending.subscribe().block();
    match pending.get() {
        Some(Ok(Ok(response))) => response.status().to_string(),
        Some(Ok(Err(code))) => code.to_string(),
        _ => "nothing".to_owned(),
    }
}
