//! Every way in which a call can end.

use crate::report::name;
use crate::vcon::link::outcomes::{Failure, FailureKind, Outcome};
use crate::vcon::link::{document, log};

/// The ending of this name. `other` is the vCon that `switch` goes on with.
pub fn by_name(act: &str, other: &str) -> Result<Outcome, Failure> {
    match act {
        "next" => Ok(Outcome::Next),
        "stop" => Ok(Outcome::Stop("contract 0.1.0 stops".to_owned())),
        "switch" => Ok(Outcome::Switch(other.to_owned())),
        "hand-off" => Ok(Outcome::HandOff("contract_people".to_owned())),
        "options" => Err(failure(FailureKind::Options, act)),
        "vcon" => Err(failure(FailureKind::Vcon, act)),
        "service" => Err(failure(FailureKind::Service, act)),
        "retried" => Err(Failure {
            retryable: true,
            retry_after_ms: Some(1),
            ..failure(FailureKind::Service, act)
        }),
        _ => Err(failure(FailureKind::Other, act)),
    }
}

/// For a vCon that does not exist: the functions that say so, in the reason.
pub fn missing() -> Outcome {
    let json = document::json().map_or_else(|error| name(&error), |_| "a document");
    let message = format!("exists={} json={json}", document::exists());
    log::write(log::Level::Info, &message, &[]);
    Outcome::Stop(message)
}

/// For a vCon that is signed or encrypted: the functions that say so, in the message.
pub fn sealed() -> Failure {
    let get = document::get("/uuid").map_or_else(|error| name(&error), |_| "a value");
    let json = document::json().map_or_else(|error| name(&error), |_| "a document");
    let form = document::form().map_or_else(|_| "none".to_owned(), |form| format!("{form:?}"));
    let message = format!("form={form} get={get} json={json}");
    log::write(log::Level::Info, &message, &[]);
    Failure {
        message,
        ..failure(FailureKind::Sealed, "sealed")
    }
}

fn failure(kind: FailureKind, act: &str) -> Failure {
    Failure {
        kind,
        message: format!("contract 0.1.0 fails: {act}"),
        retryable: false,
        retry_after_ms: None,
    }
}
