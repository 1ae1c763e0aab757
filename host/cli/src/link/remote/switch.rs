//! `vconduit link activate` and `rollback`: another version, on every host.

use reqwest::Method;
use serde_json::Value;

use super::version::resolve;
use super::{Client, LinkError, list, text};
use crate::link::arguments::{Activate, Rollback};
use crate::link::{Answer, Exit, words};

/// Switches a link to a version.
pub(in crate::link) async fn activate(arguments: &Activate) -> Result<Answer, LinkError> {
    let client = Client::new(&arguments.server)?;
    let name = &arguments.name;
    let digest = resolve(&client, name, &arguments.digest).await?;
    let path = ["links", name.as_str(), "versions", &digest, "activate"];
    client.ask(Method::POST, &path, None).await.map(switched)
}

/// Switches a link back.
pub(in crate::link) async fn rollback(arguments: &Rollback) -> Result<Answer, LinkError> {
    let client = Client::new(&arguments.server)?;
    let path = ["links", arguments.name.as_str(), "rollback"];
    client.ask(Method::POST, &path, None).await.map(switched)
}

fn switched(answer: Value) -> Answer {
    let confirmed = list(&answer, "confirmed");
    let unconfirmed = list(&answer, "unconfirmed");
    let named = |name| match text(&answer, name) {
        "" => "what the configuration names".to_owned(),
        digest => words::short(digest).into_owned(),
    };
    let mut shown = format!(
        "{}: {} is active (before: {}), confirmed by {}",
        words::foreign(text(&answer, "name")),
        named("active"),
        named("previous"),
        words::count(confirmed.len(), "host"),
    );
    for host in unconfirmed {
        let (host, why) = (words::foreign(text(host, "host")), words::foreign(text(host, "why")));
        shown.push_str(&format!("\nnot confirmed by {host}: {why}"));
    }
    if !unconfirmed.is_empty() {
        shown.push_str("\nsuch a host switches as soon as it can; its log says what keeps it");
    }
    let exit = if unconfirmed.is_empty() {
        Exit::Done
    } else {
        Exit::InPart
    };
    Answer {
        text: shown,
        json: answer,
        exit,
    }
}
