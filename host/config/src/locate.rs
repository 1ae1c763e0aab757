//! Places of values in the text of a configuration file, for problems that are found after reading.

use super::yaml::{self, Kind, Node, Position};

/// One step from a value to a value within it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PathStep<'a> {
    /// To the member of a mapping.
    Key(&'a str),
    /// To the member of a list, from 0.
    Index(usize),
}

/// Returns line and column, from 1, of the value at the end of the steps. If a step has no value,
/// those of the last value before it. Zeros if the text can't be read.
#[must_use]
pub fn locate(text: &str, steps: &[PathStep<'_>]) -> (usize, usize) {
    let root = yaml::parse(text).ok().and_then(|document| document.root);
    let Some(root) = root else {
        return (0, 0);
    };
    let (mut node, mut place) = (&root, root.place);
    for step in steps {
        let Some((next, at)) = within(node, *step) else { break };
        (node, place) = (next, at);
    }
    (place.line, place.column)
}

/// The same for a path as text, such as `chains.main.links[2]`.
#[must_use]
pub fn locate_path(text: &str, path: &str) -> (usize, usize) {
    let root = yaml::parse(text).ok().and_then(|document| document.root);
    let Some(root) = root else {
        return (0, 0);
    };
    let (mut node, mut place, mut path) = (&root, root.place, path);
    while let Some((step, rest)) = first_step(node, path) {
        let Some((next, at)) = within(node, step) else { break };
        (node, place, path) = (next, at, rest);
    }
    (place.line, place.column)
}

/// Splits a path into its first step and the rest. A key may contain dots: of the keys that fit,
/// the longest is used.
fn first_step<'a>(node: &'a Node, path: &'a str) -> Option<(PathStep<'a>, &'a str)> {
    if let Some((index, rest)) = path.strip_prefix('[').and_then(|path| path.split_once(']')) {
        return Some((PathStep::Index(index.parse().ok()?), rest));
    }
    let Kind::Map(entries) = &node.kind else { return None };
    let path = path.strip_prefix('.').unwrap_or(path);
    let fitting = entries.iter().filter_map(|entry| {
        let rest = path.strip_prefix(entry.key.as_str())?;
        let ends = rest.is_empty() || rest.starts_with(['.', '[']);
        ends.then_some((PathStep::Key(&entry.key), rest))
    });
    fitting.min_by_key(|(_, rest)| rest.len())
}

fn within<'a>(node: &'a Node, step: PathStep<'_>) -> Option<(&'a Node, Position)> {
    match (&node.kind, step) {
        (Kind::Map(entries), PathStep::Key(key)) => {
            let entry = entries.iter().find(|entry| entry.key == key)?;
            Some((&entry.value, entry.key_place))
        }
        (Kind::List(values), PathStep::Index(index)) => {
            let value = values.get(index)?;
            Some((value, value.place))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_found_by_keys_and_indexes_and_else_what_it_would_be_in() {
        let text = "chains:\n  a:\n    links: [x, {y: {}}]\nlinks:\n  x.y: {}\n";
        let at = |steps: &[PathStep<'_>]| locate(text, steps);
        assert_eq!(at(&[PathStep::Key("links"), PathStep::Key("x.y")]), (5, 3));
        let place = [
            PathStep::Key("chains"),
            PathStep::Key("a"),
            PathStep::Key("links"),
            PathStep::Index(1),
        ];
        assert_eq!(at(&place).0, 3);
        assert_eq!(
            at(&[PathStep::Key("chains"), PathStep::Key("b")]),
            (1, 1),
            "no such chain"
        );
        assert_eq!(at(&[PathStep::Key("none")]), (1, 1));
        assert_eq!(locate("[", &[]), (0, 0));
    }

    #[test]
    fn a_path_leads_to_the_same_place_as_its_steps() {
        let text = "\
links:
  a.b:
    module: links.webhook
    options:
      webhook-urls:
        - https://a.com
        - nonsense
chains: {c: {links: [a.b], ingress_lists: [i]}}
";
        for (path, place) in [
            ("links.a.b.options.webhook-urls[1]", (7, 11)),
            ("links.a.b.options.webhook-urls", (5, 7)),
            ("links.a.b", (2, 3)),
            ("links.a.b.options.webhook-urls[9]", (5, 7)),
            ("links.a.b.grants.http", (2, 3)),
            ("chains.c.links[0]", (8, 22)),
            ("", (1, 1)),
        ] {
            assert_eq!(locate_path(text, path), place, "{path}");
        }
    }
}
