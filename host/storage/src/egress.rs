//! The format of one storage's copies, where it differs from the deployment's (`spec/storages.md` §4).
//!
//! Guarantee: a format that isn't known is refused when the options are read, not when a vCon is saved.

use super::options::Options;
use vcon_document::EgressFormat;

/// The option's name.
pub const OPTION: &str = "egress_format_version";

/// Reads it; absent: the deployment's.
pub fn read(options: &mut Options) -> Option<EgressFormat> {
    let setting = options.text(OPTION)?;
    let format = EgressFormat::from_setting(&setting);
    if format.is_err() {
        // Not the setting's own message: that one shows the value.
        options.problem(OPTION, "must be \"0.0.1\", or empty for documents as stored");
    }
    format.ok()
}
