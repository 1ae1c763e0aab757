//! Option types from which grants follow.
//!
//! Guarantee: an option of one of these types has the annotation `x-vcon-grant` in the schema of
//! the options, at any depth: `Vec<ServiceUrl>`, `BTreeMap<String, QueueName>` and
//! `Option<SecretText>` have it too.
//!
//! The annotation tells the host what the value names: a host, secrets, a list. For a link that
//! comes with the host, the operator does not have to repeat that name under `grants`. For an
//! uploaded link the annotation is information only: an operator grants.

use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use crate::annotations::GRANT;

macro_rules! option_text {
    ($(#[$doc:meta])* $type:ident, $grant:literal) => {
        $(#[$doc])*
        #[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
        #[serde(transparent)]
        pub struct $type(String);

        impl JsonSchema for $type {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                stringify!($type).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({"type": "string", GRANT: $grant})
            }
        }

        impl Deref for $type {
            type Target = str;

            fn deref(&self) -> &str {
                &self.0
            }
        }

        impl AsRef<str> for $type {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl From<String> for $type {
            fn from(text: String) -> Self {
                Self(text)
            }
        }

        impl From<&str> for $type {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }
    };
}

option_text!(
    /// The URL of a service that the link calls. It names a host that has to be granted (`http`).
    ///
    /// An empty text names no host.
    ServiceUrl,
    "http"
);
option_text!(
    /// A text that may hold `{{secret:NAME}}`. It names secrets that have to be granted
    /// (`secrets`).
    ///
    /// In a request header the host fills the secret in.
    /// [`secrets::resolve`](crate::secrets::resolve) returns the value of a text that is one
    /// reference. The text itself is not shown by `Debug`: it may be a secret.
    SecretText,
    "secret"
);
option_text!(
    /// A list that the link pushes ids to. It names a list that has to be granted (`queues`).
    QueueName,
    "queue"
);

impl fmt::Debug for ServiceUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretText(…)")
    }
}

impl fmt::Debug for QueueName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};
    use std::collections::BTreeMap;

    #[derive(Deserialize, JsonSchema, Default)]
    #[serde(default)]
    #[allow(dead_code)]
    struct Options {
        /// Where to post to.
        url: ServiceUrl,
        more_urls: Vec<ServiceUrl>,
        headers: BTreeMap<String, SecretText>,
        list: Option<QueueName>,
        /// The bucket.
        #[schemars(extend("x-vcon-grant-hosts" = ["{bucket}.example.com"]))]
        bucket: String,
    }

    fn schema() -> Value {
        schemars::schema_for!(Options).to_value()
    }

    #[test]
    fn the_schema_has_the_annotation_at_any_depth() {
        let schema = schema();
        for (pointer, grant) in [
            ("/properties/url", "http"),
            ("/properties/more_urls/items", "http"),
            ("/properties/headers/additionalProperties", "secret"),
            ("/properties/list", "queue"),
        ] {
            let annotation = schema.pointer(&format!("{pointer}/x-vcon-grant"));
            assert_eq!(annotation, Some(&json!(grant)), "{pointer} in {schema:#}");
        }
        assert_eq!(schema["properties"]["url"]["description"], "Where to post to.");
        assert_eq!(schema["properties"]["list"]["type"], json!(["string", "null"]));
    }

    #[test]
    fn an_annotation_that_is_written_by_hand_is_in_the_schema() {
        let hosts = &schema()["properties"]["bucket"]["x-vcon-grant-hosts"];
        assert_eq!(hosts, &json!(["{bucket}.example.com"]));
    }

    #[test]
    fn the_value_is_used_as_text_and_a_secret_is_not_shown() {
        let options: Options =
            serde_json::from_value(json!({"url": "https://a.test/x", "headers": {"k": "hush"}})).unwrap();
        assert!(options.url.starts_with("https://"));
        assert_eq!(&*options.headers["k"], "hush");
        assert!(!format!("{:?}", options.headers).contains("hush"));
    }
}
