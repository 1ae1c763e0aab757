//! Uploads a component to a server, as a new version of a link.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures::stream;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use reqwest::Method;
use serde_json::{Value, json};

use super::signature;
use crate::link::arguments::PushArgs;
use crate::link::remote::{AdminClient, Received};
use crate::link::{CommandOutput, Exit, LinkCommandError, local, words};
use vconduit_admin_types::UploadedVersion;
use vconduit_base::names::LinkName;

/// Size of the pieces that are sent, and that move the progress bar.
const PIECE_BYTES: usize = 64 * 1024;

/// Beginning of a reference to an OCI registry.
const OCI_PREFIX: &str = "oci:";

/// Uploads a component, or has the server fetch it from a registry.
pub(super) async fn push(arguments: &PushArgs, name: &LinkName) -> Result<CommandOutput, LinkCommandError> {
    let client = AdminClient::new(&arguments.server)?;
    let path = ["links", name.as_str(), "versions"];
    let mut query = Vec::new();
    if arguments.activate {
        query.push(("activate", "true"));
    }
    if let Some(note) = &arguments.note {
        query.push(("note", note.as_str()));
    }
    let reference = arguments.file.to_str().and_then(|file| file.strip_prefix(OCI_PREFIX));
    let response = match reference {
        Some(reference) => {
            let request = client.request(Method::POST, &path).query(&query);
            client.send(request.json(&json!({"oci": reference}))).await?
        }
        None => {
            let component = local::component(&arguments.file, arguments.output.json)?;
            let signature = signature(arguments.signature.as_deref(), &component.path)?;
            let signature = signature.map(|text| STANDARD.encode(text));
            let length = u64::try_from(component.bytes.len()).unwrap_or(u64::MAX);
            let bar = bar(length, arguments.output.json);
            let pieces = stream::iter(pieces(component.bytes, bar.clone()).map(Ok));
            let response = client.upload(&path, &query, signature.as_deref(), length, pieces).await;
            bar.finish_and_clear();
            response?
        }
    };
    Ok(output(name, response, arguments.activate))
}

/// Pieces of the upload. Each moves the progress bar.
fn pieces(bytes: Bytes, bar: ProgressBar) -> impl Iterator<Item = Bytes> + Send + Sync {
    let mut left = bytes;
    std::iter::from_fn(move || {
        let piece = left.split_to(left.len().min(PIECE_BYTES));
        bar.inc(u64::try_from(piece.len()).unwrap_or_default());
        if left.is_empty() {
            bar.set_message("checking and compiling");
        }
        (!piece.is_empty()).then_some(piece)
    })
}

fn bar(bytes: u64, quiet: bool) -> ProgressBar {
    let target = if quiet {
        ProgressDrawTarget::hidden()
    } else {
        ProgressDrawTarget::stderr()
    };
    let bar = ProgressBar::with_draw_target(Some(bytes), target).with_message("uploading");
    if let Ok(style) = ProgressStyle::with_template("{msg:<24} {wide_bar} {bytes}/{total_bytes} {elapsed}") {
        bar.set_style(style);
    }
    bar
}

/// The state of the version on the server, and the next step.
fn output(name: &LinkName, response: Received<UploadedVersion>, activate: bool) -> CommandOutput {
    let Received { body: version, json } = response;
    let in_part = version.held.is_some() || (activate && !version.active);
    CommandOutput {
        text: format!("{}\n{}", stored(name, &version), next_step(name, &version)),
        json,
        exit: if in_part { Exit::InPart } else { Exit::Done },
    }
}

/// The version, and the grants that it needs.
fn stored(name: &LinkName, version: &UploadedVersion) -> String {
    let digest = words::short(version.digest.as_str());
    let size = words::size(version.about.size_bytes);
    let mut text = match version.existed {
        true => format!("{name}: version {digest} is already stored: {size}"),
        false => {
            let compile_ms = version.compile_ms;
            format!("{name}: version {digest} is stored: {size}, compiled in {compile_ms} ms")
        }
    };
    if !version.about.needs.is_empty() {
        let needs = Value::Object(version.about.needs.clone()).to_string();
        text.push_str(&format!("\nneeds   {}", words::foreign(&needs)));
    }
    if !version.beyond_grants.is_empty() {
        let beyond: Vec<_> = version
            .beyond_grants
            .iter()
            .map(|grant| words::foreign(grant))
            .collect();
        text.push_str(&format!("\nnot granted yet: {}", beyond.join(", ")));
    }
    text
}

fn next_step(name: &LinkName, version: &UploadedVersion) -> String {
    let digest = words::short(version.digest.as_str());
    match (&version.held, version.active) {
        (None, true) => "active".to_owned(),
        (None, false) => format!("not active; next: vconduit link activate {name} {digest}"),
        (Some(reason), _) => format!(
            "held: {}\nnext: vconduit link grant {name} --digest {digest} --grants '…', then vconduit link activate {name} {digest}",
            words::foreign(reason)
        ),
    }
}
