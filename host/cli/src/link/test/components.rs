//! Chooses the component that a case is run against.
//!
//! Guarantee: a component that is named with `--component` counts for every case. Otherwise a case that names a link is run against the
//! standard link of that name, and one that names none against the project that its file belongs to.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;

use super::super::cases::Case;
use super::super::{LinkError, local, words};
use crate::link::arguments::Test;
use vconduit_base::suggest::nearest;
use vconduit_sandbox::{Compiled, Sandbox};
use vconduit_standard_links::{Standard, by_module, standard};

/// A component that a case is run against.
#[derive(Clone)]
pub(super) struct Chosen {
    pub(super) component: Arc<Compiled>,
    pub(super) is_standard: bool,
}

/// The components of a run; each is built and compiled when the first case needs it.
pub(super) struct Components {
    sandbox: Arc<Sandbox>,
    given: Option<PathBuf>,
    path: PathBuf,
    quiet: bool,
    own: Option<Chosen>,
    standard: HashMap<&'static str, Chosen>,
}

impl Components {
    pub(super) fn new(sandbox: Arc<Sandbox>, arguments: &Test) -> Self {
        Self {
            sandbox,
            given: arguments.component.clone(),
            path: arguments.path.clone(),
            quiet: arguments.output.json,
            own: None,
            standard: HashMap::new(),
        }
    }

    /// The component of a case, or why this case has none.
    ///
    /// # Errors
    /// When the component of all cases that name no link can't be built or compiled.
    pub(super) async fn of(&mut self, case: &Case) -> Result<Result<Chosen, String>, LinkError> {
        if self.given.is_some() || case.link().is_empty() {
            return self.own(case).await.map(Ok);
        }
        let Some(found) = by_module(&format!("links.{}", case.link())) else {
            return Ok(Err(unknown(case.link())));
        };
        Ok(self.standard(found).await)
    }

    async fn own(&mut self, case: &Case) -> Result<Chosen, LinkError> {
        if let Some(own) = &self.own {
            return Ok(own.clone());
        }
        let file = self.given.clone().or_else(|| project(&self.path));
        let file = file.ok_or_else(|| no_project(case, &self.path))?;
        let component = local::component(&file, self.quiet)?;
        let own = Chosen {
            component: local::compile(&self.sandbox, &component).await?,
            is_standard: false,
        };
        self.own = Some(own.clone());
        Ok(own)
    }

    async fn standard(&mut self, found: Standard) -> Result<Chosen, String> {
        if let Some(chosen) = self.standard.get(found.name) {
            return Ok(chosen.clone());
        }
        let compiled = self.sandbox.compile(Bytes::from_static(found.bytes)).await;
        let component =
            compiled.map_err(|error| format!("the standard link {} does not compile: {error}", found.name))?;
        let chosen = Chosen {
            component,
            is_standard: true,
        };
        self.standard.insert(found.name, chosen.clone());
        Ok(chosen)
    }
}

/// The project that cases belong to: the folder itself, or the nearest one above with a manifest. A folder without one is tried as it is.
fn project(path: &Path) -> Option<PathBuf> {
    let whole = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let mut folders = whole.ancestors();
    let found = folders.find(|folder| folder.join("Cargo.toml").is_file());
    found
        .map(Path::to_owned)
        .or_else(|| path.is_dir().then(|| path.to_owned()))
}

fn no_project(case: &Case, path: &Path) -> LinkError {
    LinkError::Given(format!(
        "the case {} names no link, and {} is in no project; write `link` into the case for a standard link, or name the component with \
         --component",
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
        "there is no standard link `{}`; {near}the standard links are {}. For a component of your own leave `link` out, or name it with --component",
        words::foreign(link),
        names.join(", ")
    )
}
