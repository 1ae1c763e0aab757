//! Selects the component that a case runs on.
//!
//! Guarantee: with `--component`, all cases run on that component. Without it, a case with `link`
//! runs on the standard link of that name, and any other case on the project that it belongs to.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;

use crate::link::arguments::TestArgs;
use crate::link::cases::Case;
use crate::link::{LinkCommandError, local, words};
use vconduit_base::suggest::nearest;
use vconduit_sandbox::{Compiled, Sandbox};
use vconduit_standard_links::{Standard, by_module, standard};

/// A component that cases run on.
#[derive(Clone)]
pub(super) struct CaseComponent {
    pub(super) compiled: Arc<Compiled>,
    pub(super) is_standard: bool,
}

/// The components of a test run. Each is built and compiled when the first case needs it.
pub(super) struct Components {
    sandbox: Arc<Sandbox>,
    /// File of `--component`.
    file: Option<PathBuf>,
    path: PathBuf,
    quiet: bool,
    own: Option<CaseComponent>,
    standard: HashMap<&'static str, CaseComponent>,
}

impl Components {
    /// No components yet.
    pub(super) fn new(sandbox: Arc<Sandbox>, arguments: &TestArgs) -> Self {
        Self {
            sandbox,
            file: arguments.component.clone(),
            path: arguments.path.clone(),
            quiet: arguments.output.json,
            own: None,
            standard: HashMap::new(),
        }
    }

    /// The component of a case, or the reason why this case has none.
    ///
    /// # Errors
    /// When the component of the project or of `--component` can't be built or compiled.
    pub(super) async fn of(&mut self, case: &Case) -> Result<Result<CaseComponent, String>, LinkCommandError> {
        if self.file.is_some() || case.link().is_empty() {
            return self.own(case).await.map(Ok);
        }
        let Some(found) = by_module(&format!("links.{}", case.link())) else {
            return Ok(Err(unknown(case.link())));
        };
        Ok(self.standard(found).await)
    }

    async fn own(&mut self, case: &Case) -> Result<CaseComponent, LinkCommandError> {
        if let Some(own) = &self.own {
            return Ok(own.clone());
        }
        let file = self.file.clone().or_else(|| project(&self.path));
        let file = file.ok_or_else(|| no_project(case, &self.path))?;
        let component = local::component(&file, self.quiet)?;
        let own = CaseComponent {
            compiled: local::compile(&self.sandbox, &component).await?,
            is_standard: false,
        };
        self.own = Some(own.clone());
        Ok(own)
    }

    async fn standard(&mut self, found: Standard) -> Result<CaseComponent, String> {
        if let Some(component) = self.standard.get(found.name) {
            return Ok(component.clone());
        }
        let compiled = self.sandbox.compile(Bytes::from_static(found.bytes)).await;
        let compiled =
            compiled.map_err(|error| format!("the standard link {} does not compile: {error}", found.name))?;
        let component = CaseComponent {
            compiled,
            is_standard: true,
        };
        self.standard.insert(found.name, component.clone());
        Ok(component)
    }
}

/// The project that cases belong to: the folder itself, or the nearest parent with a manifest.
/// Without one, a folder is returned as it is, and its build reports the missing manifest.
fn project(path: &Path) -> Option<PathBuf> {
    let whole = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let mut folders = whole.ancestors();
    let found = folders.find(|folder| folder.join("Cargo.toml").is_file());
    found
        .map(Path::to_owned)
        .or_else(|| path.is_dir().then(|| path.to_owned()))
}

fn no_project(case: &Case, path: &Path) -> LinkCommandError {
    LinkCommandError::Input(format!(
        "the case {} names no link, and {} is in no project; write `link` into the case for a standard link, or name \
         the component with --component",
        words::foreign(&case.id),
        path.display()
    ))
}

fn unknown(link: &str) -> String {
    let names: Vec<&str> = standard().map(|link| link.name).collect();
    let near = nearest(link, names.iter().copied())
        .map(|near| format!("did you mean `{near}`? "))
        .unwrap_or_default();
    format!(
        "there is no standard link `{}`; {near}the standard links are {}. For a component of your own, leave `link` out or name the file with --component",
        words::foreign(link),
        names.join(", ")
    )
}
