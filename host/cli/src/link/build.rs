//! `vconduit link build`: compiles a project to a component.

use serde_json::json;

use super::{CommandOutput, Exit, LinkCommandError, cargo, local, words};
use crate::link::arguments::BuildArgs;

/// Builds a project, and describes the component: its path, size and needs.
pub(super) async fn run(arguments: &BuildArgs) -> Result<CommandOutput, LinkCommandError> {
    let path = cargo::build(&arguments.dir, arguments.output.json)?;
    let component = local::component(&path, true)?;
    let size = u64::try_from(component.bytes.len()).unwrap_or(u64::MAX);
    let file = format!("{}  {}", component.path.display(), words::size(size));
    match local::compile(&local::sandbox()?, &component).await {
        Ok(compiled) => Ok(CommandOutput::done(
            format!("{file}\nneeds     {}", words::needs(&compiled)),
            json!({
                "component": component.path,
                "size_bytes": size,
                "digest": compiled.digest.as_str(),
                "needs": compiled.description().needs,
            }),
        )),
        Err(error) => Ok(CommandOutput {
            text: format!("{file}\na server would refuse it: {error}"),
            json: json!({"component": component.path, "size_bytes": size, "refused": error.to_string()}),
            exit: Exit::Failed,
        }),
    }
}
