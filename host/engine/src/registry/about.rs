//! Facts about a component, as they are stored with its bytes.

use vconduit_admin_types::About;
use vconduit_sandbox::{Compiled, World};

/// Facts about a component.
#[must_use]
pub fn about(compiled: &Compiled) -> About {
    let description = compiled.description();
    About {
        world: match compiled.world {
            World::Link => "link",
            World::Transform => "transform",
        }
        .to_owned(),
        name: description.name.clone(),
        version: description.version.clone(),
        summary: description.summary.clone(),
        size_bytes: compiled.component_bytes,
        functions: compiled.functions,
        imports: compiled.imports.clone(),
        needs: description.needs.clone(),
        options_schema: description.options_schema.clone(),
        defaults: description.defaults.clone(),
    }
}
