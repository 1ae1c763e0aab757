//! Places of values in the text of a configuration file, for problems that are found after reading.

use super::yaml::{self, Kind, Node, Place};

/// One step from a value to a value within it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step<'a> {
    /// To the member of a mapping.
    Key(&'a str),
    /// To the member of a list, from 0.
    Index(usize),
}

/// Line and column, from 1, of the value at the end of the steps, or of the last one on the way that is there. Zeros where the text
/// can't be read.
#[must_use]
pub fn locate(text: &str, steps: &[Step<'_>]) -> (usize, usize) {
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

fn within<'a>(node: &'a Node, step: Step<'_>) -> Option<(&'a Node, Place)> {
    match (&node.kind, step) {
        (Kind::Map(entries), Step::Key(key)) => {
            let entry = entries.iter().find(|entry| entry.key == key)?;
            Some((&entry.value, entry.key_place))
        }
        (Kind::List(values), Step::Index(index)) => {
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
        let at = |steps: &[Step<'_>]| locate(text, steps);
        assert_eq!(at(&[Step::Key("links"), Step::Key("x.y")]), (5, 3));
        let place = [Step::Key("chains"), Step::Key("a"), Step::Key("links"), Step::Index(1)];
        assert_eq!(at(&place).0, 3);
        assert_eq!(at(&[Step::Key("chains"), Step::Key("b")]), (1, 1), "no such chain");
        assert_eq!(at(&[Step::Key("none")]), (1, 1));
        assert_eq!(locate("[", &[]), (0, 0));
    }
}
