//! An example of the world `transform`. It makes the same change as the link `tag`, and uses no
//! function of the host: it gets a vCon as JSON and returns one. The host finds the changes.

use serde_json::{Value, json};
use vcon_link::prelude::*;
use vcon_link::{Transformed, json as text};

#[derive(Deserialize, JsonSchema, Default)]
#[serde(default)]
struct Options {
    /// The texts to add, each as `text:text`.
    tags: Vec<String>,
}

vcon_link::transform! {
    name: "tag_transform",
    summary: "Adds fixed tags, in the plain form.",
    options: Options,
    transform: transform,
}

fn transform(mut vcon: Value, options: Options) -> Result<Transformed, Failure> {
    if !options.tags.is_empty() {
        add_tags(attachments(&mut vcon)?, &options.tags)?;
    }
    Ok(Transformed::Next(vcon))
}

fn attachments(vcon: &mut Value) -> Result<&mut Vec<Value>, Failure> {
    let members = vcon
        .as_object_mut()
        .ok_or_else(|| Failure::vcon("the vCon is not a JSON object"))?;
    let attachments = members.entry("attachments").or_insert_with(|| json!([]));
    attachments
        .as_array_mut()
        .ok_or_else(|| Failure::vcon("`attachments` is not a list"))
}

fn add_tags(attachments: &mut Vec<Value>, tags: &[String]) -> Result<(), Failure> {
    let at = match attachments.iter().position(is_tags) {
        Some(at) => at,
        None => {
            attachments.push(json!({"purpose": "tags"}));
            attachments.len() - 1
        }
    };
    let Some(attachment) = attachments.get_mut(at) else {
        return Ok(());
    };
    let mut all = tags_in(attachment)?;
    all.extend(tags.iter().map(|tag| format!("{tag}:{tag}").into()));
    if let Some(members) = attachment.as_object_mut() {
        // Other links write lists of tags with a space after the comma.
        let written = all.iter().map(text::write).collect::<Result<Vec<_>, _>>()?;
        members.insert("body".into(), Value::String(format!("[{}]", written.join(", "))));
        members.insert("encoding".into(), "json".into());
    }
    Ok(())
}

fn is_tags(attachment: &Value) -> bool {
    ["purpose", "type"]
        .iter()
        .any(|member| attachment.get(member).and_then(Value::as_str) == Some("tags"))
}

fn tags_in(attachment: &Value) -> Result<Vec<Value>, Failure> {
    let is_json = attachment.get("encoding").and_then(Value::as_str) == Some("json");
    match attachment.get("body") {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::String(body)) if is_json => Ok(text::read(body)?),
        Some(Value::Array(tags)) => Ok(tags.clone()),
        Some(_) => Err(Failure::vcon("the body of the tags attachment is not a list")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tagged(vcon: Value) -> Value {
        match transform(
            vcon,
            Options {
                tags: vec!["vip".into()],
            },
        ) {
            Ok(Transformed::Next(vcon)) => vcon,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_attachment_is_created_where_there_is_none() {
        let attachment = json!({"purpose": "tags", "body": "[\"vip:vip\"]", "encoding": "json"});
        assert_eq!(
            tagged(json!({"uuid": "u"})),
            json!({"uuid": "u", "attachments": [attachment]})
        );
    }

    #[test]
    fn tags_are_added_to_the_first_attachment_and_its_members_stay() {
        let vcon = json!({"attachments": [
            {"purpose": "note", "body": "x"},
            {"purpose": "tags", "party": 0, "body": "[\"a:1\"]", "encoding": "json"},
            {"purpose": "tags", "body": "[]", "encoding": "json"},
        ]});
        let tagged = tagged(vcon);
        assert_eq!(tagged["attachments"][1]["body"], "[\"a:1\", \"vip:vip\"]");
        assert_eq!(tagged["attachments"][1]["party"], 0);
        assert_eq!(tagged["attachments"][2]["body"], "[]");
    }
}
