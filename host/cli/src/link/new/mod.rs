//! `vconduit link new`: a project that builds, with everything that it needs in its own folder.
//!
//! Guarantee: nothing that exists is written over.

mod sdk;

use std::path::{Path, PathBuf};

use serde_json::json;

use super::{Answer, LinkError, words};
use crate::link::arguments::{Language, New};

/// The files of a project in Rust. `{{name}}` stands for the link's name.
const RUST: [(&str, &str); 5] = [
    ("Cargo.toml", include_str!("template/Cargo.toml.in")),
    ("src/lib.rs", include_str!("template/lib.rs.in")),
    ("tests/link.case.json", include_str!("template/link.case.json.in")),
    ("README.md", include_str!("template/README.md.in")),
    (".gitignore", "/target\n"),
];

/// Starts a project.
pub(super) fn run(arguments: &New) -> Result<Answer, LinkError> {
    check(&arguments.name)?;
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
        "{shown}: a link that tags vCons with a word in them, in {}\n\nnext:\n  cd {shown}\n  vconduit link build\n  vconduit link test",
        words::count(files.len(), "file"),
    );
    let paths: Vec<&str> = files.iter().map(|(path, _)| path.as_str()).collect();
    Ok(Answer::done(
        text,
        json!({"name": arguments.name, "project": folder, "files": paths}),
    ))
}

/// The name is a package's, a component's and a file's.
fn check(name: &str) -> Result<(), LinkError> {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'-');
    let good = name.starts_with(|first: char| first.is_ascii_lowercase()) && name.len() <= 64 && name.bytes().all(fits);
    match good {
        true => Ok(()),
        false => Err(LinkError::Given(format!(
            "{:?} is not a name for a link: it has up to 64 of a-z, 0-9, _ and -, and begins with a letter",
            words::foreign(name)
        ))),
    }
}

fn check_empty(folder: &Path) -> Result<(), LinkError> {
    let first = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        entries => entries.map_err(LinkError::reading(folder))?.next(),
    };
    match first {
        None => Ok(()),
        Some(_) => Err(LinkError::Given(format!(
            "{} exists already; choose another NAME, or a new folder with --path",
            folder.display()
        ))),
    }
}

fn write(path: &Path, text: &str) -> Result<(), LinkError> {
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent).map_err(LinkError::writing(parent))?;
    }
    std::fs::write(path, text).map_err(LinkError::writing(path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::arguments::Output;

    fn start(name: &str, folder: &Path) -> Result<Answer, LinkError> {
        run(&New {
            name: name.to_owned(),
            lang: Language::Rust,
            path: Some(folder.to_owned()),
            output: Output::default(),
        })
    }

    #[test]
    fn what_is_there_already_stays() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("mine"), "mine").unwrap();
        let error = start("a", folder.path()).unwrap_err().to_string();
        assert!(error.contains("--path"), "{error}");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        // An empty folder will do.
        let empty = tempfile::tempdir().unwrap();
        start("a", empty.path()).unwrap();
        assert!(empty.path().join("src/lib.rs").is_file());
    }

    #[test]
    fn a_name_has_to_be_good_for_a_package_and_a_file() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["", "Aa", "a b", "../a", "1a", "-a", "ä", &"a".repeat(65)] {
            let error = start(name, &folder.path().join("x")).unwrap_err().to_string();
            assert!(error.contains("is not a name for a link"), "{name}: {error}");
        }
    }
}
