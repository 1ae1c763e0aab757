//! Pushes a component to an OCI registry, after the checks of a server.

use serde_json::json;

use super::signature;
use crate::link::arguments::PushArgs;
use crate::link::{CommandOutput, LinkCommandError, local};
use vconduit_oci::{Oci, OciReference, OciSettings, Parcel};
use vconduit_sandbox::inspect::inspect;

/// Pushes a component.
pub(super) async fn push(arguments: &PushArgs, reference: &str) -> Result<CommandOutput, LinkCommandError> {
    let reference: OciReference = reference.parse()?;
    let settings = OciSettings::from_env(&|name| std::env::var(name).ok(), &|_| None)
        .map_err(|problem| LinkCommandError::Input(problem.to_owned()))?;
    let component = local::component(&arguments.file, arguments.output.json)?;
    let signature = signature(arguments.signature.as_deref(), &component.path)?;
    let compiled = local::compile(&local::sandbox()?, &component).await?;
    let exports = inspect(&component.bytes).map(|parts| parts.exports).unwrap_or_default();
    let description = compiled.description();
    let is_signed = signature.is_some();
    let parcel = Parcel {
        bytes: component.bytes.clone(),
        signature,
        title: description.name.clone(),
        version: description.version.clone(),
        summary: description.summary.clone(),
        imports: compiled.imports.clone(),
        exports,
    };
    let digest = Oci::new(settings).push(&reference, parcel).await?;
    let pinned = reference.pinned(&digest).to_string();
    let text = format!(
        "{pinned}{}\nnext: vconduit link push oci:{pinned} {}",
        if is_signed { "  (signed)" } else { "" },
        description.name
    );
    Ok(CommandOutput::done(
        text,
        json!({"reference": pinned, "digest": compiled.digest.as_str(), "manifest_digest": digest, "signed": is_signed}),
    ))
}
