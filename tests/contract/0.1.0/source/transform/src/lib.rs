//! A component of world `transform`, contract 0.1.0. It imports nothing of the contract.
//!
//! The option `act` chooses the result: `next`, `stop`, or a kind of failure.

wit_bindgen::generate!({ path: "../../package.wit", world: "transform" });

use exports::vcon::link::transformer::{Guest, Transformed};
use vcon::link::outcomes::{Description, Failure, FailureKind};

struct Transform;

export!(Transform);

impl Guest for Transform {
    fn transform(vcon: String, options: String) -> Result<Transformed, Failure> {
        match act(&options) {
            "next" => Ok(Transformed::Next(with_mark(&vcon))),
            "stop" => Ok(Transformed::Stop("contract 0.1.0 stops".to_owned())),
            other => Err(failure(other)),
        }
    }

    fn describe() -> Description {
        Description {
            name: "contract_transform".to_owned(),
            version: "0.1.0".to_owned(),
            summary: "A transform of the contract 0.1.0.".to_owned(),
            options_schema: r#"{"type":"object","properties":{"act":{"type":"string"}}}"#.to_owned(),
            defaults: r#"{"act":"next"}"#.to_owned(),
            needs: "{}".to_owned(),
        }
    }
}

/// The document with the member `x_contract` before the others. A JSON parser would be most of the
/// component.
fn with_mark(vcon: &str) -> String {
    vcon.replacen('{', r#"{"x_contract":"0.1.0","#, 1)
}

/// The text of the option `act`.
fn act(options: &str) -> &str {
    let value = options.split_once(r#""act""#).map_or("", |(_, rest)| rest);
    value.split('"').nth(1).unwrap_or_default()
}

fn failure(act: &str) -> Failure {
    Failure {
        kind: match act {
            "options" => FailureKind::Options,
            "vcon" => FailureKind::Vcon,
            "sealed" => FailureKind::Sealed,
            "service" => FailureKind::Service,
            _ => FailureKind::Other,
        },
        message: format!("contract 0.1.0 fails: {act}"),
        retryable: false,
        retry_after_ms: None,
    }
}
