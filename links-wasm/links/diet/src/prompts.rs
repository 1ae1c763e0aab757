//! Finds `system_prompt` members. JSON text inside bodies is not searched.

use serde_json::Value;

const NAME: &str = "system_prompt";

/// Returns JSON Pointers to every `system_prompt`, at any depth of objects and arrays.
pub fn find(document: &Value) -> Vec<String> {
    let mut found = Vec::new();
    walk(document, "", &mut found);
    found
}

fn walk(value: &Value, at: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                let place = format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"));
                match name == NAME {
                    true => found.push(place),
                    false => walk(member, &place, found),
                }
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                walk(item, &format!("{at}/{index}"), found);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::find;
    use serde_json::json;

    #[test]
    fn any_depth_but_not_inside_text() {
        let document = json!({
            "a/b": {"system_prompt": {"system_prompt": 1}},
            "n": [[{"system_prompt": 1, "k": 2}]],
            "text": "{\"system_prompt\": 1}",
            "system_prompt": "top",
        });
        let mut found = find(&document);
        found.sort();
        assert_eq!(found, ["/a~1b/system_prompt", "/n/0/0/system_prompt", "/system_prompt"]);
    }
}
