//! The egress format of one storage, where it differs from the deployment's.
//!
//! Guarantee: a format that is not known is refused when the options are read, not when a vCon is
//! saved.

use serde_json::Value;

use super::options::{OptionKind, OptionSpec, Options};
use vcon_document::EgressFormat;

const NAME: &str = "egress_format_version";

/// The option, for the adapters that convert.
pub const OPTION: OptionSpec = OptionSpec::new(NAME, OptionKind::Text);

/// Reads the option. None if the deployment's format applies. An empty text stands for documents as
/// stored.
pub fn read(options: &mut Options) -> Option<EgressFormat> {
    let Value::String(setting) = options.take(NAME)? else {
        return None;
    };
    let format = EgressFormat::from_setting(&setting);
    if format.is_err() {
        // The setting's own message shows the value.
        options.problem(NAME, "must be \"0.0.1\", or empty for documents as stored");
    }
    format.ok()
}
