//! Finds and reads files of cases.

use std::path::{Path, PathBuf};

use crate::link::arguments::TestArgs;
use crate::link::cases::Case;
use crate::link::{LinkCommandError, words};
use vconduit_base::suggest::nearest;

/// End of the names of case files in a project.
const SUFFIX: &str = ".case.json";

/// A case and its file.
pub(super) struct FoundCase {
    pub(super) file: PathBuf,
    pub(super) case: Case,
}

/// The cases that the arguments select. There is at least one.
pub(super) fn cases(arguments: &TestArgs) -> Result<Vec<FoundCase>, LinkCommandError> {
    let mut found = all(&arguments.path)?;
    if let Some(link) = &arguments.link {
        found = of_link(link, found)?;
    }
    if let Some(only) = &arguments.only {
        found.retain(|found| found.case.id.contains(only));
    }
    if found.is_empty() {
        return Err(LinkCommandError::Input(format!(
            "no case to run in {}; name a file of cases, or a project with files tests/NAME{SUFFIX}",
            arguments.path.display()
        )));
    }
    Ok(found)
}

/// Selects the cases of one link.
fn of_link(link: &str, found: Vec<FoundCase>) -> Result<Vec<FoundCase>, LinkCommandError> {
    let mut links: Vec<String> = found.iter().map(|found| found.case.link().to_owned()).collect();
    links.retain(|link| !link.is_empty());
    links.sort();
    links.dedup();
    if links.iter().any(|known| known == link) {
        return Ok(found.into_iter().filter(|found| found.case.link() == link).collect());
    }
    let known = links.iter().map(String::as_str);
    let hint = match nearest(link, known) {
        Some(near) => format!("did you mean `{}`?", words::foreign(near)),
        None if links.is_empty() => "the cases there name no link".to_owned(),
        None => format!("links there: {}", words::foreign(&links.join(", "))),
    };
    Err(LinkCommandError::Input(format!(
        "there is no case of the link `{}`; {hint}",
        words::foreign(link)
    )))
}

/// All cases of a file, or of a folder and its subfolder `tests`.
fn all(path: &Path) -> Result<Vec<FoundCase>, LinkCommandError> {
    let mut files = Vec::new();
    if path.is_dir() {
        for folder in [path.to_owned(), path.join("tests")] {
            files.extend(case_files(&folder)?);
        }
    } else {
        files.push(path.to_owned());
    }
    let mut found = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file).map_err(LinkCommandError::reading(&file))?;
        let cases = read(&text).map_err(|what| {
            LinkCommandError::Input(format!(
                "{} is not a file of cases: {}; it holds one case, a JSON object, or a list of cases; `vconduit link test --help` shows the form",
                file.display(),
                words::foreign(&what)
            ))
        })?;
        found.extend(cases.into_iter().map(|case| FoundCase {
            file: file.clone(),
            case,
        }));
    }
    Ok(found)
}

fn read(text: &str) -> Result<Vec<Case>, String> {
    let text = text.trim_start_matches('\u{feff}').trim_start();
    if text.is_empty() {
        return Err("it is empty".to_owned());
    }
    if !text.starts_with(['[', '{']) {
        return Err("it does not begin with `{` or `[`".to_owned());
    }
    let cases = Case::read(text).map_err(|error| error.to_string())?;
    match cases.is_empty() {
        true => Err("the list has no cases in it".to_owned()),
        false => Ok(cases),
    }
}

fn case_files(folder: &Path) -> Result<Vec<PathBuf>, LinkCommandError> {
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(LinkCommandError::reading(folder))?,
    };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.map_err(LinkCommandError::reading(folder))?.path();
        if path.to_string_lossy().ends_with(SUFFIX) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_another_shape_is_refused_with_what_is_wrong() {
        for (text, reason) in [
            ("", "empty"),
            ("- id: a", "does not begin with"),
            ("[]", "no cases"),
            ("[{\"id\": 5}]", "expected a string at line 1"),
            ("{\"cases\": []}", "unknown field `cases`"),
            ("{\"id\": \"a\"}", "missing field `expect`"),
            ("{\"id\": \"a\",", "EOF"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.contains(reason), "{text:?}: {error}");
        }
        assert_eq!(read("\u{feff} {\"id\": \"a\", \"expect\": {}}").unwrap().len(), 1);
    }

    #[test]
    fn cases_of_a_link_are_selected_by_its_exact_name() {
        let found = || {
            let case = |link: &str| FoundCase {
                file: PathBuf::new(),
                case: read(&format!("{{\"id\": \"a\", \"link\": \"{link}\", \"expect\": {{}}}}"))
                    .unwrap()
                    .remove(0),
            };
            vec![case("tag"), case("tag_router"), case("tag")]
        };
        assert_eq!(of_link("tag", found()).unwrap().len(), 2);
        let error = |link: &str| of_link(link, found()).err().unwrap().to_string();
        assert!(error("tga").contains("did you mean `tag`?"), "{}", error("tga"));
        assert!(
            error("webhook").contains("links there: tag, tag_router"),
            "{}",
            error("webhook")
        );
    }
}
