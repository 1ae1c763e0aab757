//! Reads tag names from a tags body, in document order. A body of another kind has none.

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use std::fmt;

/// `["name:value", …]` or `{"name": …}`, the names only.
pub struct TagNames(pub Vec<String>);

impl<'de> Deserialize<'de> for TagNames {
    fn deserialize<D: Deserializer<'de>>(given: D) -> Result<Self, D::Error> {
        given.deserialize_any(Body)
    }
}

struct Body;

impl<'de> Visitor<'de> for Body {
    type Value = TagNames;

    fn expecting(&self, out: &mut fmt::Formatter) -> fmt::Result {
        out.write_str("tags")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<TagNames, A::Error> {
        let mut names = Vec::new();
        while let Some(item) = items.next_element::<Value>()? {
            names.extend(item.as_str().and_then(name_of).map(str::to_owned));
        }
        Ok(TagNames(names))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<TagNames, A::Error> {
        let mut names = Vec::new();
        while let Some((name, IgnoredAny)) = members.next_entry::<String, _>()? {
            names.extend((!name.is_empty()).then_some(name));
        }
        Ok(TagNames(names))
    }

    fn visit_str<E>(self, _: &str) -> Result<TagNames, E> {
        Ok(TagNames(Vec::new()))
    }

    fn visit_bool<E>(self, _: bool) -> Result<TagNames, E> {
        Ok(TagNames(Vec::new()))
    }

    fn visit_i64<E>(self, _: i64) -> Result<TagNames, E> {
        Ok(TagNames(Vec::new()))
    }

    fn visit_u64<E>(self, _: u64) -> Result<TagNames, E> {
        Ok(TagNames(Vec::new()))
    }

    fn visit_f64<E>(self, _: f64) -> Result<TagNames, E> {
        Ok(TagNames(Vec::new()))
    }

    fn visit_unit<E>(self) -> Result<TagNames, E> {
        Ok(TagNames(Vec::new()))
    }
}

fn name_of(tag: &str) -> Option<&str> {
    tag.split_once(':')
        .map(|(name, _)| name)
        .filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::TagNames;

    fn names(body: &str) -> Vec<String> {
        serde_json::from_str::<TagNames>(body).unwrap().0
    }

    #[test]
    fn order_and_duplicates_are_kept() {
        assert_eq!(
            names(r#"["b:1", "a:", "b:2", ":x", "plain", 7, null]"#),
            ["b", "a", "b"]
        );
        assert_eq!(names(r#"{"z": 1, "a": {"q": 1}, "": 0}"#), ["z", "a"]);
    }

    #[test]
    fn other_bodies_have_none() {
        for body in ["null", "true", "1", "-1", "1.5", "\"a:b\""] {
            assert!(names(body).is_empty(), "{body}");
        }
    }
}
