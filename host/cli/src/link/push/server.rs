//! To a server: a new version of a link.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures::stream;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use reqwest::Method;
use serde_json::{Value, json};

use super::signature;
use crate::link::arguments::Push;
use crate::link::remote::{Client, list, text};
use crate::link::{Answer, Exit, LinkError, local, words};
use vconduit_base::names::LinkName;

/// What is handed to the connection at once, so that the bar moves.
const PIECE_BYTES: usize = 64 * 1024;

/// What a reference to a registry begins with.
const OCI: &str = "oci:";

/// Uploads a component, or has the server fetch it from a registry.
pub(super) async fn push(arguments: &Push, name: &LinkName) -> Result<Answer, LinkError> {
    let client = Client::new(&arguments.server)?;
    let path = ["links", name.as_str(), "versions"];
    let mut query = Vec::new();
    if arguments.activate {
        query.push(("activate", "true"));
    }
    if let Some(note) = &arguments.note {
        query.push(("note", note.as_str()));
    }
    let reference = arguments.file.to_str().and_then(|file| file.strip_prefix(OCI));
    let answer = match reference {
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
            let answer = client.upload(&path, &query, signature.as_deref(), length, pieces).await;
            bar.finish_and_clear();
            answer?
        }
    };
    Ok(told(name, answer, arguments.activate))
}

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

/// What became of it, and the next step.
fn told(name: &LinkName, answer: Value, activate: bool) -> Answer {
    let digest = words::short(text(&answer, "digest")).into_owned();
    let number = |member: &str| answer.get(member).and_then(Value::as_u64).unwrap_or_default();
    let flag = |member: &str| answer.get(member).and_then(Value::as_bool).unwrap_or_default();
    let kept = if flag("existed") {
        "was there already"
    } else {
        "is kept"
    };
    let mut shown = format!("{name}: version {digest} {kept}: {}", words::size(number("size_bytes")));
    if !flag("existed") {
        shown.push_str(&format!(", compiled in {} ms", number("compile_ms")));
    }
    if let Some(needs) = answer
        .get("needs")
        .filter(|needs| needs.as_object().is_some_and(|needs| !needs.is_empty()))
    {
        shown.push_str(&format!("\nneeds   {}", words::foreign(&needs.to_string())));
    }
    let beyond: Vec<String> = list(&answer, "beyond_grants").iter().map(plain).collect();
    if !beyond.is_empty() {
        shown.push_str(&format!("\nbeyond what is granted: {}", beyond.join(", ")));
    }
    let held = text(&answer, "held");
    shown.push('\n');
    shown.push_str(&match (held, flag("active")) {
        ("", true) => "active".to_owned(),
        ("", false) => format!("not active; next: vconduit link activate {name} {digest}"),
        (why, _) => format!(
            "held: {}\nnext: vconduit link grant {name} --digest {digest} --grants '…', then vconduit link activate {name} {digest}",
            words::foreign(why)
        ),
    });
    let in_part = !held.is_empty() || (activate && !flag("active"));
    Answer {
        text: shown,
        json: answer,
        exit: if in_part { Exit::InPart } else { Exit::Done },
    }
}

fn plain(value: &Value) -> String {
    let text = value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
    words::foreign(&text).into_owned()
}
