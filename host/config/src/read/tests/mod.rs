//! Every rule of the configuration, each with the line that it has to name.

mod chains;
mod links;
mod mutation;
mod sections;
mod signing;
mod text;

use crate::testing::read;
use crate::{Config, Link, Problem, Severity};
use vconduit_base::names::LinkName;

/// Reads a text and returns its problems as `E3 path: message | hint`, one a line.
fn problems(text: &str) -> Vec<String> {
    let checked = read(text, "/etc/v/conf.yml");
    let show = |problem: &Problem| {
        let letter = if problem.severity == Severity::Error { 'E' } else { 'W' };
        format!(
            "{letter}{} {}: {} | {}",
            problem.line, problem.path, problem.message, problem.hint
        )
    };
    checked.problems.iter().map(show).collect()
}

/// Asserts that exactly these problems are found. Each is given as its beginning and the words that
/// it has to contain.
#[track_caller]
fn assert_problems(text: &str, expected: &[(&str, &[&str])]) {
    let found = problems(text);
    assert_eq!(found.len(), expected.len(), "{found:#?}");
    for (problem, (begin, words)) in found.iter().zip(expected) {
        assert!(problem.starts_with(begin), "{problem}\ndoes not begin with {begin}");
        for word in *words {
            assert!(problem.contains(word), "{problem}\ndoes not hold {word}");
        }
    }
}

fn good(text: &str) -> Config {
    let checked = read(text, "/etc/v/conf.yml");
    checked.config.unwrap_or_else(|| panic!("{:#?}", checked.problems))
}

fn link(config: &Config, name: &str) -> Link {
    config.links[&LinkName::new(name).unwrap()].clone()
}

/// A text with one link under these lines, used by an enabled chain. The link's first line is 6.
fn with_link(lines: &str) -> String {
    let indented: Vec<String> = lines.lines().map(|line| format!("    {line}\n")).collect();
    format!(
        "chains:\n  c:\n    links: [x]\n    ingress_lists: [in]\nlinks:\n  x:\n{}",
        indented.concat()
    )
}

/// A text with one chain under these lines. The first of them is line 5.
fn with_chain(lines: &str) -> String {
    let indented: Vec<String> = lines.lines().map(|line| format!("    {line}\n")).collect();
    format!(
        "links:\n  tag: {{module: links.tag}}\nchains:\n  c:\n{}",
        indented.concat()
    )
}
