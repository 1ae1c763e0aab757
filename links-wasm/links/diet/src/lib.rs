//! Makes a vCon smaller: moves out or removes dialog bodies, analyses, attachments and system
//! prompts, in this order.
//!
//! A body that can't be moved out is removed. If the cause is the configuration, the call fails
//! instead, and nothing is lost. Options are never logged.

mod dialogs;
mod prompts;
mod s3;
mod sigv4;

use serde_json::Value;
use vcon_link::prelude::*;

#[derive(Deserialize, JsonSchema, Default)]
#[serde(default)]
struct Options {
    /// True: dialog bodies are moved out, or removed if no destination is set.
    remove_dialog_body: bool,
    /// URL to post dialog bodies to. The `url` in the response replaces the body.
    post_media_to_url: ServiceUrl,
    /// True: all analyses are removed.
    remove_analysis: bool,
    /// Attachments with one of these values in `mime_type` are removed. `null` stands for
    /// attachments without `mime_type`.
    remove_attachment_types: Vec<Option<String>>,
    /// True: members with the name `system_prompt` are removed, at any depth.
    remove_system_prompts: bool,
    /// Bucket to move dialog bodies to. It has precedence over `post_media_to_url`.
    #[schemars(extend("x-vcon-grant-hosts" = [
        "{s3_bucket}.s3.{aws_region}.amazonaws.com",
        "s3.{aws_region}.amazonaws.com",
        "{s3_bucket}.s3.amazonaws.com",
        "s3.amazonaws.com",
    ]))]
    s3_bucket: String,
    /// Prefix of the keys in the bucket.
    s3_path: String,
    /// Id of the access key, or `{{secret:NAME}}`.
    aws_access_key_id: SecretText,
    /// Secret access key, or `{{secret:NAME}}`.
    aws_secret_access_key: SecretText,
    /// Region of the bucket.
    #[serde(default = "usual_region")]
    aws_region: String,
    /// Time in seconds that the URL of a moved body is valid. Default: one hour.
    presigned_url_expiration: Option<u64>,
}

fn usual_region() -> String {
    "us-east-1".into()
}

vcon_link::link! {
    name: "diet",
    summary: "Removes or moves out what makes a vCon large.",
    options: Options,
    run: run,
}

fn run(vcon: &Vcon, options: Options) -> Result<Outcome, Failure> {
    if !vcon.exists() {
        return Ok(Outcome::Next);
    }
    // Written back even if nothing is removed: a run always leaves the document in current names.
    vcon.touch()?;
    if options.remove_dialog_body {
        dialogs::remove_bodies(vcon, &options)?;
    }
    if options.remove_analysis {
        vcon.remove("/analysis")?;
    }
    if !options.remove_attachment_types.is_empty() {
        remove_attachments(vcon, &options.remove_attachment_types)?;
    }
    if options.remove_system_prompts {
        let document: Value = vcon.document()?;
        for pointer in prompts::find(&document) {
            vcon.remove(&pointer)?;
        }
    }
    Ok(Outcome::Next)
}

/// Removes entries from the last to the first, so that the indexes of the others do not change.
fn remove_attachments(vcon: &Vcon, types: &[Option<String>]) -> Result<(), Failure> {
    for index in (0..vcon.length("/attachments")?.unwrap_or(0)).rev() {
        let mime_type: Option<Value> = vcon.get(&format!("/attachments/{index}/mime_type"))?;
        if is_listed(mime_type.as_ref(), types) {
            vcon.remove(&format!("/attachments/{index}"))?;
        }
    }
    Ok(())
}

fn is_listed(mime_type: Option<&Value>, types: &[Option<String>]) -> bool {
    match mime_type {
        None | Some(Value::Null) => types.contains(&None),
        Some(Value::String(text)) => types.iter().flatten().any(|one| one == text),
        Some(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn null_stands_for_no_type() {
        let types = [Some("text/plain".to_owned()), None];
        assert!(is_listed(None, &types) && is_listed(Some(&json!("text/plain")), &types));
        assert!(!is_listed(None, &types[..1]) && !is_listed(Some(&json!("image/png")), &types));
    }

    #[test]
    fn the_region_has_a_default() {
        let options: Options = serde_json::from_str("{}").unwrap();
        assert_eq!(options.aws_region, "us-east-1");
    }
}
