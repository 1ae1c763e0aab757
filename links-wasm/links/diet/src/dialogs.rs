//! Moves the bodies of dialogs to a bucket or a service, or removes them.

use crate::{Options, s3};
use serde_json::{Value, json};
use vcon_link::prelude::*;
use vcon_link::{clock, http, metrics};

const POST_FAILURES: &str = "conserver.link.diet.media_post_failures";

/// Empties every dialog body. A body that was moved is replaced by its URL.
pub fn remove_bodies(vcon: &Vcon, options: &Options) -> Result<(), Failure> {
    for index in 0..vcon.length("/dialog")?.unwrap_or(0) {
        let pointer = format!("/dialog/{index}/body");
        if !vcon.has(&pointer)? {
            continue;
        }
        match moved_out(vcon, options, index)? {
            Some(url) => {
                vcon.set(&pointer, &url)?;
                vcon.set(&format!("/dialog/{index}/body_type"), "url")?;
            }
            None => vcon.set(&pointer, "")?,
        }
    }
    Ok(())
}

/// Returns the URL of a moved body. `None` if it was not moved.
fn moved_out(vcon: &Vcon, options: &Options, index: u32) -> Result<Option<String>, Failure> {
    if options.s3_bucket.is_empty() && options.post_media_to_url.is_empty() {
        return Ok(None);
    }
    let body = vcon.get::<Value>(&format!("/dialog/{index}/body"))?.unwrap_or_default();
    if is_empty(&body) {
        return Ok(None);
    }
    let dialog_id = vcon.get::<Value>(&format!("/dialog/{index}/id"))?;
    let dialog_id = dialog_id.as_ref().and_then(Value::as_str).unwrap_or_default();
    match options.s3_bucket.is_empty() {
        false => s3::store(options, &vcon.uuid(), dialog_id, &body),
        true => post(&options.post_media_to_url, &vcon.uuid(), dialog_id, &body),
    }
}

fn is_empty(body: &Value) -> bool {
    match body {
        Value::Null => true,
        Value::Bool(yes) => !yes,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
    }
}

fn post(url: &str, vcon_id: &str, dialog_id: &str, body: &Value) -> Result<Option<String>, Failure> {
    let message = json!({"content": body, "vcon_uuid": vcon_id, "dialog_id": dialog_id});
    let answer = http::post(url).json(&message).timeout(clock::remaining()).send();
    let place = match answer {
        Ok(answer) if answer.status() == 200 => answer.json::<Value>().map_err(|error| error.to_string()),
        Ok(answer) => Err(format!("status {}", answer.status())),
        Err(error @ (http::Error::Denied(_) | http::Error::BadRequest(_))) => return Err(error.into()),
        Err(error) => Err(error.to_string()),
    };
    Ok(place.map_or_else(count_failure, |answer| url_in(&answer)))
}

fn count_failure(reason: String) -> Option<String> {
    warn!("a dialog body could not be posted and is removed: {reason}");
    metrics::count(POST_FAILURES);
    None
}

fn url_in(answer: &Value) -> Option<String> {
    let url = answer.get("url")?.as_str()?;
    (!url.is_empty()).then(|| url.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_response_without_a_url_is_ignored() {
        assert_eq!(
            url_in(&json!({"url": "https://cdn.test/1"})).as_deref(),
            Some("https://cdn.test/1")
        );
        for answer in [json!({}), json!({"url": ""}), json!({"url": null}), json!([])] {
            assert_eq!(url_in(&answer), None);
        }
    }
}
