//! `vconduit link activate` and `rollback`: another version on all hosts.

use reqwest::Method;

use super::version::resolve;
use super::{AdminClient, LinkCommandError, Received};
use crate::link::arguments::{ActivateArgs, RollbackArgs};
use crate::link::{CommandOutput, Exit, words};
use vconduit_admin_types::Switched;
use vconduit_base::names::Digest;

/// Activates a version of a link.
pub(in crate::link) async fn activate(arguments: &ActivateArgs) -> Result<CommandOutput, LinkCommandError> {
    let client = AdminClient::new(&arguments.server)?;
    let name = &arguments.name;
    let digest = resolve(&client, name, &arguments.digest).await?;
    let path = ["links", name.as_str(), "versions", &digest, "activate"];
    client.change(Method::POST, &path, None).await.map(switched)
}

/// Activates the version of a link that was active before.
pub(in crate::link) async fn rollback(arguments: &RollbackArgs) -> Result<CommandOutput, LinkCommandError> {
    let client = AdminClient::new(&arguments.server)?;
    let path = ["links", arguments.name.as_str(), "rollback"];
    client.change(Method::POST, &path, None).await.map(switched)
}

/// The new version, and the hosts that use it.
fn switched(response: Received<Switched>) -> CommandOutput {
    let Received { body: switched, json } = response;
    let unconfirmed = &switched.confirmation.unconfirmed;
    let mut shown = format!(
        "{}: {} is active (before: {}), confirmed by {}",
        switched.name,
        version(switched.active.as_ref()),
        version(switched.previous.as_ref()),
        words::count(switched.confirmation.confirmed.len(), "host"),
    );
    for host in unconfirmed {
        let (id, why) = (words::foreign(&host.host), words::foreign(&host.why));
        shown.push_str(&format!("\nnot confirmed by {id}: {why}"));
    }
    if !unconfirmed.is_empty() {
        shown
            .push_str("\na host that did not confirm activates the version as soon as it can; its log tells the cause");
    }
    let exit = if unconfirmed.is_empty() {
        Exit::Done
    } else {
        Exit::InPart
    };
    CommandOutput {
        text: shown,
        json,
        exit,
    }
}

fn version(digest: Option<&Digest>) -> String {
    match digest {
        None => "the component of the configuration".to_owned(),
        Some(digest) => words::short(digest.as_str()).into_owned(),
    }
}
