//! Reads file modes as people write them.
//!
//! Guarantee: a mode is from 0 to 0o777.

use serde_json::Value;

use crate::options::Options;

/// Reads a mode: `0o644`, `"0644"`, `"644"`, or 420, the value of `0644` in YAML 1.1.
pub fn read(options: &mut Options, name: &str, default: u32) -> u32 {
    let mode = match options.take(name) {
        None => return default,
        Some(Value::String(text)) => from_text(text.trim()),
        Some(other) => other.as_u64().and_then(from_number),
    };
    mode.unwrap_or_else(|| {
        options.problem(name, "must be a file mode from 0 to 0o777, such as \"0644\"");
        default
    })
}

fn from_text(text: &str) -> Option<u32> {
    let digits = text
        .strip_prefix("0o")
        .or_else(|| text.strip_prefix("0O"))
        .unwrap_or(text);
    in_range(u32::from_str_radix(digits, 8).ok()?)
}

/// Returns the mode that a YAML number means. In YAML 1.2 the value of `0644` is 644. A number
/// above 0o777 (511) can only be octal digits that were read as decimal ones.
fn from_number(number: u64) -> Option<u32> {
    let number = u32::try_from(number).ok()?;
    in_range(number).or_else(|| from_text(&number.to_string()))
}

fn in_range(mode: u32) -> Option<u32> {
    (mode <= 0o777).then_some(mode)
}
