//! The format of one storage's copies, where it differs from the deployment's (`spec/storages.md` §4).
//!
//! Guarantee: a format that isn't known is refused when the options are read, not when a vCon is saved.

use super::options::Options;
use crate::vcon::EgressFormat;

/// The option's name.
pub const OPTION: &str = "egress_format_version";

/// Reads it; absent: the deployment's.
pub fn read(options: &mut Options) -> Option<EgressFormat> {
    let setting = options.text(OPTION)?;
    match EgressFormat::from_setting(&setting) {
        Ok(format) => Some(format),
        Err(message) => {
            options.problem(OPTION, message);
            None
        }
    }
}
