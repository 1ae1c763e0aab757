//! The report of `vconduit check-config`.
//!
//! Guarantee: every problem is shown with its position and the next step. Text from the file can't
//! control the terminal.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::{Checked, Problem, Severity};

/// All problems and a last line that sums up; as one JSON object with `json`.
#[must_use]
pub fn report(checked: &Checked, json: bool) -> String {
    if json { as_json(checked) } else { as_text(checked) }
}

fn as_json(checked: &Checked) -> String {
    let answer = json!({
        "file": checked.source,
        "ok": checked.config.is_some(),
        "errors": checked.errors().count(),
        "warnings": checked.warnings().count(),
        "problems": checked.problems,
    });
    format!("{answer:#}")
}

fn as_text(checked: &Checked) -> String {
    let mut text = String::new();
    for problem in &checked.problems {
        text.push_str(&problem_text(&checked.source, problem));
    }
    text.push_str(&summary(checked));
    text
}

/// Text of a configuration file.
///
/// # Errors
/// When the file can't be read.
pub fn text(path: &Path) -> Result<String, Unreadable> {
    std::fs::read_to_string(path).map_err(|reason| Unreadable {
        path: path.to_owned(),
        reason,
    })
}

/// A configuration file that can't be read.
#[derive(Debug, thiserror::Error)]
#[error("the configuration {} can't be read: {reason}; name the file with --config or CONSERVER_CONFIG_FILE", path.display())]
pub struct Unreadable {
    /// Path of the file.
    pub path: PathBuf,
    /// Error of the operating system.
    pub reason: std::io::Error,
}

/// One problem as `file:line:column: error: message (path)` with a line of help.
#[must_use]
pub fn problem_text(source: &str, problem: &Problem) -> String {
    let severity = match problem.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let mut text = printable(source);
    if problem.line > 0 {
        // Writing to a text can't fail.
        let _ = write!(text, ":{}:{}", problem.line, problem.column);
    }
    let _ = write!(text, ": {severity}: {}", printable(&problem.message));
    if !problem.path.is_empty() {
        let _ = write!(text, " ({})", printable(&problem.path));
    }
    text.push('\n');
    if !problem.hint.is_empty() {
        let _ = writeln!(text, "  help: {}", printable(&problem.hint));
    }
    text
}

/// One line about the whole.
#[must_use]
pub fn summary(checked: &Checked) -> String {
    let errors = count(checked.errors().count(), "error");
    let warnings = count(checked.warnings().count(), "warning");
    let source = printable(&checked.source);
    let Some(config) = &checked.config else {
        return format!("{source}: can't be used: {errors}, {warnings}");
    };
    let enabled = config.chains.values().filter(|chain| chain.enabled).count();
    format!(
        "{source}: good: {} ({enabled} enabled), {}, {}; {warnings}",
        count(config.chains.len(), "chain"),
        count(config.links.len(), "link"),
        count(config.storages.len(), "storage"),
    )
}

fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

/// Characters that are shown of a text from the file.
const MAX_TEXT_CHARS: usize = 600;

fn printable(text: &str) -> String {
    let shown: String = text
        .chars()
        .take(MAX_TEXT_CHARS)
        .map(|shown| if shown.is_control() { '\u{fffd}' } else { shown })
        .collect();
    if text.chars().nth(MAX_TEXT_CHARS).is_some() {
        shown + " …"
    } else {
        shown
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::testing::read;

    #[test]
    fn problems_are_shown_with_file_line_column_and_help() {
        let text = "chains:\n  main:\n    links: [tga]\n    ingress_lists: [a]\nlinks:\n  tag: {module: links.tag}\nlnks: {}\n";
        assert_eq!(
            report(&read(text, "config/v.yml"), false),
            "config/v.yml:3:13: error: the chain `main` names the link `tga`, which is not defined (chains.main.links[0])\n  \
             help: did you mean `tag`?\n\
             config/v.yml:7:1: warning: `lnks` is not known here and has no effect (lnks)\n  \
             help: did you mean `links`?\n\
             config/v.yml: can't be used: 1 error, 1 warning"
        );
        let good = read("chains: {c: {links: [], ingress_lists: [a], enabled: 0}}", "v.yml");
        assert_eq!(
            report(&good, false),
            "v.yml: good: 1 chain (0 enabled), 0 links, 0 storages; 0 warnings"
        );
    }

    #[test]
    fn json_has_every_member_for_programs() {
        let answer: Value = serde_json::from_str(&report(&read("links: 5\n", "v.yml"), true)).unwrap();
        assert_eq!(answer["ok"], json!(false));
        assert_eq!(answer["errors"], json!(1));
        assert_eq!(answer["problems"][0]["severity"], json!("error"));
        assert_eq!(answer["problems"][0]["line"], json!(1));
        assert_eq!(answer["problems"][0]["column"], json!(8));
        assert_eq!(answer["problems"][0]["path"], json!("links"));
    }

    #[test]
    fn the_file_can_not_steer_the_terminal() {
        let text = "\"x\\e[31m\\n\": 1\n";
        let shown = report(&read(text, "v.yml"), false);
        assert!(!shown.contains('\u{1b}'), "{shown:?}");
        assert_eq!(shown.lines().count(), 3, "{shown:?}");
        let long = read(&format!("{}: 1\n", "y".repeat(900)), "v.yml");
        assert!(
            report(&long, false)
                .lines()
                .all(|line| line.chars().count() < 2 * MAX_TEXT_CHARS + 100)
        );
    }
}
