//! A component of world `link`, contract 0.1.0, that calls every function of every interface.
//!
//! The option `act` chooses what to do. Acts that look at something add an analysis of type
//! `contract`, with one line `function=result` for each call; `tests/e2e/contract.rs`
//! compares the lines.

wit_bindgen::generate!({ path: "../../package.wit", world: "link" });

mod document_calls;
mod endings;
mod other_calls;
mod refusals;
mod report;
mod wasi_calls;

use exports::vcon::link::handler::Guest;
use report::Report;
use vcon::link::outcomes::{Description, Failure, Outcome};

struct Link;

export!(Link);

impl Guest for Link {
    fn run(options: String) -> Result<Outcome, Failure> {
        let act = option(&options, "act");
        let mut report = Report::default();
        match act {
            "document" => document_calls::all(&mut report),
            "others" => other_calls::all(&mut report, option(&options, "url"), option(&options, "other")),
            "wasi" => wasi_calls::all(&mut report, option(&options, "authority")),
            "refusals" => refusals::all(&mut report, option(&options, "url")),
            "missing" => return Ok(endings::missing()),
            "sealed" => return Err(endings::sealed()),
            other => return endings::by_name(other, option(&options, "other")),
        }
        report.add_to_vcon();
        Ok(Outcome::Next)
    }

    fn describe() -> Description {
        Description {
            name: "contract_link".to_owned(),
            version: "0.1.0".to_owned(),
            summary: "Calls every function of the contract 0.1.0.".to_owned(),
            options_schema: r#"{"type":"object","properties":{"act":{"type":"string"}}}"#.to_owned(),
            defaults: r#"{"act":"document"}"#.to_owned(),
            needs: r#"{"queues":["contract_pushed"],"vcons":["read"]}"#.to_owned(),
        }
    }
}

/// The text of a member of the options. A JSON parser would be most of the component.
fn option<'a>(options: &'a str, name: &str) -> &'a str {
    let value = options.split_once(&format!("\"{name}\"")).map_or("", |(_, rest)| rest);
    value.split('"').nth(1).unwrap_or_default()
}
