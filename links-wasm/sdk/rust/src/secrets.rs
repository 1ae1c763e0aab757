//! Secrets. Grant: `secrets: [names]`.
//!
//! If a secret only has to go into a request header, write `{{secret:NAME}}` there instead. The
//! host fills it in when the request leaves, and the link never sees it.

use crate::Error;
use crate::bindings::link::vcon::link::secrets as host;

/// Returns the value of a secret.
pub fn get(name: &str) -> Result<String, Error> {
    host::get(name)
}

/// Returns the value of an option that may be a secret: looks up `{{secret:NAME}}` and returns any
/// other text unchanged.
pub fn resolve(option: &str) -> Result<String, Error> {
    match reference(option) {
        Some(name) => get(name),
        None => Ok(option.to_owned()),
    }
}

/// Returns the name in `{{secret:NAME}}`.
fn reference(option: &str) -> Option<&str> {
    let name = option.trim().strip_prefix("{{secret:")?.strip_suffix("}}")?.trim();
    (!name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::reference;

    #[test]
    fn only_the_whole_form_is_a_reference() {
        assert_eq!(reference("{{secret:AWS_KEY}}"), Some("AWS_KEY"));
        assert_eq!(reference(" {{secret: AWS_KEY }} "), Some("AWS_KEY"));
        for plain in ["", "AKIA123", "{{secret:}}", "x{{secret:A}}", "{{secret:A}"] {
            assert_eq!(reference(plain), None, "{plain}");
        }
    }
}
