//! Expands text into nodes.
//!
//! Guarantee: a text is read in one pass, and its nodes take a bounded amount of memory.

use std::sync::Arc;

use super::parts::{Array, Key, Member, Object, Slice};
use super::{MAX_NODES, Node};
use crate::Text;
use crate::scan::{Scan, Scanner, Span};

impl Node {
    /// Reads the value at the scanner's position and expands its outer `levels`.
    pub(crate) fn read(scanner: &mut Scanner<'_>, levels: usize) -> Scan<Self> {
        let mut builder = Builder {
            owner: None,
            budget: MAX_NODES,
        };
        builder.node(scanner, levels, 0)
    }

    /// Expands one level of a container that is text. The text that is written stays the same.
    pub(super) fn expand(&mut self, base: &str) {
        let (text, owner, shift) = match self {
            Self::Raw(slice) => (slice.text(base), slice.owner.clone(), slice.start),
            Self::Fixed(text) => (*text, Some(Text::from(*text)), 0),
            _ => return,
        };
        if !text.starts_with(['{', '[']) {
            return;
        }
        let mut builder = Builder {
            owner,
            budget: usize::MAX,
        };
        let mut scanner = Scanner::again(text);
        if let Ok(mut node) = builder.node(&mut scanner, 1, 0) {
            node.shift(shift);
            *self = node;
        }
    }

    /// Adds the start of a slice to offsets that count from there.
    fn shift(&mut self, by: u32) {
        let moved = |slice: &mut Slice| {
            slice.start += by;
            slice.end += by;
        };
        match self {
            Self::Raw(slice) => moved(slice),
            Self::Fixed(_) => {}
            Self::Object(object) => {
                let object = Arc::make_mut(object);
                object.origin.iter_mut().for_each(moved);
                for member in &mut object.members {
                    if let Key::Written(slice) = &mut member.key {
                        moved(slice);
                    }
                    member.value.shift(by);
                }
            }
            Self::Array(array) => {
                let array = Arc::make_mut(array);
                array.origin.iter_mut().for_each(moved);
                array.elements.iter_mut().for_each(|element| element.shift(by));
            }
        }
    }
}

/// Makes nodes of the values that a scanner moves past.
struct Builder {
    owner: Option<Text>,
    /// Nodes that can still be made.
    budget: usize,
}

impl Builder {
    fn node(&mut self, scanner: &mut Scanner<'_>, levels: usize, depth: usize) -> Scan<Node> {
        match scanner.peek() {
            Some(b'{') if levels > 0 => self.object(scanner, levels, depth),
            Some(b'[') if levels > 0 => self.array(scanner, levels, depth),
            _ => scanner.value(depth).map(|span| self.raw(span)),
        }
    }

    fn raw(&self, span: Span) -> Node {
        Node::Raw(Slice::new(self.owner.as_ref(), span))
    }

    /// Takes one node from the budget. If there is none left, the nodes of the container are
    /// dropped, and the result is false.
    fn spend<T>(&mut self, container: &mut Option<Vec<T>>) -> bool {
        match self.budget.checked_sub(1) {
            Some(left) => self.budget = left,
            None => *container = None,
        }
        container.is_some()
    }

    fn object(&mut self, scanner: &mut Scanner<'_>, levels: usize, depth: usize) -> Scan<Node> {
        let start = scanner.at();
        let mut members = Some(Vec::new());
        scanner.object(depth, |scanner, name| {
            if !self.spend(&mut members) {
                return scanner.value(depth + 1).map(drop);
            }
            let value = self.node(scanner, levels - 1, depth + 1)?;
            let key = Key::Written(Slice::new(self.owner.as_ref(), name));
            if let Some(members) = &mut members {
                members.push(Member { key, value });
            }
            Ok(())
        })?;
        let origin = Slice::new(
            self.owner.as_ref(),
            Span {
                start,
                end: scanner.at(),
            },
        );
        Ok(match members {
            Some(members) => Node::Object(Arc::new(Object {
                origin: Some(origin),
                members,
            })),
            None => Node::Raw(origin),
        })
    }

    fn array(&mut self, scanner: &mut Scanner<'_>, levels: usize, depth: usize) -> Scan<Node> {
        let start = scanner.at();
        let mut elements = Some(Vec::new());
        scanner.array(depth, |scanner| {
            if !self.spend(&mut elements) {
                return scanner.value(depth + 1).map(drop);
            }
            let element = self.node(scanner, levels - 1, depth + 1)?;
            if let Some(elements) = &mut elements {
                elements.push(element);
            }
            Ok(())
        })?;
        let origin = Slice::new(
            self.owner.as_ref(),
            Span {
                start,
                end: scanner.at(),
            },
        );
        Ok(match elements {
            Some(elements) => Node::Array(Arc::new(Array {
                origin: Some(origin),
                elements,
            })),
            None => Node::Raw(origin),
        })
    }
}
