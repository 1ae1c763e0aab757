//! `vconduit link grant`: what a version of a link may reach.

use reqwest::Method;
use serde_json::{Map, Value, json};

use super::version::resolve;
use super::{Client, LinkError};
use crate::link::arguments::Grant;
use crate::link::{Answer, given, words};

/// Sets the grants of a version.
pub(in crate::link) async fn run(arguments: &Grant) -> Result<Answer, LinkError> {
    let grants = grants(arguments)?;
    // Checked here as the server will: a mistake is told without a server.
    given::entry(json!({}), grants.clone(), json!({}))?;
    let client = Client::new(&arguments.server)?;
    let name = &arguments.name;
    let (body, whom) = match &arguments.digest {
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
    let answer = client.ask(Method::PUT, &path, Some(&body)).await?;
    let text = format!("{name}: {whom} may now reach {grants}");
    Ok(Answer::done(text, answer))
}

/// The grants as an object in the shape of the configuration.
fn grants(arguments: &Grant) -> Result<Value, LinkError> {
    if let Some(grants) = given::grants(&arguments.grants)? {
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
        return Err(LinkError::Given(
            "there is nothing to grant; name it with --http, --secret, --queue, --vcons or --grants, or write --nothing".to_owned(),
        ));
    }
    Ok(Value::Object(grants))
}

fn texts(texts: &[String]) -> Vec<Value> {
    texts.iter().map(|text| json!(text)).collect()
}
