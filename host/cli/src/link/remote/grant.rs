//! `vconduit link grant`: sets what a version of a link may access.

use reqwest::Method;
use serde_json::{Map, Value, json};

use super::version::resolve;
use super::{AdminClient, LinkCommandError, Received};
use crate::link::arguments::GrantArgs;
use crate::link::{CommandOutput, inputs, words};
use vconduit_admin_types::Granted;

/// Sets the grants of a version.
pub(in crate::link) async fn run(arguments: &GrantArgs) -> Result<CommandOutput, LinkCommandError> {
    let grants = grants(arguments)?;
    // The same check as the server's: it finds mistakes without a request.
    inputs::entry(json!({}), grants.clone(), json!({}))?;
    let client = AdminClient::new(&arguments.server)?;
    let name = &arguments.name;
    let (body, version) = match &arguments.digest {
        Some(digest) => {
            let digest = resolve(&client, name, digest).await?;
            (
                json!({"digest": digest, "grants": grants}),
                format!("version {}", words::short(&digest)),
            )
        }
        None => (json!({"grants": grants}), "the active version".to_owned()),
    };
    let path = ["links", name.as_str(), "grants"];
    let response: Received<Granted> = client.change(Method::PUT, &path, Some(&body)).await?;
    let text = format!("{name}: {version} may now access {grants}");
    Ok(CommandOutput::done(text, response.json))
}

/// The grants of the arguments, as an object in the form of the configuration.
fn grants(arguments: &GrantArgs) -> Result<Value, LinkCommandError> {
    if let Some(grants) = inputs::grants(&arguments.grants)? {
        return Ok(grants);
    }
    let private = arguments
        .private_http
        .iter()
        .map(|host| json!({"host": host, "private": true}));
    let hosts: Vec<Value> = arguments.http.iter().map(|host| json!(host)).chain(private).collect();
    let mut grants = Map::new();
    for (key, values) in [
        ("http", hosts),
        ("secrets", texts(&arguments.secret)),
        ("queues", texts(&arguments.queue)),
        ("vcons", texts(&arguments.vcons)),
    ] {
        if !values.is_empty() {
            grants.insert(key.to_owned(), values.into());
        }
    }
    if grants.is_empty() && !arguments.nothing {
        return Err(LinkCommandError::Input(
            "no grants are named; use --http, --secret, --queue, --vcons or --grants, or --nothing to remove all"
                .to_owned(),
        ));
    }
    Ok(Value::Object(grants))
}

fn texts(texts: &[String]) -> Vec<Value> {
    texts.iter().map(|text| json!(text)).collect()
}
