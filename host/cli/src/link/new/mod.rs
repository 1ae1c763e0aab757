//! `vconduit link new`: creates a project that builds, with the SDK in its own folder.
//!
//! Guarantee: no existing file is overwritten.

mod sdk;

use std::path::{Path, PathBuf};

use serde_json::json;

use super::{CommandOutput, LinkCommandError, words};
use crate::link::arguments::{Language, NewArgs};

/// Files of a project in Rust. `{{name}}` stands for the name of the link.
const RUST: [(&str, &str); 5] = [
    ("Cargo.toml", include_str!("template/Cargo.toml.in")),
    ("src/lib.rs", include_str!("template/lib.rs.in")),
    ("tests/link.case.json", include_str!("template/link.case.json.in")),
    ("README.md", include_str!("template/README.md.in")),
    (".gitignore", "/target\n"),
];

/// Creates a project.
pub(super) fn run(arguments: &NewArgs) -> Result<CommandOutput, LinkCommandError> {
    check_name(&arguments.name)?;
    let folder = arguments.path.clone().unwrap_or_else(|| PathBuf::from(&arguments.name));
    check_empty(&folder)?;
    let Language::Rust = arguments.lang;
    let mut files: Vec<(String, String)> = RUST
        .iter()
        .map(|(path, text)| ((*path).to_owned(), text.replace("{{name}}", &arguments.name)))
        .collect();
    files.extend(sdk::files());
    for (path, text) in &files {
        write(&folder.join(path), text)?;
    }
    let shown = folder.display();
    let text = format!(
        "{shown}: created {}, for a link that tags vCons by a word in their dialogs\n\nnext:\n  cd {shown}\n  vconduit link build\n  vconduit link test",
        words::count(files.len(), "file"),
    );
    let paths: Vec<&str> = files.iter().map(|(path, _)| path.as_str()).collect();
    Ok(CommandOutput::done(
        text,
        json!({"name": arguments.name, "project": folder, "files": paths}),
    ))
}

/// Checks a name: it is also the name of a package, a component and a folder.
fn check_name(name: &str) -> Result<(), LinkCommandError> {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'-');
    let good = name.starts_with(|first: char| first.is_ascii_lowercase()) && name.len() <= 64 && name.bytes().all(fits);
    match good {
        true => Ok(()),
        false => Err(LinkCommandError::Input(format!(
            "{:?} is not a name for a link: a name has up to 64 characters of a-z, 0-9, _ and -, with a letter first",
            words::foreign(name)
        ))),
    }
}

/// Checks that a folder is absent or empty.
fn check_empty(folder: &Path) -> Result<(), LinkCommandError> {
    let first = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        entries => entries.map_err(LinkCommandError::reading(folder))?.next(),
    };
    match first {
        None => Ok(()),
        Some(_) => Err(LinkCommandError::Input(format!(
            "{} already exists and is not empty; choose another NAME, or another folder with --path",
            folder.display()
        ))),
    }
}

fn write(path: &Path, text: &str) -> Result<(), LinkCommandError> {
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent).map_err(LinkCommandError::writing(parent))?;
    }
    std::fs::write(path, text).map_err(LinkCommandError::writing(path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::arguments::OutputArgs;

    fn create(name: &str, folder: &Path) -> Result<CommandOutput, LinkCommandError> {
        run(&NewArgs {
            name: name.to_owned(),
            lang: Language::Rust,
            path: Some(folder.to_owned()),
            output: OutputArgs::default(),
        })
    }

    #[test]
    fn a_folder_with_files_is_refused_and_keeps_them() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("mine"), "mine").unwrap();
        let error = create("a", folder.path()).unwrap_err().to_string();
        assert!(error.contains("--path"), "{error}");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        // An empty folder is accepted.
        let empty = tempfile::tempdir().unwrap();
        create("a", empty.path()).unwrap();
        assert!(empty.path().join("src/lib.rs").is_file());
    }

    #[test]
    fn a_name_that_can_not_be_a_package_or_a_folder_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["", "Aa", "a b", "../a", "1a", "-a", "ä", &"a".repeat(65)] {
            let error = create(name, &folder.path().join("x")).unwrap_err().to_string();
            assert!(error.contains("is not a name for a link"), "{name}: {error}");
        }
    }
}
