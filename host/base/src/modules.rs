//! Modules that a configuration can name, and the error for a name that none of them has.
//!
//! Guarantee: the error suggests the nearest known name and lists all that are built in. A module
//! that this build left out is reported as such, not as unknown.

use crate::suggest::nearest;

/// A module that a configuration can name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownModule {
    /// Name in a configuration, such as `storage.file`.
    pub name: &'static str,
    /// Older names of the same module. They work as well.
    pub old_names: &'static [&'static str],
    /// Cargo feature that builds it.
    pub feature: &'static str,
    /// False where this build is without the feature.
    pub is_built: bool,
}

impl KnownModule {
    /// True for its name and for an old one.
    #[must_use]
    pub fn is_called(&self, name: &str) -> bool {
        self.name == name || self.old_names.contains(&name)
    }
}

/// A module that a configuration names and that can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ModuleError {
    /// The fault, with the name.
    pub message: String,
    /// The next step: the nearest name, and the modules that are built in.
    pub hint: String,
}

impl ModuleError {
    /// The error for a name that no built module has. `kind` is what the modules are, in the
    /// singular: `storage`.
    #[must_use]
    pub fn new(kind: &str, name: &str, known: &[KnownModule]) -> Self {
        let listed = listed(known);
        if let Some(left_out) = known.iter().find(|module| module.is_called(name)) {
            let feature = left_out.feature;
            return Self {
                message: format!("this build has no `{feature}` {kind}"),
                hint: format!("build it with the feature `{feature}`; {listed}"),
            };
        }
        let hint = match nearest(name, known.iter().map(|module| module.name)) {
            Some(near) => format!("did you mean `{near}`? {listed}"),
            None => listed,
        };
        Self {
            message: format!("the {kind} module `{name}` is not built in"),
            hint,
        }
    }
}

fn listed(known: &[KnownModule]) -> String {
    let built = known.iter().filter(|module| module.is_built);
    let names: Vec<&str> = built.map(|module| module.name).collect();
    format!("built in: {}", names.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: KnownModule = KnownModule {
        name: "storage.file",
        old_names: &["storage.folder"],
        feature: "file",
        is_built: true,
    };
    const KNOWN: [KnownModule; 2] = [
        FILE,
        KnownModule {
            name: "storage.postgres",
            old_names: &[],
            feature: "postgres",
            is_built: false,
        },
    ];

    fn error(name: &str) -> (String, String) {
        let error = ModuleError::new("storage", name, &KNOWN);
        (error.message, error.hint)
    }

    #[test]
    fn a_module_is_called_by_its_name_and_by_an_old_one() {
        for name in ["storage.file", "storage.folder"] {
            assert!(FILE.is_called(name), "{name}");
        }
        assert!(!FILE.is_called("storage.postgres"));
    }

    #[test]
    fn an_unknown_module_gets_the_nearest_name_and_the_list() {
        let (message, hint) = error("storage.fil");
        assert_eq!(message, "the storage module `storage.fil` is not built in");
        assert_eq!(hint, "did you mean `storage.file`? built in: storage.file");
        let (_, hint) = error("elsewhere");
        assert_eq!(hint, "built in: storage.file");
    }

    #[test]
    fn a_module_that_this_build_left_out_is_not_called_unknown() {
        let (message, hint) = error("storage.postgres");
        assert_eq!(message, "this build has no `postgres` storage");
        assert_eq!(hint, "build it with the feature `postgres`; built in: storage.file");
    }
}
